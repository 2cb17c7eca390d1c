// The way from a program to the emulator, piece by piece: proxy, TLS, environment, trusted certificates.
import { randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer as createHttpServer, request as requestHttp, type Server as HttpServer } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { connect as connectTls, rootCertificates } from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../../src/exec/intercept/certificates.ts'
import { childEnvironment } from '../../src/exec/intercept/environment.ts'
import { type Interception, openInterception } from '../../src/exec/intercept/interception.ts'
import { leadingVariables } from '../../src/exec/intercept/variables.ts'
import { readUpstream } from '../../src/exec/intercept/upstream.ts'
import type { Emulator, EmulatorOptions } from '../../src/index.ts'
import { emulator, exchange } from '../emulator.ts'

const host = 'api.bytenite.com'
const jobs = '/v1/customer/jobs'
const authority = await createAuthority([host], Date.now(), randomBytes)

interface Run extends Interception {
  readonly emulator: Emulator
  readonly port: number
}

/** An interception of its own for one test. */
async function intercept(
  t: Test,
  options: { environment?: Record<string, string>; offline?: boolean; emulator?: EmulatorOptions } = {},
): Promise<Run> {
  const started = await emulator(t, { keys: 'open', ...options.emulator })
  const { environment = {}, offline = false } = options
  const interception = await openInterception(started, authority, { environment, apiKey: 'key', offline })
  t.teardown(interception.close)
  const port = Number(new URL(interception.environment['HTTPS_PROXY']!).port)
  return { ...interception, emulator: started, port }
}

/** A server for one test, on this machine. */
async function listening(t: Test, server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A server that answers what it was asked, as JSON. */
const echo = (): HttpServer =>
  createHttpServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const { method, url, rawHeaders } = request
      response.writeHead(
        203,
        'Like That',
        [
          ['x-twice', 'a'],
          ['x-twice', 'b'],
          ['connection', 'x-hop'],
          ['x-hop', '1'],
        ].flat(),
      )
      response.end(JSON.stringify({ method, url, rawHeaders, body }))
    })
  })

/** A socket through the proxy to a target. */
function tunnel(port: number, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = requestHttp({ host: '127.0.0.1', port, method: 'CONNECT', path: target, headers: { host: target } })
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) resolve(socket)
      else reject(new Error(String(statusCode)))
    })
    request.once('error', reject)
    request.end()
  })
}

interface HttpsAnswer {
  readonly status: number
  readonly body: any
}

/** A request by https through the proxy, on a connection of its own. */
async function https(
  port: number,
  path: string,
  method = 'GET',
  body?: string | Buffer,
  headers = {},
): Promise<HttpsAnswer> {
  const socket = connectTls({ socket: await tunnel(port, `${host}:443`), ca: authority.certificate, servername: host })
  return new Promise((resolve, reject) => {
    const request = requestHttps({
      createConnection: () => socket,
      host,
      path,
      method,
      headers: { host, authorization: 'test_default', ...headers },
    })
    request.once('error', reject)
    request.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => {
        const json = response.headers['content-type'] === 'application/json'
        resolve({ status: response.statusCode!, body: json ? JSON.parse(text) : text })
        socket.destroy()
      })
    })
    request.end(body)
  })
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

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

