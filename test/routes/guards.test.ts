// Who may use the control API, and what is kept out of logs and out of acts that fail.
import { type IncomingMessage, request } from 'node:http'
import t from 'tap'
import { client, emulator } from '../emulator.ts'

const health = '/_emulator/health'

type Headers = Record<string, string>

/** The answer to a request with headers that fetch does not let one set. */
const ask = (port: number, headers: Headers, method = 'GET', path = health): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, method, headers }, (response) => resolve(response.resume()))
      .once('error', reject)
      .end()
  })

const statusOf = async (...call: Parameters<typeof ask>): Promise<number | undefined> => (await ask(...call)).statusCode

const jobs = '/v1/customer/jobs'
const key = { authorization: 'test_default' }

void t.test('host names: local ones, and those that were allowed', async (t) => {
  const { port } = await emulator(t, {
    allowHost: ['emulator.ci.example', '.cluster.local'],
    publicUrl: 'http://public.example:8080/',
  })
  for (const [host, own, service] of [
    ['localhost', 200, 200],
    ['app.localhost', 200, 200],
    ['[::1]', 200, 200],
    ['emulator', 200, 200],
    ['host.docker.internal', 200, 200],
    ['emulator.ci.example', 200, 200],
    ['public.example', 200, 200],
    ['emulator.ns.svc.cluster.local', 200, 200],
    ['cluster.local', 403, 403],
    ['ci.example', 403, 403],
    ['evil.example', 403, 403],
    ['api.bytenite.com', 403, 200],
    ['API.ByteNite.com.', 403, 200],
    ['LOCALHOST', 200, 200],
    ['evil.example.', 403, 403],
  ] as const) {
    t.equal(await statusOf(port, { host: `${host}:${port}` }), own, host)
    t.equal(await statusOf(port, { host: `${host}:${port}`, ...key }, 'GET', jobs), service, `${host}, the service`)
    t.equal(await statusOf(port, { host }, 'GET', '/'), service === 200 ? 404 : 403, `${host}, elsewhere`)
  }
})

void t.test('an emulator for a network is had under any name, but for its own API', async (t) => {
  const { port } = await emulator(t, { host: '0.0.0.0' })
  t.equal(await statusOf(port, { host: 'evil.example', ...key }, 'GET', jobs), 200)
  t.equal(await statusOf(port, { host: 'evil.example' }), 403)
})

void t.test('pages of other sites are refused; a link to a page of ours is followed', async (t) => {
  const { port } = await emulator(t)
  for (const [headers, method, own, service] of [
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 'GET', 403, 403],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, 'GET', 403, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'GET', 200, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'POST', 403, 403],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 'GET', 200, 200],
    [{ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 'GET', 200, 200],
    [{ origin: 'https://evil.example' }, 'GET', 403, 403],
    [{ origin: 'https://evil.example', 'content-type': 'text/plain' }, 'POST', 403, 403],
    [{ origin: 'null' }, 'GET', 403, 403],
    // A page that the developer serves, behind a proxy of its own.
    [{ origin: 'http://localhost:5173' }, 'GET', 403, 200],
  ] as const) {
    const name = JSON.stringify(headers)
    t.equal(await statusOf(port, headers, method, method === 'GET' ? health : '/_emulator/worlds/w/reset'), own, name)
    t.equal(await statusOf(port, { ...headers, ...key }, method, jobs), service, `${name}, the service`)
  }
  t.match(await client(`http://127.0.0.1:${port}`)('GET', '/_emulator/worlds'), {
    body: { worlds: [{ world: 'default' }] },
  })
})

void t.test('a signed link may be used by pages of any site', async (t) => {
  const { port } = await emulator(t)
  const picture = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
  const { statusCode, headers } = await ask(port, picture, 'GET', '/bytenite-results-prod/x')
  t.strictSame([statusCode, headers['x-emulator-ground']], [403, 'inferred; link-refused'])
})

