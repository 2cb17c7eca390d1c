import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parsePace } from '../../src/domain/jobs/pace.ts'
import { exchangeRate, openingBalance } from '../../src/domain/accounts/wallet.ts'
import { type Answer, client, emulator } from '../emulator.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/
const ok = { ok: true, requestId: '', message: '', error: null }

type Call = ReturnType<typeof client>

/** Creates a job that needs no input, with so many tasks at 2 ByteChips each, and asks to run it. */
async function run(call: Call, tasks: number, more: object = {}): Promise<Answer & { id: string }> {
  const { body } = await call('POST', '/v1/customer/jobs', {
    templateId: 'hello-world-template',
    dataSource: { dataSourceDescriptor: 'bypass' },
    params: { partitioner: { num_replicas: tasks } },
    ...more,
  })
  const id = body.job.id as string
  return { ...(await call('POST', `/v1/customer/jobs/${id}/run`)), id }
}

const advance = (call: Call, by: string, world = 'default') =>
  call('POST', `/_emulator/worlds/${world}/clock/advance`, { by })

/** [total, available] as they differ from those of a new account. */
async function balance(call: Call): Promise<[number, number]> {
  const { body } = await call('GET', '/v1/wallet/balance')
  return [body.totalBalance - openingBalance, body.availableBalance - openingBalance]
}

const payments = async (call: Call): Promise<any[]> => {
  const { body } = await call('GET', '/v1/wallet/transactions?pagination.limit=1000')
  return body.data.filter((transaction: any) => transaction.transactionType === 'payment')
}

function refused(t: Test, answer: Answer, status: number, code: number, message: RegExp | string) {
  t.match(answer, { status, body: { code, message, details: [] } })
}

void t.test('user', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)

  const fresh = (await call('GET', '/v1/auth/user')).body
  t.same(Object.keys(fresh.user), [
    'id',
    'createdAt',
    'lastLogin',
    'displayName',
    'email',
    'photoUrl',
    'providerId',
    'emailVerified',
    'customClaims',
    'role',
    'firstName',
    'lastName',
    'contactInfo',
  ])
  t.match(fresh.user, { id: uuid, createdAt: timestamp, email: 'owner@default.example', role: 'ROLE_USER' })
  t.equal(fresh.user.contactInfo, null)

  await t.test('the token names the same user', async (t) => {
    const { body } = await call('POST', '/v1/auth/access_token', { apiKey: 'test_default' })
    const claims = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString())
    t.equal(claims.sub, fresh.user.id)
    t.equal(claims.ext.email, fresh.user.email)
    t.equal(claims.ext.display_name, fresh.user.displayName)
  })

  await t.test('PATCH changes what is given, and POST does the same', async (t) => {
    const first = await call('PATCH', '/v1/auth/user', {
      first_name: 'Ada',
      contactInfo: { city: 'London', zip: 'W1' },
    })
    t.match(first.body.user, { firstName: 'Ada', lastName: '', displayName: 'Ada' })
    t.same(first.body.user.contactInfo, {
      company: '',
      jobTitle: '',
      phoneNumber: '',
      address1: '',
      address2: '',
      city: 'London',
      state: '',
      zip: 'W1',
      country: '',
    })
    const second = await call('POST', '/v1/auth/user', { lastName: 'Lovelace' })
    t.match(second.body.user, { displayName: 'Ada Lovelace', contactInfo: { city: 'London' } })
    t.same((await call('GET', '/v1/auth/user')).body, second.body)
    const third = await call('PATCH', '/v1/auth/user', { contactInfo: { country: 'UK' } })
    t.match(third.body.user.contactInfo, { city: '', country: 'UK' }, 'contactInfo is replaced as a whole')
  })

  await t.test('accounts and worlds have users of their own', async (t) => {
    for (const key of ['test_default:stranger', 'test_other']) {
      const { body } = await client(url, key)('GET', '/v1/auth/user')
      t.not(body.user.id, fresh.user.id)
      t.equal(body.user.firstName, '')
    }
  })

  refused(t, await call('PATCH', '/v1/auth/user', { firstName: 7 }), 400, 3, /firstName/)
  refused(t, await client(url, 'test_default:readonly')('PATCH', '/v1/auth/user', {}), 403, 7, /may read only/)
  refused(t, await client(url, null)('GET', '/v1/auth/user'), 401, 16, /missing access token/)
})