void t.test('offline: nothing but the vendor and this machine, and it says so', async (t) => {
  const { port, seen } = await intercept(t, { offline: true, environment: { HTTPS_PROXY: 'http://127.0.0.1:1' } })
  const here = await listening(t, echo())
  for (const request of ['GET http://other.example/', 'CONNECT other.example:443', 'CONNECT other.example:443']) {
    const answer = await exchange(port, `${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    t.match(
      answer,
      /^HTTP\/1\.1 403 Refused by bytenite-emulator exec --offline\r\n[^]*other\.example:\d+ is not on this machine/,
    )
  }
  t.equal(
    statusOf(await exchange(port, `GET http://localhost:${here}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)),
    203,
  )
  t.equal((await https(port, jobs)).status, 200)
  t.strictSame(
    [...seen().refused],
    [
      ['other.example:80', 1],
      ['other.example:443', 2],
    ],
  )
})

void t.test('through the proxies that the user has, but for the vendor and this machine', async (t) => {
  const lines: string[] = []
  const upstream = createHttpServer((request, response) => {
    lines.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`)
    response.end('from upstream')
  })
  upstream.on('connect', (request, socket) => {
    lines.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`)
    if (request.url === 'no.example:443') socket.end('HTTP/1.1 407 No\r\n\r\n')
    else socket.end('HTTP/1.1 200 OK\r\n\r\nhello')
  })
  const url = `http://us%40er:pw@127.0.0.1:${await listening(t, upstream)}`
  const { port } = await intercept(t, {
    environment: { http_proxy: url, HTTPS_PROXY: url },
  })
  const ask = (line: string) => exchange(port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  t.match(await ask('GET http://a.example:81/x?y'), /200 OK[^]*from upstream$/)
  t.match(await ask('CONNECT b.example:443'), /^HTTP\/1\.1 200 Connection Established\r\n\r\nhello$/)
  t.match(await ask('CONNECT no.example:443'), /^HTTP\/1\.1 502 [^]*answered 407 for no\.example:443/)
  t.equal((await https(port, jobs)).status, 200)
  const credentials = 'Basic dXNAZXI6cHc='
  t.strictSame(lines, [
    `GET http://a.example:81/x?y ${credentials}`,
    `CONNECT b.example:443 ${credentials}`,
    `CONNECT no.example:443 ${credentials}`,
  ])
})

void t.test('a client that does not take the certificate is found out, and nothing hangs', async (t) => {
  const { port, seen } = await intercept(t)
  const attempt = async (options: object): Promise<unknown> => {
    const below = await tunnel(port, `${host}:443`)
    const socket = connectTls({ socket: below, servername: host, ...options })
    return new Promise((resolve) => {
      socket.once('error', resolve)
      socket.once('close', resolve)
    }).finally(() => below.destroy())
  }
  // One that looks while it shakes hands, and says so; one that looks afterwards.
  await attempt({ ca: rootCertificates[0] })
  await attempt({ ca: authority.certificate, checkServerIdentity: () => new Error('not the pinned one') })
  await attempt({ ca: authority.certificate, ALPNProtocols: ['h2'] })
  // The clients know before the proxy does.
  const count = () => [...seen().untrusted.values()].reduce((sum, times) => sum + times, seen().unused)
  while (count() < 3) t.equal((await https(port, jobs)).status, 200)
  t.equal((await https(port, jobs)).status, 200)
  t.equal(count(), 3, 'connections that were used do not count')
})

void t.test('it listens for this machine alone, and is gone at the end', async (t) => {
  const { port, environment, close } = await intercept(t)
  const client = await tunnel(port, `${host}:443`)
  const ended = new Promise((resolve) => client.once('close', resolve))
  client.on('error', () => undefined)
  const folder = dirname(environment['NODE_EXTRA_CA_CERTS']!)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  for (const file of readdirSync(folder)) t.notMatch(readFileSync(join(folder, file), 'latin1'), /PRIVATE KEY/)
  await Promise.all([close(), close()])
  await ended
  t.notOk(existsSync(folder))
  await t.rejects(exchange(port, 'x'), { code: 'ECONNREFUSED' })
})

void t.test('the environment', async (t) => {
  const trust = {
    bundle: (base = 'system') => `/tmp/${base}+`,
    addition: (base = 'none') => `/tmp/${base}+`,
    javaStore: '/a folder/trusted.jks',
  }
  const from = (parent: Record<string, string>) =>
    childEnvironment(parent, {
      api: 'http://127.0.0.1:1',
      apiKey: 'test_default',
      proxy: { host: '127.0.0.1', port: 2 },
      trust,
      hook: 'file:///a%20folder/intercept.js?tls=3&plain=1',
    })

  const bare = from({ PATH: '/bin' })
  t.match(bare, {
    PATH: '/bin',
    BYTENITE_API_URL: 'http://127.0.0.1:1',
    BYTENITE_BASE_URL: 'http://127.0.0.1:1',
    BYTENITE_API_KEY: 'test_default',
    SSL_CERT_FILE: '/tmp/system+',
    REQUESTS_CA_BUNDLE: '/tmp/system+',
    CURL_CA_BUNDLE: '/tmp/system+',
    NODE_EXTRA_CA_CERTS: '/tmp/none+',
    NODE_OPTIONS: '--import=file:///a%20folder/intercept.js?tls=3&plain=1',
  })
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'])
    t.equal(bare[name], 'http://127.0.0.1:2')
  for (const name of ['NO_PROXY', 'no_proxy']) t.equal(bare[name], 'localhost,127.0.0.1,::1')
  t.notOk('ALL_PROXY' in bare)
  t.match(bare['JAVA_TOOL_OPTIONS'], /-Dhttps\.proxyPort=2 .*"-Djavax\.net\.ssl\.trustStore=\/a folder\/trusted\.jks"/)

  const told = ['PATH', 'BYTENITE_API_URL', 'BYTENITE_BASE_URL', 'BYTENITE_API_KEY']
  const leads = Object.keys(from({ PATH: '/bin', ALL_PROXY: 'up:1' })).filter((name) => !told.includes(name))
  t.strictSame(
    leads.sort(),
    [...leadingVariables].sort(),
    'what a process is given that is started with an empty environment',
  )

  const own = from({
    BYTENITE_API_URL: 'https://mine',
    BYTENITE_API_KEY: 'mine',
    all_proxy: 'http://up:1',
    NODE_OPTIONS: '--max-old-space-size=100',
    JAVA_TOOL_OPTIONS: '-Dx=y',
    SSL_CERT_FILE: 'ssl',
    CURL_CA_BUNDLE: 'curl',
    NODE_EXTRA_CA_CERTS: 'node',
  })
  t.match(own, {
    BYTENITE_API_URL: 'https://mine',
    BYTENITE_API_KEY: 'mine',
    all_proxy: 'http://127.0.0.1:2',
    ALL_PROXY: 'http://127.0.0.1:2',
    NODE_OPTIONS: /^--max-old-space-size=100 --import=/,
    JAVA_TOOL_OPTIONS: /^-Dx=y -D/,
    SSL_CERT_FILE: '/tmp/ssl+',
    CURL_CA_BUNDLE: '/tmp/curl+',
    REQUESTS_CA_BUNDLE: '/tmp/curl+',
    NODE_EXTRA_CA_CERTS: '/tmp/node+',
  })

  for (const [list, kept] of [
    ['*', ''],
    ['api.bytenite.com, 10.0.0.1', ',10.0.0.1'],
    ['.bytenite.com bytenite.com:443 other.example', ',other.example'],
    ['*.com,.com,com,m,API.BYTENITE.COM.', ''],
    ['notbytenite.com,api.bytenite.com.example,.corp', ',notbytenite.com,api.bytenite.com.example,.corp'],
    [',,', ''],
  ] as const) {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const environment = from({ [name]: list })
      t.equal(environment['NO_PROXY'], `localhost,127.0.0.1,::1${kept}`, list)
      t.equal(environment['no_proxy'], environment['NO_PROXY'])
    }
  }
})

