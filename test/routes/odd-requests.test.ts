// Requests that Node.js or the framework would answer themselves, and orders and files that are odd.
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { readSeeds, seedFilesIn } from '../../src/settings/seed-files.ts'
import { client, emulator, exchange, steadyClock } from '../emulator.ts'

const jobs = '/v1/customer/jobs'

void t.test('what is no HTTP', async (t) => {
  const { url, port } = await emulator(t)
  const head = 'Host: x\r\nAuthorization: test_default\r\nConnection: close\r\n'
  const broken = ['400 Bad Request', 'malformed HTTP request'] as const
  const table: readonly (readonly [string, string, string | undefined])[] = [
    ['GARBAGE\r\n\r\n', ...broken],
    ['\u0000\u0001\u0002\r\n\r\n', ...broken],
    ['GET / HTTP/9.9\r\n\r\n', ...broken],
    [`BREW ${jobs} HTTP/1.1\r\n${head}\r\n`, '501 Not Implemented', 'Method Not Allowed'],
    [`get ${jobs}?a HTTP/1.1\r\n${head}\r\n`, '501 Not Implemented', 'Method Not Allowed'],
    [`BREW /nope HTTP/1.1\r\n${head}\r\n`, '404 Not Found', 'Not Found'],
    [`BREW * HTTP/1.1\r\n${head}\r\n`, '400 Bad Request', 'Bad Request'],
    [`QUERY ${jobs} HTTP/1.1\r\n${head}\r\n`, '501 Not Implemented', 'Method Not Allowed'],
    [`GET ${jobs}é HTTP/1.1\r\n${head}\r\n`, ...broken],
    [`POST ${jobs} HTTP/1.1\r\n${head}Content-Length: x\r\n\r\n`, ...broken],
    [`POST ${jobs} HTTP/1.1\r\n${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`, ...broken],
    [`POST ${jobs} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, ...broken],
    [`GET ${jobs}?a=${'a'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`, '200 OK', undefined],
    [`GET /${'a'.repeat(1_100_000)} HTTP/1.1\r\n${head}\r\n`, '431 Request Header Fields Too Large', 'too large'],
    [
      `GET / HTTP/1.1\r\n${head}X: ${'a'.repeat(1_100_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
      'too large',
    ],
    [`GET ${jobs} HTTP/1.1\r\n\r\n`, '400 Bad Request', 'expected one header Host, found none'],
    [`GET ${jobs} HTTP/1.0\r\n${head}\r\n`, '200 OK', undefined],
    // Ends as all answers do if the client wishes so.
    [`GET /v1/customer/docs/ HTTP/1.1\r\n${head}\r\n`, '200 OK', undefined],
    [`GET http://api.bytenite.com${jobs} HTTP/1.1\r\n${head}\r\n`, '200 OK', undefined],
    [`GET ${jobs} HTTP/1.1\r\n${head}Upgrade: websocket\r\n\r\n`, '200 OK', undefined],
    [`TRACE ${jobs} HTTP/1.1\r\n${head}\r\n`, '501 Not Implemented', 'Method Not Allowed'],
    [`OPTIONS * HTTP/1.1\r\n${head}\r\n`, '400 Bad Request', 'Bad Request'],
    [`GET ${jobs}/%zz HTTP/1.1\r\n${head}\r\n`, '400 Bad Request', 'invalid URL escape'],
  ]
  for (const [bytes, status, message] of table) {
    const name = bytes.slice(0, 60)
    const answer = await exchange(port, bytes)
    t.match({ name, answer }, { name, answer: `HTTP/1.1 ${status}\r\n` })
    if (message === undefined) continue
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
    t.match({ name, ...body }, { name, code: Number, message, details: [] })
    t.match(answer, /content-type: application\/json/i)
  }
  // Half a request, and then nothing more.
  t.equal((await client(url)('GET', jobs)).status, 200, 'and the emulator lives')
})

void t.test('bytes behind requests are answered after them', async (t) => {
  const { url, port } = await emulator(t)
  const create = (header = '') =>
    `POST ${jobs} HTTP/1.1\r\nHost: x\r\nAuthorization: test_default\r\n${header}Content-Length: 36\r\n\r\n` +
    '{"templateId": "emulator-succeeds" }'
  for (const [bytes, statuses] of [
    [`${create()}${create()}GARBAGE\r\n\r\n`, ['200', '200', '400']],
    [`${create()}BREW ${jobs} HTTP/1.1\r\n\r\n`, ['200', '501']],
    [`${create()}BREW /nope HTTP/1.1\r\n\r\n`, ['200', '404']],
    [`${create('Connection: close\r\n')}x`, ['200']],
  ] as const) {
    const answers = await exchange(port, bytes)
    t.strictSame(
      [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status!),
      statuses,
      bytes,
    )
  }
  t.equal((await client(url)('GET', jobs)).body.pagination.total, 5)

  // Each packet behind the broken one is an error of its own, and has no answer.
  const warned: Error[] = []
  const note = (warning: Error) => void warned.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  const socket = connect({ port, host: '127.0.0.1' })
  let heard = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => (heard += chunk))
  socket.write('GET /v1/customer/events HTTP/1.1\r\nHost: x\r\nAuthorization: test_default\r\n\r\n')
  while (!heard.includes('200 OK')) await once(socket, 'data')
  for (let packet = 0; packet < 12; packet++) {
    socket.write('GARBAGE\r\n\r\n')
    await client(url)('GET', jobs)
  }
  t.notMatch(heard, '400 Bad Request')
  socket.destroy()
  t.strictSame(warned, [])
})

void t.test('every method is answered in our own words', async (t) => {
  const { port } = await emulator(t)
  const ask = (head: string) => exchange(port, `${head}\r\nConnection: close\r\n\r\n`)
  const form = 'Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nX-HTTP-Method-Override: '
  for (const [head, status, code] of [
    [`QUERY ${jobs} HTTP/1.1\r\nHost: localhost`, 501, 12],
    ['QUERY /v1/computing/jobs HTTP/1.1\r\nHost: localhost', 501, 12],
    ['QUERY /v1/computing/docs HTTP/1.1\r\nHost: localhost', 404, 5],
    ['GET http://127.0.0.1/v1/computing/jobs HTTP/1.1\r\nHost: localhost', 401, 16],
    ['QUERY /nothing HTTP/1.1\r\nHost: localhost', 404, 5],
    [`POST ${jobs} HTTP/1.1\r\n${form}FOO`, 501, 12],
    [`POST ${jobs} HTTP/1.1\r\n${form}a b`, 501, 12],
    [`POST ${jobs}/x/results HTTP/1.1\r\n${form}FOO`, 501, 12],
    [`POST /v1/nothing HTTP/1.1\r\n${form}FOO`, 404, 5],
    [`PROPFIND ${jobs} HTTP/1.1\r\nHost: localhost`, 501, 12],
    [`TRACE ${jobs} HTTP/1.1\r\nHost: localhost`, 501, 12],
    [`GET ${jobs} HTTP/1.1`, 400, 3],
    [`GET ${jobs} HTTP/1.1\r\nHost: a\r\nHost: b`, 400, 3],
    [`GET ${jobs} HTTP/1.1\r\nHost: localhost\r\nExpect: banana`, 417, 3],
    ['CONNECT api.bytenite.com:443 HTTP/1.1\r\nHost: api.bytenite.com:443', 501, 12],
  ] as const) {
    const answer = await ask(head)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), head)
    t.match(answer, new RegExp(`"code":${code},"message":"[^"]`), head)
    t.match(answer, /x-emulator-ground: /i, head)
  }
})

