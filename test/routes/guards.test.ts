// Who may use the control API, and what is kept out of logs and out of acts that fail.
import { request } from 'node:http'
import t from 'tap'
import { client, emulator } from '../emulator.ts'

const health = '/_emulator/health'

/** The status of a request with headers that fetch does not let one set. */
const statusOf = (port: number, headers: Record<string, string>, method = 'GET', path = health): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .once('error', reject)
      .end()
  })

void t.test('host names: local ones, and those that were allowed', async (t) => {
  const { port } = await emulator(t, { allowHost: ['emulator.ci.example', '.cluster.local'] })
  for (const [host, status] of [
    ['localhost', 200],
    ['emulator', 200],
    ['emulator.ci.example', 200],
    ['emulator.ns.svc.cluster.local', 200],
    ['cluster.local', 403],
    ['ci.example', 403],
    ['evil.example', 403],
    ['api.bytenite.com', 403],
  ] as const) {
    t.equal(await statusOf(port, { host: `${host}:${port}` }), status, host)
  }
})

void t.test('pages of other sites are refused; a link to a page of ours is followed', async (t) => {
  const { port } = await emulator(t)
  for (const [headers, method, status] of [
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 'GET', 403],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, 'GET', 403],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'GET', 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'POST', 403],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 'GET', 200],
    [{ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 'GET', 200],
  ] as const) {
    const path = method === 'GET' ? health : '/_emulator/worlds/w/reset'
    t.equal(await statusOf(port, headers, method, path), status, JSON.stringify(headers))
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