void t.test('API keys', async (t) => {
  const apiKeys = new Map([
    ['eyJrZXkifQ=', 'default'],
    ['elsewhere', 'other'],
  ])
  const { url } = await emulator(t, { apiKeys })
  const call = client(url)
  const listed = (await call('GET', '/v1/auth/api_keys')).body.apiKeys
  t.equal(listed.length, 2, 'the keys of the world, and no others')
  for (const key of listed) {
    t.same(Object.keys(key), ['id', 'name', 'issuedAt', 'expiresAt', 'userId', 'revoked', 'fingerprint'])
    t.match(key, { id: uuid, issuedAt: timestamp, expiresAt: null, userId: uuid, revoked: false })
    t.match(key.fingerprint, /^[0-9a-f]{64}$/)
    t.notMatch(JSON.stringify(key), /eyJrZXkifQ|test_default/, 'keys are not shown')
  }
  const [testKey, configured] = listed

  const exchange = (apiKey: string) => client(url, null)('POST', '/v1/auth/access_token', { apiKey })
  const token = (await exchange('eyJrZXkifQ=')).body.token as string
  const other = (await exchange('test_default')).body.token as string

  await t.test('a revoked key opens nothing, and neither do its tokens', async (t) => {
    t.same((await call('POST', `/v1/auth/api_keys/${configured.id}/revoke`)).body, ok)
    for (const credential of ['eyJrZXkifQ=', 'eyJrZXkifQ=:readonly', token, `Bearer ${token}`]) {
      refused(t, await client(url, credential)('GET', '/v1/customer/jobs'), 401, 16, /revoked/)
    }
    refused(t, await exchange('eyJrZXkifQ='), 401, 16, /revoked/)
    t.same(
      (await call('GET', '/v1/auth/api_keys')).body.apiKeys.map((key: any) => [key.id, key.revoked]),
      [
        [testKey.id, false],
        [configured.id, true],
      ],
    )
    t.same((await call('POST', `/v1/auth/api_keys/${configured.id}/revoke`)).status, 200, 'once more is fine')
  })

  await t.test('other keys stay', async (t) => {
    for (const credential of ['test_default', other, 'eyJrZXkifQ=:stranger', 'elsewhere']) {
      t.equal((await client(url, credential)('GET', '/v1/customer/jobs')).status, 200)
    }
  })

  await t.test("another account's key is unknown", async (t) => {
    const stranger = client(url, 'test_default:stranger')
    refused(t, await stranger('POST', `/v1/auth/api_keys/${testKey.id}/revoke`), 404, 5, testKey.id)
  })

  await t.test('a key can revoke itself; a reset of the world brings it back', async (t) => {
    t.equal((await call('POST', `/v1/auth/api_keys/${testKey.id}/revoke`, {})).status, 200)
    refused(t, await call('GET', '/v1/auth/api_keys'), 401, 16, /reset/)
    await call('POST', '/_emulator/worlds/default/reset')
    t.same((await call('GET', '/v1/auth/api_keys')).body.apiKeys, listed)
  })
})

