// The way from a program to the emulator, piece by piece: proxy, TLS, environment, trusted certificates.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import t from 'tap'
import { exchange } from '../emulator.ts'
import { host, intercept, jobs, listening, echo, https, statusOf } from './vendor-server.ts'

void t.test('the proxy answers for the vendor, whatever form the request has', async (t) => {
  const { port } = await intercept(t)
  const head = (target: string, hostHeader = host) =>
    `GET ${target} HTTP/1.1\r\nHost: ${hostHeader}\r\nAuthorization: test_default\r\nConnection: close\r\n\r\n`
  for (const request of [
    head(`http://${host}${jobs}`),
    head(`https://${host}${jobs}`),
    head(`HTTP://API.bytenite.com:80${jobs}?limit=1`),
    head(`http://${host}.${jobs}`),
    head(`http://${host}${jobs}`, 'elsewhere.example'),
    `CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}\r\n\r\n${head(jobs)}`,
  ]) {
    const answer = await exchange(port, request)
    t.match(answer, /HTTP\/1\.1 200 OK\r\n[^]*"data":\[\]/, request.split('\r\n')[0]!)
  }
  t.match(await https(port, jobs), { status: 200, body: { data: [] } })
  t.match(
    await https(port, '/_emulator/worlds'),
    { status: 403 },
    'its own API is not to be had under the vendor’s name',
  )

  // Many on one connection, the second sent before the first is answered.
  const pipelined = await exchange(
    port,
    `${head(`http://${host}${jobs}`).replace('close', 'keep-alive')}${head(`http://${host}/nope`)}`,
  )
  t.strictSame(
    [...pipelined.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]),
    ['200', '404'],
  )
  const inTunnel = await exchange(
    port,
    `CONNECT ${host}:80 HTTP/1.1\r\nHost: x\r\n\r\n${head(jobs).replace('close', 'keep-alive')}${head('/nope')}`,
  )
  t.strictSame(
    [...inTunnel.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]),
    ['200', '200', '404'],
  )
})

void t.test('links lead through the interception again: upload and results by https', async (t) => {
  const { port, emulator } = await intercept(t, { emulator: { templates: 'open' } })
  const dataSource = {
    dataSourceDescriptor: 'file',
    params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' },
  }
  const created = await https(
    port,
    jobs,
    'POST',
    JSON.stringify({ templateId: 'emulator-echo', dataSource, dataDestination: { dataSourceDescriptor: 'bucket' } }),
  )
  const { id, dataSource: source } = created.body.job
  const upload = new URL(source.params.tempUrl as string)
  t.equal(upload.origin, `https://${host}`)

  // Large, and only after "100 Continue".
  const file = randomBytes(3_000_000)
  const target = upload.pathname + upload.search
  const put = await https(port, target, 'PUT', file, {
    expect: '100-continue',
    'content-disposition': 'attachment; filename="a.bin"',
  })
  t.equal(put.status, 200, put.body)
  t.equal((await https(port, `${jobs}/${id}/uploadcompleted`, 'PATCH')).status, 200)
  t.equal((await https(port, `${jobs}/${id}/run`, 'POST')).status, 200)
  await emulator.world('default').clock.advance('1h')
  const { body } = await https(port, `${jobs}/${id}/results`)
  const link = new URL(body.results[0].link as string)
  t.equal(link.origin, `https://${host}`)
  t.equal((await https(port, link.pathname + link.search)).status, 200)

  await emulator.world('default').fault({ operation: 'GET /bytenite-results-prod/*', connection: 'resetBefore' })
  await t.rejects(https(port, link.pathname + link.search), { code: 'ECONNRESET' })
  await t.resolves(emulator.close(), 'the server is rid of the connection')
})

void t.test('faults reach the client through TLS and through the proxy', async (t) => {
  const { port, emulator } = await intercept(t)
  const world = emulator.world('default')
  await world.fault({ operation: `GET ${jobs}`, connection: 'resetBefore', times: 1 })
  await t.rejects(https(port, jobs), { code: 'ECONNRESET' })
  await world.fault({ operation: `GET ${jobs}`, connection: 'resetAfter', times: 1 })
  await t.rejects(
    exchange(port, `GET http://${host}${jobs} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: test_default\r\n\r\n`),
    { code: 'ECONNRESET' },
  )
  await world.fault({ operation: `GET ${jobs}`, answer: 'cut', times: 1 })
  await t.rejects(https(port, jobs))
  t.equal((await https(port, jobs)).status, 200)
})

