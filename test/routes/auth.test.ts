import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import { accessToken, client, emulator, steadyClock } from '../emulator.ts'

const template = 'hello-world-template'
const jobs = '/v1/customer/jobs'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

void t.test('access_token', async (t) => {
  const clock = steadyClock('2025-05-20T09:00:00.900Z')
  const { url, apiKey } = await emulator(t, { clock, apiKeys: new Map([['eyJrZXkiOiIxIn0=', 'vendor']]) })
  const exchange = (body: unknown) => client(url, null)('POST', '/v1/auth/access_token', body)

  await t.test('exchanges a key for an RS256 JWT with the claims of the service, world and persona', async (t) => {
    const { status, body } = await exchange({ apiKey: 'test_claims:readonly' })
    t.equal(status, 200)
    t.match(body, { expiresIn: '3600', scope: 'openid' })
    t.match(decodeProtectedHeader(body.token), { alg: 'RS256' })
    const now = Date.UTC(2025, 4, 20, 9) / 1000
    t.match(decodeJwt(body.token), {
      aud: ['bytenite-app'],
      client_id: 'bytenite-app',
      iss: 'https://auth.bytenite.com/',
      iat: now,
      nbf: now,
      exp: now + 3600,
      jti: uuid,
      sub: uuid,
      scope: ['openid'],
      ext: { device_id: '', display_name: String, email: String, email_verified: true, role: Number },
      emulator: { world: 'claims', persona: 'readonly' },
    })
  })

  await t.test('names one user the same way each time, and a stranger differently', async (t) => {
    const sub = async (key: string) => decodeJwt(await accessToken(url, key)).sub
    t.equal(await sub('test_default'), await sub('test_default:readonly'))
    t.not(await sub('test_default'), await sub('test_default:stranger'))
    t.not(await sub('test_default'), await sub('test_other'))
  })

  await t.test('takes these keys', async (t) => {
    for (const key of [
      apiKey,
      'test_a',
      `test_${'x'.repeat(64)}`,
      'test_A.b_c-1',
      ' test_default\n',
      'eyJrZXkiOiIxIn0=',
      'eyJrZXkiOiIxIn0=:stranger',
      'test_default:owner',
      'test_default:expired',
      'test_default:limited',
      'test_default:down',
      'test_default:forbidden',
    ]) {
      t.strictSame([key, (await exchange({ apiKey: key })).status], [key, 200])
    }
    t.equal((await exchange({ api_key: 'test_default' })).status, 200, 'in snake_case, too')
  })

  await t.test('refuses these', async (t) => {
    for (const [body, status, code, message] of [
      [{ apiKey: 'wrong' }, 401, 16, /test_<world>/],
      [{ apiKey: 'test_' }, 401, 16, /test_<world>/],
      [{ apiKey: `test_${'x'.repeat(65)}` }, 401, 16, /test_<world>/],
      [{ apiKey: 'test_a/b' }, 401, 16, /test_<world>/],
      [{ apiKey: 'test_a b' }, 401, 16, /test_<world>/],
      [{ apiKey: 'TEST_default' }, 401, 16, /test_<world>/],
      [{ apiKey: 'test_default:' }, 401, 16, /unknown persona ""/],
      [{ apiKey: 'test_default:nobody' }, 401, 16, /unknown persona "nobody".*owner, readonly/],
      [{ apiKey: 'test_default:constructor' }, 401, 16, /unknown persona/],
      [{ apiKey: 'test_default:owner:owner' }, 401, 16, /invalid API key/],
      [{ apiKey: 'test_default:revoked' }, 401, 16, /revoked/],
      [{ apiKey: '   ' }, 401, 16, /API key/],
      [{ apiKey: '' }, 400, 3, /apiKey is required/],
      [{ apiKey: null }, 400, 3, /apiKey is required/],
      [{}, 400, 3, /apiKey is required/],
      [undefined, 400, 3, /apiKey is required/],
      [{ apiKey: 7 }, 400, 3, /apiKey: 7/],
    ] as const) {
      const answer = await exchange(body)
      t.match({ body, status: answer.status, ...answer.body }, { body, status, code, message })
      t.equal(answer.headers.get('www-authenticate'), status === 401 ? answer.body.message : null)
    }
    const secret = 'wrong-but-secret'
    t.notMatch((await exchange({ apiKey: secret })).body.message, secret, 'and does not repeat the key')
  })
})

