// Lines of the log: what is written about requests and jobs, at which level, and how it looks.
import t from 'tap'
import { hasColours, painted, toLine } from '../../src/settings/log.ts'
import type { LogLevel } from '../../src/settings/settings.ts'
import { accessToken, client, emulator, exchange, steadyClock } from '../emulator.ts'

const jobs = '/v1/customer/jobs'

void t.test('a log line for people', async (t) => {
  const time = new Date(2025, 4, 20, 9, 0, 0, 5).getTime()
  const line = (entry: object, ...paint: [typeof painted] | []) => toLine(JSON.stringify({ time, ...entry }), ...paint)
  const request = { level: 30, msg: 'request', method: 'GET', url: '/x', status: 200, ms: 1.4, world: 'default' }
  const job = { level: 30, msg: 'job', job: 'j', world: 'default' }
  for (const [entry, text] of [
    [{ level: 40, msg: 'hm' }, 'warn  hm'],
    [{ level: 40, msg: 'ignored \x1b[2Ja\n09:00 200 forged\u009b' }, 'warn  ignored ?[2Ja?09:00 200 forged?'],
    [{ level: 50, msg: 'oh', err: { stack: 'Error: \x1b[2J\n at x' } }, 'error oh\nError: ?[2J\n at x'],
    [{ level: 50, msg: 'oh', err: { stack: 'Error: oh\n at x' } }, 'error oh\nError: oh\n at x'],
    [request, '200   GET /x 1.4 ms'],
    [{ ...request, world: 'w', status: 404, reason: 'no \x1b[2Jjob' }, '404   GET /x 1.4 ms [w] no ?[2Jjob'],
    [{ ...request, status: 0, fault: 'f-1' }, 'lost  GET /x 1.4 ms (fault f-1)'],
    [{ ...job, states: ['STARTED', 'SPLITTING'] }, 'job   j STARTED → SPLITTING'],
    [{ ...job, world: 'w', states: ['STARTED', 'A', 'B', 'COMPLETE'] }, 'job   j STARTED → … → COMPLETE [w]'],
  ] as const) {
    t.equal(line(entry), `09:00:00.005 ${text}\n`)
  }
  for (const [status, code] of [
    [200, 32],
    [304, 36],
    [404, 33],
    [503, 31],
    [0, 31],
  ]) {
    t.match(line({ ...request, status }, painted), new RegExp(`\\x1b\\[${code}m(${status}|lost)`), String(status))
  }
})

void t.test('colours are for terminals, unless NO_COLOR or FORCE_COLOR say otherwise', async (t) => {
  const terminal = { TERM: 'xterm-256color' }
  for (const [isTerminal, environment, expected] of [
    [true, terminal, true],
    [true, { TERM: 'dumb' }, false],
    [true, { ...terminal, NO_COLOR: '1' }, false],
    [true, { ...terminal, FORCE_COLOR: '0' }, false],
    [false, terminal, false],
    [false, { ...terminal, FORCE_COLOR: '1' }, true],
  ] as const) {
    t.equal(hasColours(isTerminal, environment), expected, JSON.stringify([isTerminal, environment]))
  }
})

/** An emulator whose log can be read. */
async function logging(t: Parameters<typeof emulator>[0], level: LogLevel) {
  const lines: any[] = []
  const started = await emulator(t, {
    clock: steadyClock(),
    logger: { level, stream: { write: (line) => lines.push(JSON.parse(line)) } },
  })
  return {
    ...started,
    /** The entries since the last call, without those of Fastify about the port. */
    take: () => lines.splice(0).filter(({ msg }) => msg === 'request' || msg === 'job'),
  }
}