void t.test('secrets', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const save = (secret: object, secretKey = 'HUSH') => call('POST', '/v1/auth/secrets', { secret, secretKey })
  const list = async (query = '') => (await call('GET', `/v1/auth/secrets${query}`)).body.secrets

  t.same(await list(), [])
  const posted = await save({
    id: 'mine',
    secret_type: 's3',
    accessKey: 'AKIA',
    params: { region: 'eu', snake_case: 'kept' },
    name: 'My bucket',
    expiresAt: '2999-01-01T00:00:00+01:00',
  })
  t.same(posted.body, ok)
  await save({ secretType: 'gcp', accessKey: 'G' })

  const [made, mine] = await list()
  t.same(mine, {
    id: 'mine',
    secretType: 's3',
    expiresAt: '2998-12-31T23:00:00.000000Z',
    accessKey: 'AKIA',
    params: { region: 'eu', snake_case: 'kept' },
    name: 'My bucket',
  })
  t.same(Object.keys(mine), ['id', 'secretType', 'expiresAt', 'accessKey', 'params', 'name'])
  t.match(made, { id: uuid, secretType: 'gcp', expiresAt: null, params: {}, name: '' })
  t.same(await list('?secretType=s3'), [mine])
  t.same(await list('?secret_type=storj'), [])

  await t.test('the same id overwrites, another type is another secret', async (t) => {
    await save({ id: 'mine', secretType: 's3', accessKey: 'NEW' })
    t.match(await list('?secretType=s3'), [{ id: 'mine', accessKey: 'NEW', name: '', params: {}, expiresAt: null }])
    await save({ id: 'mine', secretType: 'storj', accessKey: 'S' })
    t.equal((await list()).length, 3)
  })

  await t.test('accounts have secrets of their own', async (t) => {
    t.same((await client(url, 'test_default:stranger')('GET', '/v1/auth/secrets')).body, { secrets: [] })
  })

  await t.test('delete', async (t) => {
    t.same((await call('DELETE', '/v1/auth/secrets/storj/mine')).body, ok)
    refused(t, await call('DELETE', '/v1/auth/secrets/storj/mine'), 404, 5, /"mine" of type "storj"/)
    t.same(
      (await list()).map((secret: any) => secret.secretType),
      ['gcp', 's3'],
    )
  })

  t.notMatch(JSON.stringify(await list()), /HUSH|secretKey/)
  refused(t, await save({ secretType: 's4', accessKey: 'A' }), 400, 3, /secret\.secretType "s4" .*known are s3, aws/)
  refused(t, await save({ secretType: 's3' }), 400, 3, 'secret.accessKey is required')
  refused(t, await save({ secretType: 's3', accessKey: 'A' }, ''), 400, 3, 'secretKey is required')
  refused(t, await save({ secretType: 's3', accessKey: 'A', id: 'a/b' }), 400, 3, /secret\.id "a\/b"/)
  refused(t, await save({ secretType: 's3', accessKey: 'A', params: { n: 1 } }), 400, 3, /params\.n/)
  refused(t, await save({ secretType: 's3', accessKey: 'A', expiresAt: 'soon' }), 400, 3, /expiresAt/)

  await call('POST', '/_emulator/worlds/default/reset')
  t.same(await list(), [], 'a reset takes them away')
})

