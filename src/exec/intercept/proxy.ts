import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { dial } from './dial.ts'
import { forward } from './forward.ts'
import { listen } from './listen.ts'
import { readAuthority, readTarget, type Target } from './targets.ts'
import type { Upstream } from './upstream.ts'
import { isLoopback, isVendorHost } from './vendor.ts'

/** The servers that answer for the vendor's host. */
interface Vendor {
  /** Takes a connection on which TLS begins. */
  readonly secure: (socket: Socket) => void
  /** Takes a connection on which HTTP begins. */
  readonly plain: (socket: Socket) => void
  /** Takes a request for a path of the host. */
  readonly request: (request: IncomingMessage, response: ServerResponse) => void
}

export interface ProxyOptions {
  readonly vendor: Vendor
  readonly upstream: Upstream
  /** Refuse all but the vendor's host and this machine. */
  readonly offline: boolean
  /** Called with the host and port that was refused. */
  readonly onRefused: (authority: string) => void
}

export interface Proxy {
  readonly host: string
  readonly port: number
  /** Ends every connection. */
  readonly close: () => void
}

/** An answer of the proxy itself, in place of one from elsewhere. */
interface Refusal {
  readonly status: number
  readonly reason: string
  readonly message: string
}

const malformed = (message: string): Refusal => ({ status: 400, reason: 'Bad Request', message })
const unreachable = (message: string): Refusal => ({ status: 502, reason: 'Bad Gateway', message })
const loop: Refusal = { status: 508, reason: 'Loop Detected', message: 'this is the address of the proxy itself' }

/**
 * Opens the proxy of a run, for this machine alone: what is for the vendor's host goes to the emulator; everything else goes on its
 * way as it came. Bytes that are not valid HTTP/1.1 are refused by the parser of Node.js, which accepts no request with both
 * `Content-Length` and `Transfer-Encoding`; each request that goes on is written again.
 */
export async function openProxy({ vendor, upstream, offline, onRefused }: ProxyOptions): Promise<Proxy> {
  const open = new Set<Socket>()
  const keep = (socket: Socket): void => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  }
  // Uploads take as long as they take.
  const server = createServer({ requestTimeout: 0 })
  server.on('connection', keep)

  function refused(host: string, port: number): Refusal | undefined {
    if (!offline || isLoopback(host)) return undefined
    onRefused(`${host}:${port}`)
    return {
      status: 403,
      reason: 'Refused by bytenite-emulator exec --offline',
      message: `--offline: ${host}:${port} is not on this machine; without --offline it would have been reached`,
    }
  }

  const isSelf = (socket: Socket): boolean => socket.remotePort === port && isLoopback(socket.remoteAddress ?? '')

  async function reach(host: string, port: number, client: Socket): Promise<Socket> {
    const abandon = new AbortController()
    const leave = (): void => abandon.abort()
    client.once('close', leave)
    try {
      const proxy = isLoopback(host) ? undefined : upstream.proxyFor('https', host, port)
      const socket = await dial(host, port, proxy, abandon.signal)
      socket.on('error', () => socket.destroy())
      keep(socket)
      return socket
    } finally {
      client.off('close', leave)
    }
  }

  async function tunnel(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    const authority = readAuthority(request.url ?? '')
    if (authority === undefined)
      return answer(client, malformed('CONNECT takes a host and a port, as in example.com:443'))
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers
    if (length !== undefined || coding !== undefined) return answer(client, malformed('CONNECT has no body'))
    const { host, port } = authority
    if (isVendorHost(host)) {
      establish(client, head)
      return port === 80 ? vendor.plain(client) : vendor.secure(client)
    }
    const refusal = refused(host, port)
    if (refusal !== undefined) return answer(client, refusal)
    const server = await reach(host, port, client).catch((error: Error) => error)
    if (server instanceof Error) return answer(client, unreachable(server.message))
    if (isSelf(server)) {
      server.destroy()
      return answer(client, loop)
    }
    establish(client, head)
    join(client, server)
  }

  server.on('connect', (request, client: Socket, head) => {
    client.on('error', () => client.destroy())
    tunnel(request, client, head).catch((error: Error) => answer(client, unreachable(error.message)))
  })

  server.on('request', (request, response) => {
    // The parser complains of any other coding, but only once the headers are through.
    const coding = request.headers['transfer-encoding']
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
      return answer(request.socket, malformed('the only transfer coding that is taken is chunked'))
    }
    const target = readTarget(request.url ?? '')
    if (target === undefined) return refuse(response, malformed(`this is a proxy; ask it for http://${'host'}/path`))
    if (isVendorHost(target.host)) {
      request.url = target.path
      request.headers.host = target.authority
      return vendor.request(request, response)
    }
    const refusal = refused(target.host, target.port)
    if (refusal !== undefined) return refuse(response, refusal)
    forward(request, response, target, isLoopback(target.host) ? undefined : proxyOf(target), {
      onSocket(socket) {
        keep(socket)
        return !isSelf(socket)
      },
      onLoop: () => refuse(response, loop),
      onFailure: (message) => refuse(response, unreachable(message)),
    })
  })

  const proxyOf = ({ scheme, host, port }: Target): URL | undefined => upstream.proxyFor(scheme, host, port)

  server.on('clientError', (error: Error & { code?: string }, client: Socket) => {
    if (client.writableEnded) return
    if (error.code === 'ECONNRESET' || !client.writable) client.destroy()
    else answer(client, malformed('malformed HTTP request'))
  })

  const { address, port } = await listen(server)
  return {
    host: address,
    port,
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

const bodyOf = ({ message }: Refusal): string => `bytenite-emulator exec: ${message}\n`

/** Answers if there is no response object, and closes. */
function answer(client: Socket, refusal: Refusal): void {
  const body = bodyOf(refusal)
  client.end(
    `HTTP/1.1 ${refusal.status} ${refusal.reason}\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  // What is left of the request would be read as the next one.
  response.writeHead(refusal.status, refusal.reason, { 'content-type': 'text/plain', connection: 'close' })
  response.end(bodyOf(refusal))
}

function establish(client: Socket, head: Buffer): void {
  client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  if (head.length > 0) client.unshift(head)
}

/** Joins two connections, each half of which ends by itself. */
function join(client: Socket, server: Socket): void {
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.once('close', () => to.destroy())
  }
}