void t.test('info: requests of clients with world and reason, and states of jobs', async (t) => {
  const { url, take } = await logging(t, 'info')
  const call = client(url, 'test_w')
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'j' })
  await call('POST', `${jobs}/j/run`)
  t.match(take(), [
    { level: 30, method: 'POST', url: jobs, status: 200, world: 'w' },
    { level: 30, world: 'w', job: 'j', states: ['STARTED'] },
    { level: 30, method: 'POST', url: `${jobs}/j/run`, status: 200, world: 'w' },
  ])
  await call('POST', '/_emulator/worlds/w/clock/advance', { by: 'job:j' })
  const [moved, ...more] = take()
  t.match([moved, more], [{ level: 30, world: 'w', job: 'j' }, []], 'states that came at once are one line')
  t.match([moved.states.length, moved.states.at(-1)], [8, 'COMPLETE'])
  const results = await call('GET', `${jobs}/j/results`)
  take()
  await fetch(results.body.results[0].link)
  const [link] = take()
  t.match(link.url, /^\/[^?]+$/, 'a link without its signature')

  await call('POST', jobs, { templateId: 'nothing' })
  await client(url, null)('POST', '/v1/auth/access_token', { apiKey: 'my-secret-key' })
  const [unknown, refused] = take()
  t.match(unknown, { level: 30, status: 404, reason: /^template "nothing" does not exist/ })
  t.match(refused, { level: 40, status: 401, reason: /invalid API key/ })
  t.notMatch(JSON.stringify(refused), /my-secret-key/)

  await call('GET', '/_emulator/health')
  await call('GET', jobs, undefined, { 'x-emulator-watch': '1' })
  t.strictSame(take(), [], 'neither the control API nor who only looks')
})

void t.test("debug: the control API's own calls, too", async (t) => {
  const { url, take } = await logging(t, 'debug')
  await client(url)('GET', '/_emulator/health')
  t.match(take(), [{ level: 20, method: 'GET', url: '/_emulator/health', status: 200 }])
})

void t.test('warn: what is refused and stands in no journal', async (t) => {
  const { url, port, take } = await logging(t, 'warn')
  const call = client(url)
  await call('GET', jobs)
  await call('GET', `${jobs}/nothing`)
  await call('GET', '/_emulator/worlds/nothing')
  t.strictSame(take(), [], 'the journal has them, or their caller')

  await client(url, null)('GET', jobs)
  await call('GET', '/v1/custommer/jobs')
  await call('GET', jobs, undefined, { origin: 'https://evil.example' })
  await call('GET', '/_emulator/health', undefined, { origin: 'https://evil.example' })
  t.match(take(), [
    { level: 40, status: 401, url: jobs, reason: /missing access token/ },
    { level: 40, status: 404, url: '/v1/custommer/jobs' },
    { level: 40, status: 403, url: jobs, reason: /evil\.example/ },
    { level: 40, status: 403, url: '/_emulator/health', reason: /evil\.example/ },
  ])
  for (const [head, entry] of [
    [`GET ${jobs} HTTP/1.1\r\nHost: evil.example`, { method: 'GET', url: jobs, status: 403 }],
    [`GET ${jobs} HTTP/1.1`, { method: 'GET', url: jobs, status: 400, reason: /one header Host/ }],
    [`GET ${jobs} HTTP/1.1\r\nHost: localhost\r\nExpect: banana`, { url: jobs, status: 417, reason: /expectation/ }],
    ['CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443', { method: 'CONNECT', status: 501 }],
    ['GET /%zz HTTP/1.1\r\nHost: localhost', { method: 'GET', url: '/%zz', status: 400 }],
    ['nonsense', { method: 'nonsense', status: 400 }],
    [`GET ${jobs} HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(2 ** 20)}`, { status: 431, reason: /too large/ }],
  ] as const) {
    await exchange(port, `${head}\r\nConnection: close\r\n\r\n`).catch(() => '')
    t.match(take(), [{ level: 40, ...entry }], head.slice(0, 60))
  }
})

void t.test('under an observer, as exec is, refusals are its own to tell', async (t) => {
  const lines: string[] = []
  const { url } = await emulator(t, {
    logger: { level: 'warn', stream: { write: (line) => lines.push(line) } },
    onExchange: () => undefined,
  })
  await client(url, null)('GET', jobs)
  t.strictSame(lines, [])
  t.ok(await accessToken(url))
})