void t.test('pages of the origins that were named may ask for everything', async (t) => {
  const origin = 'http://localhost:5173'
  const { port } = await emulator(t, { cors: [origin, 'https://app.example'] })
  const preflight = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
    'access-control-request-private-network': 'true',
  }
  for (const path of [jobs, health, '/_emulator/worlds/w/reset']) {
    t.match(await ask(port, preflight, 'OPTIONS', path), {
      statusCode: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': /POST/,
        'access-control-allow-headers': 'authorization,content-type',
        'access-control-allow-private-network': 'true',
        vary: 'Origin',
      },
    })
  }
  for (const [headers, method, path, statusCode] of [
    [key, 'GET', jobs, 200],
    [{}, 'GET', jobs, 401],
    [{}, 'GET', health, 200],
    [{}, 'POST', '/_emulator/worlds/w/reset', 200],
    [{}, 'GET', '/nowhere', 404],
  ] as const) {
    t.match(
      await ask(port, { origin: 'https://app.example', 'sec-fetch-site': 'cross-site', ...headers }, method, path),
      {
        statusCode,
        headers: { 'access-control-allow-origin': 'https://app.example' },
      },
    )
  }
  const foreign = await ask(port, { ...preflight, origin: 'https://evil.example' }, 'OPTIONS', jobs)
  t.strictSame([foreign.statusCode, foreign.headers['access-control-allow-origin']], [501, undefined])
})

void t.test('without that setting OPTIONS is what the gateway says', async (t) => {
  const { port } = await emulator(t)
  const preflight = { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' }
  const { statusCode, headers } = await ask(port, preflight, 'OPTIONS', jobs)
  t.strictSame([statusCode, headers['access-control-allow-origin']], [501, undefined])
})

void t.test('links in answers begin with the public address', async (t) => {
  const { url } = await emulator(t, { publicUrl: 'https://emulator.ci.example/api/' })
  const { body } = await client(url)('POST', jobs, {
    name: 'n',
    templateId: 'hello-world-template',
    dataSource: {
      dataSourceDescriptor: 'file',
      params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' },
    },
  })
  t.match(body.job.dataSource?.params?.tempUrl, /^https:\/\/emulator\.ci\.example\/api\/bytenite-uploads-prod\//)
})

void t.test('no page can be framed by another', async (t) => {
  const { port } = await emulator(t)
  for (const path of ['/v1/customer/docs/', '/_emulator/docs/']) {
    t.match((await ask(port, {}, 'GET', path)).headers['content-security-policy'], "frame-ancestors 'none'", path)
  }
})

void t.test('reading opens no world', async (t) => {
  const started = await emulator(t)
  const call = client(started.url)
  for (const path of ['clock', 'faults', 'scenarios', 'journal']) {
    t.equal((await call('GET', `/_emulator/worlds/unseen/${path}`)).status, 200, path)
  }
  t.match((await call('GET', '/_emulator/worlds')).body, { worlds: [] })
})

void t.test('logs show no secrets of URLs', async (t) => {
  let log = ''
  const stream = { write: (line: string) => void (log += line) }
  const { url } = await emulator(t, { logger: { level: 'info', stream } })
  await client(url)(
    'GET',
    '/v1/customer/jobs?token=a-secret-token&secretKey=a-secret-key&X-Goog-Signature=a-secret-sig',
  )
  t.match(log, '/v1/customer/jobs?')
  t.notMatch(log, 'a-secret')
})

void t.test('the pages of the documentation lead to nothing else', async (t) => {
  const { port } = await emulator(t)
  const up = ['../../..', '..%2f..%2f..', '%2e%2e/%2E%2E/..', '..%2F..%2F..%2F..', 'static/../../../..', './../../..']
  const bases = ['/v1/customer', '/v1/auth', '/v1/dev', '/v1/wallet', '/_emulator']
  const targets = ['_emulator/worlds', '_emulator/worlds/default/export', '_emulator/docs/', 'v1/auth/docs/', 'files/x']
  for (const base of bases) {
    const others = targets.filter((target) => !`/${target}`.startsWith(`${base}/docs/`))
    for (const path of up.flatMap((steps) => others.map((target) => `${base}/docs/${steps}/${target}`))) {
      t.equal(await statusOf(port, { 'sec-fetch-site': 'same-origin' }, 'GET', path), 404, path)
    }
  }
})
