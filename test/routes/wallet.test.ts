import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parsePace } from '../../src/domain/jobs/pace.ts'
import { exchangeRate, openingBalance } from '../../src/domain/accounts/wallet.ts'
import { client, emulator } from '../emulator.ts'
import { uuid, type Call, run, advance, refused } from './calls.ts'

/** [total, available] as they differ from those of a new account. */
async function balance(call: Call): Promise<[number, number]> {
  const { body } = await call('GET', '/v1/wallet/balance')
  return [body.totalBalance - openingBalance, body.availableBalance - openingBalance]
}

const payments = async (call: Call): Promise<any[]> => {
  const { body } = await call('GET', '/v1/wallet/transactions?pagination.limit=1000')
  return body.data.filter((transaction: any) => transaction.transactionType === 'payment')
}

void t.test('a job is paid once it is complete', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { body } = await call('GET', '/v1/wallet/balance')
  t.same(Object.keys(body), ['accountId', 'totalBalance', 'availableBalance', 'amountDue'])
  t.match(body, { accountId: uuid, totalBalance: openingBalance, availableBalance: openingBalance, amountDue: 0 })

  const { id } = await run(call, 5, { name: 'five' })
  t.same(await balance(call), [0, -10], 'reserved')
  t.same(await payments(call), [])
  await advance(call, '10s')
  t.same(await balance(call), [-10, -10], 'paid')

  const { job } = (await call('GET', `/v1/customer/jobs/${id}`)).body
  const [payment, ...others] = await payments(call)
  t.same(others, [])
  t.same(Object.keys(payment), [
    'id',
    'createdAt',
    'accountFrom',
    'accountTo',
    'amount',
    'transactionType',
    'relatedEntity',
    'notes',
    'transactionData',
    'hash',
    'relatedEntityData',
    'description',
    'balance',
  ])
  const entity = { type: 'payment', id, name: 'five' }
  t.match(payment, {
    id: uuid,
    createdAt: job.endedAt,
    accountFrom: body.accountId,
    accountTo: 'stripe-main',
    amount: job.paymentAmount,
    hash: /^[0-9a-f]{64}$/,
    description: 'Payment for five',
    balance: openingBalance - 10,
  })
  t.same(payment.relatedEntity, entity)
  t.same(payment.relatedEntityData, {
    ...entity,
    jobName: 'five',
    jobId: id,
    description: '',
    currency: '',
    currencyAmount: '',
    exchangeRate: 0,
    couponCode: '',
    jobTemplate: 'hello-world-template',
  })

  await call('DELETE', `/v1/customer/jobs/${id}`)
  t.same(await payments(call), [payment], 'a job that is gone was paid all the same')
  t.same(await balance(client(url, 'test_default:stranger')), [0, 0])
})

void t.test('a job that fails or is aborted costs nothing', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  await call('POST', '/_emulator/worlds/default/clock/freeze')
  const aborted = await run(call, 3)
  await run(call, 7, { config: { jobTimeout: 1 } })
  t.same(await balance(call), [0, -20])
  await call('POST', `/v1/customer/jobs/${aborted.id}/abort`)
  t.same(await balance(call), [0, -14], 'an abort gives back at once')
  await advance(call, '500ms')
  t.same(await balance(call), [0, -14])
  await advance(call, '10s')
  t.same(await balance(call), [0, 0], 'a timeout when it strikes')
  t.same(await payments(call), [])
})

void t.test('the end of a job may be decided late', async (t) => {
  await t.test('by polls', async (t) => {
    const { url } = await emulator(t, { pace: parsePace('polls:3') })
    const call = client(url)
    const { id } = await run(call, 1)
    await advance(call, '1d')
    for (const expected of [0, 0, -2]) {
      await call('GET', `/v1/customer/jobs/${id}`)
      t.same(await balance(call), [expected, -2])
    }
    t.equal((await payments(call)).length, 1)
  })

  await t.test('by gates, and by a limit before they open', async (t) => {
    const { url } = await emulator(t, { pace: parsePace('manual') })
    const call = client(url)
    const opened = await run(call, 1)
    await run(call, 2, { config: { jobTimeout: 60 } })
    await advance(call, '59s')
    t.same(await balance(call), [0, -6])
    await call('POST', `/_emulator/worlds/default/jobs/${opened.id}/release`, { steps: 20 })
    t.same(await balance(call), [-2, -6])
    await advance(call, '1s')
    t.same(await balance(call), [-2, -2])
  })
})

void t.test('a run beyond the balance is refused', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const most = openingBalance / 2
  const tooMuch = await run(call, most + 1)
  refused(t, tooMuch, 400, 9, new RegExp(`costs ${openingBalance + 2} .*balance of ${openingBalance} .*FREE-2 `))
  t.match((await call('GET', `/v1/customer/jobs/${tooMuch.id}`)).body.job, { state: 'JOB_STATE_NEW' })

  t.equal((await run(call, most)).status, 200, 'all of it can be spent')
  refused(t, await run(call, 1), 400, 9, /only 0 are available/)
  await advance(call, '10s')
  t.same(await balance(call), [-openingBalance, -openingBalance])

  await call('POST', '/v1/wallet/redeem_coupon', { couponCode: `FREE-${openingBalance + 2}` })
  t.equal((await call('POST', `/v1/customer/jobs/${tooMuch.id}/run`)).status, 200, 'a coupon helps')

  await call('POST', '/_emulator/worlds/default/reset')
  t.same(await balance(call), [0, 0])
  t.equal((await call('GET', '/v1/wallet/transactions')).body.pagination.total, 1)
})