void t.test('a run needs the secrets that its job names', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const save = (secret: object) =>
    call('POST', '/v1/auth/secrets', { secret: { accessKey: 'A', ...secret }, secretKey: 'S' })
  const place = (dataSourceDescriptor: string, secretId?: string) => ({
    dataSourceDescriptor,
    params: {
      '@type': 'type.googleapis.com/bytenite.data_source.S3DataSource',
      name: 'folder',
      bucketName: 'bucket',
      ...(secretId === undefined ? {} : { secret_id: secretId }),
    },
  })
  const read = (from: object) => run(call, 1, { dataSource: from })
  await save({ id: 'amazon', secretType: 'aws' })
  await save({ id: 'google', secretType: 'gcp' })
  await save({ id: 'short', secretType: 'storj', expiresAt: new Date(Date.now() + 60_000).toISOString() })
  await save({ id: 'environment', secretType: 'other' })

  for (const [descriptor, secretId] of [
    ['s3', 'amazon'],
    ['aws', 'amazon'],
    ['gcp', 'google'],
    ['storj', 'short'],
    ['s3', undefined],
  ] as const) {
    t.equal((await read(place(descriptor, secretId))).status, 200, `${descriptor} with ${secretId}`)
  }
  refused(t, await read(place('s3', 'lost')), 400, 9, /dataSource .* secret "lost", which does not exist.*s3 or aws/)
  refused(t, await read(place('gcp', 'amazon')), 400, 9, /"amazon", which is of type aws.*secretType gcp/)
  refused(t, await read(place('s3', 'environment')), 400, 9, /which is of type other/)
  const written = await run(call, 1, { dataDestination: place('storj', 'lost') })
  refused(t, written, 400, 9, /dataDestination .*"lost"/)
  const { body } = await call('GET', `/v1/customer/jobs/${written.id}`)
  t.match(body.job, { state: 'JOB_STATE_NEW', paymentAmount: 0 }, 'what is refused changes nothing')

  await advance(call, '2m')
  refused(t, await read(place('storj', 'short')), 400, 9, /"short", which expired at \d{4}-/)

  await save({ id: 'lost', secretType: 'storj' })
  t.equal((await call('POST', `/v1/customer/jobs/${written.id}/run`)).status, 200, 'with the secret it runs')

  const stranger = client(url, 'test_default:stranger')
  refused(t, await run(stranger, 1, { dataSource: place('s3', 'amazon') }), 400, 9, /does not exist/)
})

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
  refused(t, await call('GET', '/v1/wallet/transactions?orderBy=ammount'), 400, 3, /did you mean "amount"/)

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

void t.test('what the emulator does not have, it says', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const operations = [
    'POST /v1/auth/api_key',
    'POST /v1/auth/signin',
    'POST /v1/auth/authenticate',
    'GET /v1/auth/connector_credentials/github',
    'GET /v1/dev/apps',
    'POST /v1/dev/apps',
    'GET /v1/dev/apps/name@1.0',
    'GET /v1/dev/apps/name/status',
    'GET /v1/dev/apps/name/download',
    'POST /v1/dev/apps/name/activate',
    'POST /v1/dev/apps/name/deactivate',
    'GET /v1/dev/engines',
    'POST /v1/dev/engines?engineTag=x',
    'GET /v1/dev/engines/name',
    'POST /v1/dev/engines/name/activate',
    'POST /v1/dev/tests',
    'GET /v1/dev/tests/1',
    'GET /v1/wallet/transactions/csv',
    'GET /v1/wallet/account',
    'POST /v1/wallet/top_up',
    'POST /v1/wallet/cancel_top_up',
    'GET /v1/wallet/billing_portal',
    'GET /v1/wallet/plans',
    'POST /v1/wallet/payout',
    'GET /v1/wallet/payout_history?limit=1',
    'POST /v1/wallet/triggers/forceful_balance_recovery',
    'GET /v1/customer/schema/1?version=2',
    'GET /v1/customer/stats/job_types',
    'GET /v1/computing/stats/detail/1',
  ]
  for (const operation of operations) {
    const [method, path] = operation.split(' ') as [string, string]
    refused(t, await call(method, path), 501, 12, /^the emulator (has|makes|runs) /)
    t.equal((await client(url, null)(method, path)).status, 401, `${operation} asks who calls`)
  }
})

void t.test('documents show what there is', async (t) => {
  const { url } = await emulator(t)
  const paths = async (base: string) =>
    Object.keys((await client(url, null)('GET', `/v1/${base}/docs/swagger.json`)).body.paths).sort()
  t.same(await paths('wallet'), [
    '/balance',
    '/exchange_rate',
    '/info',
    '/redeem_coupon',
    '/transactions',
    '/transactions/filter',
  ])
  t.same(await paths('auth'), [
    '/access_token',
    '/api_keys',
    '/api_keys/{id}/revoke',
    '/info',
    '/secrets',
    '/secrets/{secretType}/{id}',
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
