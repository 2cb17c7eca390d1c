// The way from a program to the emulator, piece by piece: proxy, TLS, environment, trusted certificates.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { connect as connectTls, rootCertificates } from 'node:tls'
import t from 'tap'
import { exchange } from '../emulator.ts'
import { host, authority, intercept, jobs, listening, echo, tunnel, https, statusOf } from './vendor-server.ts'

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
  t.match(await ask(port, 'GET http://a.example:81/x?y'), /200 OK[^]*from upstream$/)
  t.match(await ask(port, 'CONNECT b.example:443'), /^HTTP\/1\.1 200 Connection Established\r\n\r\nhello$/)
  t.match(await ask(port, 'CONNECT no.example:443'), /^HTTP\/1\.1 502 [^]*answered 407 for no\.example:443/)
  t.equal((await https(port, jobs)).status, 200)
  const credentials = 'Basic dXNAZXI6cHc='
  t.strictSame(lines, [
    `GET http://a.example:81/x?y ${credentials}`,
    `CONNECT b.example:443 ${credentials}`,
    `CONNECT no.example:443 ${credentials}`,
  ])
})

const ask = (port: number, line: string) => exchange(port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)

void t.test('a user and a password are sent as curl sends them', async (t) => {
  const seen: string[] = []
  const upstream = createHttpServer()
  const note = (text: string | undefined) =>
    seen.push(Buffer.from(text!.slice('Basic '.length), 'base64').toString('latin1'))
  upstream.on('request', (request, response) => {
    note(request.headers['proxy-authorization'])
    response.end()
  })
  upstream.on('connect', (request, socket) => {
    note(request.headers['proxy-authorization'])
    socket.end('HTTP/1.1 200 OK\r\n\r\n')
  })
  const address = `127.0.0.1:${await listening(t, upstream)}`
  for (const [written, sent] of [
    ['user:50%off', 'user:50%off'],
    ['%:%4', '%:%4'],
    ['us%C3%A9r:%ff%25', 'us\u00c3\u00a9r:\u00ff%'],
  ] as const) {
    const url = `http://${written}@${address}`
    const { port } = await intercept(t, { environment: { HTTP_PROXY: url, HTTPS_PROXY: url } })
    t.equal(statusOf(await ask(port, 'GET http://a.example/')), 200)
    t.equal(statusOf(await ask(port, 'CONNECT a.example:443')), 200)
    t.strictSame(seen.splice(0), [sent, sent])
  }
})

void t.test('a proxy that never answers does not outlive the run', async (t) => {
  for (const [scheme, line] of [
    ['http', 'CONNECT a.example:443'],
    // Its handshake never ends.
    ['https', 'CONNECT a.example:443'],
    ['http', 'GET http://a.example/'],
    ['https', 'GET http://a.example/'],
  ] as const) {
    let heard = (): void => undefined
    const asked = new Promise<void>((resolve) => (heard = resolve))
    let left = (): void => undefined
    const gone = new Promise<void>((resolve) => (left = resolve))
    const silent = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', heard)
      socket.once('close', left)
    })
    const url = `${scheme}://127.0.0.1:${await listening(t, silent)}`
    const { port, close } = await intercept(t, { environment: { HTTP_PROXY: url, HTTPS_PROXY: url } })
    const answer = ask(port, line).catch(() => '')
    await asked
    await close()
    await gone
    t.equal(await answer, '', `${scheme} ${line}`)
  }
})

void t.test('an answer that cannot be passed on is a 502 for that one request', async (t) => {
  const answers = {
    low: 'HTTP/1.1 099 Low\r\n\r\n',
    reason: 'HTTP/1.1 200 O\x7fK\r\n\r\n',
    high: 'HTTP/1.1 1000 High\r\n\r\n',
    header: 'HTTP/1.1 200 OK\r\nX-Odd: a\x01b\r\n\r\n',
    switch: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    both: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    none: '',
  }
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (bytes) => {
      const name = /^(?:GET|CONNECT) (?:http:\/\/[^/]*\/)?(\w+)/.exec(bytes.toString())?.[1] as keyof typeof answers
      socket.end(answers[name] ?? 'HTTP/1.1 200 OK\r\nX-Bytes: \xe9\r\nContent-Length: 0\r\n\r\n', 'latin1')
    })
  })
  t.teardown(() => open.forEach((socket) => socket.destroy()))
  const url = `http://127.0.0.1:${await listening(t, server)}`
  const { port } = await intercept(t, { environment: { HTTP_PROXY: url, HTTPS_PROXY: url } })
  for (const name of Object.keys(answers)) {
    t.match(await ask(port, `GET http://a.example/${name}`), /^HTTP\/1\.1 502 [^]*bytenite-emulator exec: /, name)
    t.match(await ask(port, `CONNECT ${name}:443`), /^HTTP\/1\.1 (502 [^]*bytenite-emulator exec: |200 )/, name)
    t.match(
      await ask(port, 'GET http://a.example/fine'),
      /^HTTP\/1\.1 200 OK\r\nX-Bytes: /,
      'the next one goes through',
    )
  }
  t.match(await ask(port, 'CONNECT none:443'), /the proxy 127\.0\.0\.1:\d+ gave no answer/)
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
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  for (const file of files.filter((file) => statSync(file).isFile())) {
    t.notMatch(readFileSync(file, 'latin1'), /PRIVATE KEY/)
  }
  await Promise.all([close(), close()])
  await ended
  t.notOk(existsSync(folder))
  await t.rejects(exchange(port, 'x'), { code: 'ECONNREFUSED' })
})