void t.test('lists are ordered by the end that answers show; null is the smallest', async (t) => {
  const clock = steadyClock()
  const { url } = await emulator(t, { clock, pace: '10s' })
  const call = client(url)
  const start = async (jobId: string, runs: boolean) => {
    await call('POST', jobs, { templateId: 'emulator-succeeds', jobId })
    if (runs) await call('POST', `${jobs}/${jobId}/run`)
  }
  await start('first', true)
  clock.advance(20)
  await start('second', true)
  clock.advance(20)
  await start('running', true)
  await start('new', false)
  const ids = async (orderBy: string) =>
    (await call('GET', `${jobs}?orderBy=${encodeURIComponent(orderBy)}`)).body.data.map(({ id }: { id: string }) => id)
  t.strictSame((await ids('endedAt desc')).slice(0, 2), ['second', 'first'])
  t.strictSame((await ids('endedAt')).slice(2), ['first', 'second'])
})

void t.test('seed files as editors and mounts make them', async (t) => {
  const folder = t.testdir({ 'x.json': {}, '.hidden.json': '{', '._seed.json': '', 'b.json': '{}', 'a.json': '{}' })
  t.strictSame(seedFilesIn(folder), [join(folder, 'a.json'), join(folder, 'b.json')])
  const file = join(folder, 'seed.json')
  writeFileSync(file, '\ufeff{"templates":[{"id":"marked"}]}')
  t.match(readSeeds([file]).seed, { templates: [{ id: 'marked' }] })
  for (const [text, message] of [
    ['', /seed file .*seed\.json: is empty/],
    [' \n', /is empty/],
    ['[]', /expected an object with templates and jobs/],
  ] as const) {
    writeFileSync(file, text)
    t.throws(() => readSeeds([file]), { message }, JSON.stringify(text))
  }
  t.throws(() => readSeeds([join(folder, 'x.json')]), { message: /is a folder; --init takes folders/ })
})

void t.test('nobody else can read the database', { skip: process.platform === 'win32' }, async (t) => {
  const data = join(t.testdir(), 'data')
  const { url } = await emulator(t, { data })
  await client(url)('GET', jobs)
  t.equal(statSync(data).mode & 0o777, 0o700)
  for (const file of ['emulator.db', 'emulator.db-wal']) t.equal(statSync(join(data, file)).mode & 0o777, 0o600, file)
})
