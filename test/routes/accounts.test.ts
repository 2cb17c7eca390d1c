import t from 'tap'
import { client, emulator } from '../emulator.ts'
import { uuid, run, advance, refused } from './calls.ts'

const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3}|\.\d{6})?Z$/

const ok = { ok: true, requestId: '', message: '', error: null }

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
    expiresAt: '2998-12-31T23:00:00Z',
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

  const noted = async () =>
    (await call('GET', '/_emulator/worlds/default/journal?operation=POST%20/v1/auth/secrets')).body
  t.strictSame((await noted()).exchanges.at(-2).unknownFields, [], 'one that is yet to expire is as good as any')
  await save({ id: 'past', secretType: 'other', expiresAt: '2020-01-01T00:00:00Z' })
  t.strictSame((await noted()).exchanges.at(-1).unknownFields, ['secret.expiresAt="2020-01-01T00:00:00Z"'])

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