void t.test('of runs at once, no more are let through than can be paid', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const fifth = openingBalance / 10
  const answers = await Promise.all(Array.from({ length: 8 }, () => run(call, fifth)))
  t.same(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 400, 400, 400])
  t.same(await balance(call), [0, -openingBalance])
})

void t.test('coupons', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const redeem = (couponCode: unknown, caller = call) => caller('POST', '/v1/wallet/redeem_coupon', { couponCode })

  const { body } = await redeem(' FREE-500\n')
  t.same(Object.keys(body), ['id', 'code', 'amount'])
  t.match(body, { id: uuid, code: 'FREE-500', amount: '500' })
  t.same(await balance(call), [500, 500])
  refused(t, await redeem('FREE-500'), 400, 9, /"FREE-500" was redeemed/)
  t.equal((await redeem('FREE-500', client(url, 'test_default:stranger'))).status, 200, 'once per account')
  for (const code of ['SUMMER', 'FREE-0', 'FREE-007', 'FREE-1000001', 'free-5', 'FREE--5', "FREE-5' OR 1"]) {
    refused(t, await redeem(code), 404, 5, /does not exist.*FREE-<n>/)
  }
  refused(t, await redeem(''), 400, 3, 'couponCode is required')
  refused(t, await redeem('FREE-5', client(url, 'test_default:readonly')), 403, 7, /may read only/)
  t.same(await balance(call), [500, 500])

  const [coupon, topup] = (await call('GET', '/v1/wallet/transactions')).body.data
  t.match(coupon, {
    transactionType: 'coupon',
    accountFrom: 'stripe-main',
    amount: 500,
    relatedEntity: { type: 'coupon', id: body.id, name: 'FREE-500' },
    relatedEntityData: { couponCode: 'FREE-500', jobId: '' },
    balance: openingBalance + 500,
  })
  t.match(topup, {
    transactionType: 'topup',
    amount: openingBalance,
    relatedEntityData: { currency: 'USD', exchangeRate },
    balance: openingBalance,
  })
})

void t.test('lists of transactions', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  for (const tasks of [3, 1, 2]) {
    await run(call, tasks)
    await advance(call, '10s')
  }
  for (const code of ['FREE-4', 'FREE-9']) await call('POST', '/v1/wallet/redeem_coupon', { couponCode: code })
  const get = async (query: string) => (await call('GET', `/v1/wallet/transactions${query}`)).body
  const filter = (body: object) => call('POST', '/v1/wallet/transactions/filter', body)
  const amounts = (page: any) => page.data.map((transaction: any) => transaction.amount)

  const all = await get('')
  t.same(all.pagination, { total: 6, offset: 0, hasPrevious: false, hasNext: false })
  t.same(amounts(all), [9, 4, 4, 2, 6, openingBalance], 'newest first')
  let sum = 0
  for (const { transactionType, amount, balance } of all.data.toReversed()) {
    sum += transactionType === 'payment' ? -amount : amount
    t.equal(balance, sum, 'every balance is the sum so far')
  }

  t.same(amounts(await get('?orderBy=amount')), [2, 4, 4, 6, 9, openingBalance])
  t.same(amounts(await get('?order_by=created_at%20asc')), [openingBalance, 6, 2, 4, 4, 9])
  t.same(
    (await get('?orderBy=transactionType%20desc')).data.map((transaction: any) => transaction.transactionType),
    ['topup', 'payment', 'payment', 'payment', 'coupon', 'coupon'],
  )
  const page = await get('?pagination.limit=2&pagination.offset=3')
  t.same(page, { pagination: { total: 6, offset: 3, hasPrevious: true, hasNext: true }, data: all.data.slice(3, 5) })
  t.same((await get('?pagination.offset=600')).data, [])

  await t.test('filter', async (t) => {
    t.same((await filter({})).body, all)
    t.same((await filter({ pagination: { limit: '2', offset: 3 } })).body, page)
    const paid = { field: 'transactionType', condition: 'FILTER_CONDITION_EQ', value: 'payment' }
    t.same(amounts((await filter({ filters: [paid], orderBy: 'amount desc' })).body), [6, 4, 2])
    const four = {
      field: 'amount',
      value: { '@type': 'type.googleapis.com/google.protobuf.DoubleValue', value: 4 },
    }
    t.same((await filter({ filters: [four] })).body.pagination.total, 2)
    const both = (await filter({ filters: [{ ...paid, field: 'transaction_type' }, four] })).body
    t.match(both, { pagination: { total: 1 }, data: [{ amount: 4, transactionType: 'payment' }] })
    t.equal(
      (await client(url, 'test_default:readonly')('POST', '/v1/wallet/transactions/filter', {})).status,
      200,
      'asking is no write',
    )
    refused(t, await filter({ filters: [{ ...paid, field: 'amnt' }] }), 400, 3, /filters\[0\]\.field "amnt".*"amount"/)
    t.same(
      amounts((await filter({ filters: [{ field: 'amount', condition: 'FILTER_CONDITION_GT', value: '6' }] })).body),
      [9, openingBalance],
    )
    const [, coupon, payment] = all.data
    for (const [field, value, expected] of [
      ['relatedEntityData.jobId', payment.relatedEntityData.jobId, [payment]],
      ['related_entity_data.coupon_code', 'FREE-4', [coupon]],
    ]) {
      t.same((await filter({ filters: [{ field, value }] })).body.data, expected)
    }
    const later = { field: 'createdAt', condition: 'FILTER_CONDITION_GTE', value: payment.createdAt }
    t.same(amounts((await filter({ filters: [later] })).body), [9, 4, 4])
    refused(t, await filter({ filters: [{ ...four, value: 'x' }] }), 400, 3, /filters\[0\]\.value "x"/)
    refused(t, await filter({ filters: [paid, { field: 'amount', value: [4] }] }), 400, 3, /filters\[1\]\.value/)
  })
})