void t.test('which proxy of the user is gone through', async (t) => {
  const table: readonly (readonly [
    environment: Record<string, string>,
    scheme: 'http' | 'https',
    host: string,
    proxy?: string,
  ])[] = [
    [{}, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'http://p:1' }, 'https', 'a.example', 'http://p:1/'],
    [{ HTTPS_PROXY: 'http://p:1' }, 'http', 'a.example'],
    [{ https_proxy: 'p:1', HTTPS_PROXY: 'q:1' }, 'https', 'a.example', 'http://p:1/'],
    [{ ALL_PROXY: 'https://p:1', http_proxy: 'http://q:1' }, 'https', 'a.example', 'https://p:1/'],
    [{ ALL_PROXY: 'https://p:1', http_proxy: 'http://q:1' }, 'http', 'a.example', 'http://q:1/'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: '*' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'example' }, 'https', 'A.Example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: '.example' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: '*.example' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'a.example:443' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'a.example:80' }, 'https', 'a.example', 'http://p:1/'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'xample' }, 'https', 'a.example', 'http://p:1/'],
  ]
  for (const [environment, scheme, name, proxy] of table) {
    t.equal(readUpstream(environment).proxyFor(scheme, name, 443)?.href, proxy, JSON.stringify([environment, scheme]))
  }
  t.throws(() => readUpstream({ HTTPS_PROXY: 'socks5://p:1' }), /^HTTPS_PROXY: /)
})

void t.test('trusted certificates: what was trusted before, and the authority', async (t) => {
  const [first = '', second = '', third = ''] = rootCertificates
  const folder = t.testdir({
    'own.pem': first,
    folder: { 'a.pem': second, 'b.0': second, 'c.crt': third, 'x.txt': 'text' },
  })
  const { environment } = await intercept(t, {
    environment: {
      SSL_CERT_FILE: join(folder, 'own.pem'),
      REQUESTS_CA_BUNDLE: join(folder, 'folder'),
      NODE_EXTRA_CA_CERTS: join(folder, 'own.pem'),
      DENO_CERT: join(folder, 'none.pem'),
    },
  })
  const inFile = (name: string): string[] =>
    readFileSync(environment[name]!, 'utf8')
      .split(/(?<=-----END CERTIFICATE-----)\n+/)
      .filter((text) => text !== '')
      .map((text) => new X509Certificate(text).fingerprint)
  const prints = (...texts: string[]) => texts.map((text) => new X509Certificate(text).fingerprint)
  t.strictSame(inFile('SSL_CERT_FILE'), prints(first, authority.certificate))
  t.strictSame(inFile('REQUESTS_CA_BUNDLE'), prints(second, third, authority.certificate))
  t.strictSame(inFile('NODE_EXTRA_CA_CERTS'), prints(first, authority.certificate))
  t.strictSame(inFile('DENO_CERT'), prints(authority.certificate))
  t.ok(inFile('CURL_CA_BUNDLE').length > 20, 'what the system trusts')
})

void t.test('the authority may speak for the vendor and for nobody else', async (t) => {
  const other = await createAuthority([host], Date.now(), randomBytes)
  const [ca, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(authority.leaf.certificate)]
  t.ok(ca.ca)
  t.notOk(leaf.ca)
  t.ok(leaf.checkIssued(ca))
  t.ok(leaf.verify(ca.publicKey))
  t.notOk(leaf.verify(new X509Certificate(other.certificate).publicKey), 'another run has another')
  t.equal(leaf.subjectAltName, `DNS:${host}`)
  t.equal(leaf.checkHost(host), host)
  t.notOk(leaf.checkHost('bytenite.com'))
  const hours = (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 3_600_000
  t.equal(hours, 48)
})