void t.test('Authorization', async (t) => {
  const { url } = await emulator(t, { apiKeys: new Map([['key==', 'vendor']]) })
  const token = await accessToken(url)
  const get = (authorization: string | null) => client(url, authorization)('GET', jobs)

  await t.test('takes the token raw or as Bearer, and the key itself', async (t) => {
    for (const text of [
      token,
      `Bearer ${token}`,
      `bearer ${token}`,
      `BEARER   ${token}`,
      'test_default',
      'Bearer test_default',
      'key==',
      'key==:stranger',
    ]) {
      t.strictSame([text, (await get(text)).status], [text, 200])
    }
  })

  await t.test('anything else is 401 with code 16 and WWW-Authenticate', async (t) => {
    const [head, payload, signature] = token.split('.') as [string, string, string]
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(token), emulator: { world: 'x', persona: 'owner' } }))
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const foreign = await generateKeyPair('RS256')
    const foreignToken = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ alg: 'RS256' })
      .sign(foreign.privateKey)
    const hmac = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(JSON.stringify(await exportJWK(foreign.publicKey))))
    for (const text of [
      null,
      '',
      'Bearer',
      'Bearer ',
      'wrong',
      'Bearer wrong',
      'Basic dGVzdF9kZWZhdWx0Og==',
      `${token}x`,
      `${head}.${payload}`,
      `${head}.${payload}.`,
      `${head}.${forged.toString('base64url')}.${signature}`,
      `${none}.${payload}.`,
      foreignToken,
      hmac,
      'test_',
      'test_default:nobody',
      'test_default:revoked',
      `${token} ${token}`,
    ]) {
      const { status, headers, body } = await get(text)
      t.match({ text, status, code: body.code }, { text, status: 401, code: 16 })
      t.equal(headers.get('www-authenticate'), body.message)
    }
  })

  await t.test('strict mode refuses the key in place of a token', async (t) => {
    const strict = await emulator(t, { strict: true })
    const answer = await client(strict.url)('GET', jobs)
    t.match(answer, { status: 401, body: { code: 16, message: /access_token/ } })
    t.equal((await client(strict.url, await accessToken(strict.url))('GET', jobs)).status, 200)
  })

  await t.test("a token of another emulator is refused, with the reason's name", async (t) => {
    const other = await emulator(t)
    const answer = await client(other.url, token)('GET', jobs)
    t.match(answer, { status: 401, body: { message: /not signed by this emulator/ } })
  })

  await t.test('every scope of the API asks', async (t) => {
    for (const [method, path] of [
      ['GET', jobs],
      ['POST', jobs],
      ['GET', `${jobs}/some`],
      ['GET', `${jobs}/templates`],
      ['POST', '/v1/auth/signout'],
      ['GET', '/v1/dev/templates'],
      ['POST', '/v1/dev/templates'],
      ['GET', '/v1/dev/templates/some'],
    ] as const) {
      const { status, body } = await client(url, null)(method, path)
      t.match({ path, status, code: body.code }, { path, status: 401, code: 16 })
    }
  })

  await t.test('a bad body of somebody unknown is still 401', async (t) => {
    t.equal((await client(url, null)('POST', jobs, '{')).status, 401)
  })
})

void t.test('personas', async (t) => {
  const { url } = await emulator(t)
  const owner = client(url)
  const { id } = (await owner('POST', jobs, { templateId: template })).body.job
  const operations = {
    list: ['GET', jobs],
    get: ['GET', `${jobs}/${id}`],
    create: ['POST', jobs, { templateId: template }],
    update: ['POST', jobs, { templateId: template, jobId: id }],
    templates: ['GET', '/v1/dev/templates'],
    saveTemplate: ['POST', '/v1/dev/templates', { id: 'mine' }],
    signout: ['POST', '/v1/auth/signout', {}],
  } as const
  const all = (status: number) => Object.fromEntries(Object.keys(operations).map((name) => [name, status]))
  const expected: Record<string, Record<string, number>> = {
    owner: all(200),
    readonly: { ...all(200), create: 403, update: 403, saveTemplate: 403 },
    // The owner's template with the id `mine` is there by then.
    stranger: { ...all(200), get: 403, update: 403, saveTemplate: 403 },
    forbidden: all(403),
    expired: all(401),
    revoked: all(401),
    limited: all(429),
    down: all(503),
  }
  const codes: Record<number, number> = { 401: 16, 403: 7, 429: 8, 503: 14 }
  for (const [persona, statuses] of Object.entries(expected)) {
    const credentials = [`test_default:${persona}`]
    if (persona !== 'revoked') credentials.push(await accessToken(url, `test_default:${persona}`))
    for (const credential of credentials) {
      await t.test(`${persona}, by ${credential.startsWith('test_') ? 'key' : 'token'}`, async (t) => {
        for (const [name, [method, path, body]] of Object.entries(operations)) {
          const answer = await client(url, credential)(method, path, body)
          t.strictSame([name, answer.status], [name, statuses[name]])
          if (answer.status === 200) continue
          t.equal(answer.body.code, codes[answer.status])
          const waits = answer.status === 429 || answer.status === 503
          t.equal(answer.headers.get('retry-after'), waits ? '1' : null)
        }
      })
    }
  }
})