void t.test('what is for others goes on as it came', async (t) => {
  const { port } = await intercept(t)
  const [plain, other] = [await listening(t, echo()), await listening(t, echo())]
  const answer = await exchange(
    port,
    `POST http://127.0.0.1:${plain}/a%2Fb?c=d HTTP/1.1\r\nHost: other.example\r\nX-Twice: 1\r\nX-Twice: 2\r\n` +
      'Connection: close, X-Hop\r\nX-Hop: 1\r\nProxy-Authorization: Basic eDp5\r\nProxy-Connection: close\r\nTE: trailers\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  )
  t.match(answer, /^HTTP\/1\.1 203 Like That\r\nx-twice: a\r\nx-twice: b\r\n/)
  t.notMatch(answer, /x-hop/i)
  t.strictSame(JSON.parse(/\{.*\}/.exec(answer)![0]), {
    method: 'POST',
    url: '/a%2Fb?c=d',
    rawHeaders: [
      'host',
      `127.0.0.1:${plain}`,
      'X-Twice',
      '1',
      'X-Twice',
      '2',
      'transfer-encoding',
      'chunked',
      'connection',
      'close',
    ],
    body: 'abc',
  })
  const tunnelled = await exchange(
    port,
    `CONNECT localhost:${other} HTTP/1.1\r\nHost: x\r\n\r\nGET /there HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n`,
  )
  t.match(tunnelled, /^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 203/)
  t.match(tunnelled, '"url":"/there"')

  const closed = createServer()
  const nowhere = await listening(t, closed)
  await new Promise((resolve) => closed.close(resolve))
  for (const request of [`GET http://127.0.0.1:${nowhere}/`, `CONNECT 127.0.0.1:${nowhere}`]) {
    const answer = await exchange(port, `${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    t.match(answer, /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*ECONNREFUSED/)
  }
})

void t.test('a cut answer stays a cut one', async (t) => {
  const { port } = await intercept(t)
  const cut = await listening(
    t,
    createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
    }),
  )
  const answer = await exchange(port, `GET http://127.0.0.1:${cut}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  t.match(answer, /content-length: 10\r\n[^]*\r\n\r\nhalf$/i)
})

void t.test(
  'bytes that two readers could understand in two ways are refused, and nothing of them goes on',
  async (t) => {
    const { port, emulator } = await intercept(t)
    let reached = 0
    const behind = await listening(
      t,
      createServer((socket) => {
        reached += 1
        socket.destroy()
      }),
    )
    const rest = 'Host: x\r\nConnection: close\r\n'
    const inner = `GET http://127.0.0.1:${behind}/inner HTTP/1.1\r\nHost: x\r\n\r\n`
    for (const to of [`http://127.0.0.1:${behind}/`, `http://${host}${jobs}`]) {
      for (const [name, headers] of Object.entries({
        'both lengths': 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
        'two lengths': 'Content-Length: 5\r\nContent-Length: 6\r\n',
        'a length that is no number': 'Content-Length: +5\r\n',
        'a coding that is none': 'Transfer-Encoding: xchunked\r\n',
        'another before chunked': 'Transfer-Encoding: gzip, chunked\r\n',
        'chunked before another': 'Transfer-Encoding: chunked, identity\r\n',
        'a blank in a name': 'Transfer-Encoding : chunked\r\n',
        'a folded line': 'Transfer-Encoding:\r\n chunked\r\n',
        'a bare CR': 'X: a\rTransfer-Encoding: chunked\r\n',
        'a NUL': 'X: a\0b\r\n',
      })) {
        const answer = await exchange(port, `POST ${to} HTTP/1.1\r\n${rest}${headers}\r\n0\r\n\r\n${inner}`)
        t.equal(statusOf(answer), 400, `${to}: ${name}: ${answer}`)
        t.equal([...answer.matchAll(/HTTP\/1\.1 /g)].length, 1, `${name}: one answer`)
      }
    }
    const target = `127.0.0.1:${behind}`
    for (const line of [
      '/v1/customer/jobs',
      '*',
      `http://user@${target}/`,
      `http://${host}@${target}/`,
      `http://${host}:80@${target}/`,
      `http:///${target}/`,
      `http:/${target}/`,
      `ftp://${target}/`,
      `http://${target}:1/`,
      `http://127.0.0.1:${behind}x/`,
      'http://127.0.0.1:99999/',
      'http://127.0.0.1:0/',
      `http://127.0.0.1%00:${behind}/`,
      `http://[127.0.0.1]]:${behind}/`,
      `http://127.0.0.1\\@x:${behind}/`,
    ]) {
      t.equal(statusOf(await exchange(port, `GET ${line} HTTP/1.1\r\n${rest}\r\n`)), 400, line)
    }
    for (const [line, headers] of [
      ['127.0.0.1', ''],
      [`http://${target}`, ''],
      [`user@${target}`, ''],
      [`${target}/`, ''],
      [`${target}:1`, ''],
      [`:${behind}`, ''],
      [target, 'Content-Length: 3\r\n'],
      [target, 'Transfer-Encoding: chunked\r\n'],
      [`${host}:443`, 'Content-Length: 3\r\n'],
    ]) {
      t.equal(statusOf(await exchange(port, `CONNECT ${line} HTTP/1.1\r\n${rest}${headers}\r\nabc`)), 400, line!)
    }
    t.equal(reached, 0)
    t.equal((await emulator.world('default').requests({})).length, 0)
  },
)

void t.test('the proxy does not go round in circles', async (t) => {
  const { port } = await intercept(t)
  for (const name of ['127.0.0.1', 'localhost', '127.0.0.2'].map((name) => `${name}:${port}`)) {
    for (const request of [`GET http://${name}/`, `CONNECT ${name}`]) {
      const answer = await exchange(port, `${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      t.match(answer, /^HTTP\/1\.1 (508 Loop Detected|502 Bad Gateway)\r\n/, request)
    }
  }
})
