// Operations that answer in the shape of the reference, with nothing behind them.
import t from 'tap'
import { client, emulator } from '../emulator.ts'

void t.test('the rest of the reference: the right shape, and nothing behind it', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, 'test_w')
  const nobody = client(url, null)
  const signIn = (await nobody('POST', '/v1/auth/signin', { email: 'a@example.com' })).body
  t.match(signIn, { ok: true, nonce: /./ })
  const { nonce } = signIn
  const code = { email: 'a@example.com', nonce, code: '123456' }
  t.match((await nobody('POST', '/v1/auth/authenticate', code)).body, { redirectTo: /^\/callback\?code=/ })
  t.match(await nobody('POST', '/v1/auth/authenticate', { ...code, code: '1' }), {
    status: 400,
    body: { message: /123456/ },
  })
  const made = (await call('POST', '/v1/auth/api_key', { ...code, email: undefined, name: 'mine', duration: '60s' }))
    .body
  t.match(made, { token: 'test_w', apiKey: { name: 'mine', revoked: false } })
  t.equal((await client(url, made.token)('GET', '/v1/customer/jobs')).status, 200, 'the key is good')

  await call('POST', '/v1/wallet/redeem_coupon', { couponCode: 'FREE-5' })
  const csv = (await call('GET', '/v1/wallet/transactions/csv')).body.csv.split('\r\n')
  t.match([csv[0], csv.length], ['"Date & Time","Type","Description","Amount","Balance"', 4])
  t.match(csv[1], /"coupon",.*"5","10005"/)
  const balance = (await call('GET', '/v1/wallet/balance')).body
  const { account } = (await call('GET', '/v1/wallet/account')).body
  t.equal(account.id, balance.accountId)
  t.match((await call('POST', '/v1/wallet/top_up', { amount: '7', currency: 'USD' })).body, {
    topUpRequest: { amount: 7, currency: 'USD', state: 'NEW', accountId: account.id },
    clientSecret: /^pi_/,
    cardDetails: [],
  })
  t.match((await call('POST', '/v1/wallet/payout', { amount: '7' })).body, {
    payoutRequest: { amount: '7', state: 'NEW' },
  })
  t.strictSame((await call('GET', '/v1/wallet/balance')).body, balance, 'nothing was paid')
  for (const [path, body] of [
    ['/v1/wallet/plans', { plans: [] }],
    ['/v1/wallet/payout_history?limit=5', { accountId: account.id, payoutRequests: [] }],
    ['/v1/wallet/billing_portal', { url: 'https://billing.invalid/' }],
    ['/v1/customer/stats/job_types', {}],
    ['/v1/computing/stats/detail/1', {}],
    ['/v1/auth/connector_credentials/github', {}],
  ] as const) {
    t.strictSame((await call('GET', path)).body, body, path)
  }
  t.strictSame((await call('POST', '/v1/dev/tests', { id: 'x' })).body, {})
  for (const path of ['/v1/dev/tests/1', '/v1/customer/schema/1?version=2'])
    t.equal((await call('GET', path)).status, 404)
  t.equal((await call('POST', '/v1/wallet/cancel_top_up', { id: 'x' })).status, 404)
  t.match(await call('POST', '/v1/wallet/triggers/forceful_balance_recovery'), {
    status: 501,
    body: { code: 12, message: /^the emulator has none/, details: [] },
  })
})