void t.test('a token lives 3600 seconds of the clock', async (t) => {
  const clock = steadyClock('2025-05-20T09:00:00Z')
  const { url } = await emulator(t, { clock })
  const token = await accessToken(url)
  const status = async () => (await client(url, token)('GET', jobs)).status
  t.equal(await status(), 200)
  clock.advance(3599.999999)
  t.equal(await status(), 200, 'up to the last microsecond')
  clock.advance(0.000001)
  t.match(await client(url, token)('GET', jobs), { status: 401, body: { code: 16, message: /expired/ } })
  t.equal((await client(url, await accessToken(url))('GET', jobs)).status, 200, 'and a new one is to be had')
})

void t.test('signout', async (t) => {
  const { url } = await emulator(t)
  const [token, another] = [await accessToken(url), await accessToken(url)]
  const answer = await client(url, `Bearer ${token}`)('POST', '/v1/auth/signout', {})
  t.match(answer, { status: 200, body: { ok: true, requestId: '', message: '', error: null } })
  for (const text of [token, `Bearer ${token}`]) {
    t.match(await client(url, text)('GET', jobs), { status: 401, body: { code: 16, message: /revoked/ } })
  }
  t.equal((await client(url, token)('POST', '/v1/auth/signout')).status, 401, 'once')
  t.equal((await client(url, another)('GET', jobs)).status, 200, 'other tokens live on')
  t.equal((await client(url)('POST', '/v1/auth/signout')).status, 200, 'a key has nothing to lose')
  t.equal((await client(url)('GET', jobs)).status, 200)
})

void t.test('tokens, and signouts, survive a restart', async (t) => {
  const data = t.testdir()
  const first = await emulator(t, { data })
  const [kept, signedOut] = [await accessToken(first.url), await accessToken(first.url)]
  t.equal((await client(first.url, signedOut)('POST', '/v1/auth/signout')).status, 200)
  await first.close()
  const second = await emulator(t, { data })
  t.equal((await client(second.url, kept)('GET', jobs)).status, 200)
  t.match(await client(second.url, signedOut)('GET', jobs), { status: 401, body: { message: /revoked/ } })
})

void t.test('many first tokens at once are all good', async (t) => {
  const { url } = await emulator(t)
  const tokens = await Promise.all(Array.from({ length: 10 }, (_, index) => accessToken(url, `test_w${index}`)))
  for (const token of tokens) t.equal((await client(url, token)('GET', jobs)).status, 200)
})

void t.test('keys open: any key will do, and those of the emulator keep their meaning', async (t) => {
  const { url } = await emulator(t, { keys: 'open', apiKeys: new Map([['known', 'its-own']]) })
  const statusOf = async (authorization: string) => (await client(url, authorization)('GET', jobs)).status
  const worldOf = async (key: string) => decodeJwt(await accessToken(url, key))['emulator']
  t.match(await worldOf('any+key/=='), { world: 'default', persona: 'owner' })
  t.match(await worldOf('any:readonly'), { world: 'default', persona: 'owner' }, 'a colon is nothing special in it')
  t.match(await worldOf('known:readonly'), { world: 'its-own', persona: 'readonly' })
  t.match(await worldOf('test_other:readonly'), { world: 'other', persona: 'readonly' })
  t.equal(await statusOf('any'), 200)
  t.equal(await statusOf(await accessToken(url, 'any')), 200)
  for (const wrong of ['', 'test_', 'test_no world', 'a.b.c']) t.equal(await statusOf(wrong), 401, wrong)
  for (const apiKey of ['test_', 'test_default:nobody']) {
    t.equal((await client(url, null)('POST', '/v1/auth/access_token', { apiKey })).status, 401, apiKey)
  }
})