void t.test('exchange rate', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const rate = (query: string) => call('GET', `/v1/wallet/exchange_rate?${query}`)
  t.same((await rate('currency=usd&amount=1000')).body, {
    currency: 'USD',
    currencyAmount: 33.11,
    exchangeRate: 0.03311,
    amount: 1000,
  })
  t.match((await rate('currencyAmount=33.11')).body, { currencyAmount: 33.11, amount: 1000 })
  t.match((await rate('')).body, { currency: 'USD', currencyAmount: 0, exchangeRate: 0.03311, amount: 0 })
  refused(t, await rate('currency=EUR'), 400, 3, /currency "EUR"/)
  refused(t, await rate('amount=many'), 400, 3, /parsing field "amount": strconv\.ParseFloat: parsing "many"/)
})

void t.test('wallets survive a restart with jobs under way', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'bytenite-emulator-'))
  const first = await emulator(t, { data })
  await run(client(first.url), 5)
  await first.close()
  const { url } = await emulator(t, { data })
  const call = client(url)
  t.equal((await balance(call))[1], -10)
  await advance(call, '10s')
  t.same(await balance(call), [-10, -10])
  await run(call, 1)
  t.same(await balance(call), [-10, -12])
})

void t.test('the path of 2023 leads to the same wallet', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  t.same((await call('GET', '/v1/customer/wallet/balance')).body, (await call('GET', '/v1/wallet/balance')).body)
})

void t.test('info', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const version = { major: Number, minor: Number, tag: /^bytenite-emulator / }
  const { body } = await call('GET', '/v1/auth/info')
  t.same(Object.keys(body), ['version'])
  t.match(body, { version })
  for (const base of ['customer', 'computing', 'dev', 'wallet']) {
    const { body } = await call('GET', `/v1/${base}/info`)
    t.match(body, { version, messages: {} })
    t.same(Object.keys(body.version), ['major', 'minor', 'tag'])
    t.equal((await client(url, null)('GET', `/v1/${base}/info`)).status, 401)
  }
  t.same((await call('GET', '/v1/auth/skip?loginChallenge=abc')).body, { skip: false, redirectTo: '' })
})

void t.test('documents show what there is', async (t) => {
  const { url } = await emulator(t)
  const paths = async (base: string) =>
    Object.keys((await client(url, null)('GET', `/v1/${base}/docs/swagger.json`)).body.paths).sort()
  t.same(await paths('wallet'), [
    '/account',
    '/balance',
    '/billing_portal',
    '/cancel_top_up',
    '/exchange_rate',
    '/info',
    '/payout',
    '/payout_history',
    '/plans',
    '/redeem_coupon',
    '/top_up',
    '/transactions',
    '/transactions/csv',
    '/transactions/filter',
  ])
  t.same(await paths('auth'), [
    '/access_token',
    '/api_key',
    '/api_keys',
    '/api_keys/{id}/revoke',
    '/authenticate',
    '/connector_credentials/{connectorName}',
    '/info',
    '/secrets',
    '/secrets/{secretType}/{id}',
    '/signin',
    '/signout',
    '/skip',
    '/user',
  ])
  t.notOk((await paths('customer')).some((path) => path.startsWith('/wallet')))
})

void t.test('unset fields can be left out', async (t) => {
  const { inject } = await emulator(t, { unset: 'omit' })
  const get = async (url: string): Promise<any> =>
    (await inject({ url, headers: { authorization: 'test_default' } })).json()
  const [topup] = (await get('/v1/wallet/transactions')).data
  t.notOk('transactionData' in topup || 'notes' in topup || 'jobId' in topup.relatedEntityData)
  t.notOk('contactInfo' in (await get('/v1/auth/user')).user)
})
