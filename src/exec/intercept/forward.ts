import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { proxyAuthorization } from './dial.ts'
import type { Target } from './targets.ts'

/** Callbacks for a request on its way. */
export interface Encounters {
  /** Called with the connection of the request; false if it failed. */
  readonly onSocket: (socket: Socket) => boolean
  readonly onLoop: () => void
  readonly onFailure: (message: string) => void
}

/** Headers that are between two neighbours and go no further (RFC 9110, 7.6.1), and those that are written again. */
const betweenNeighbours = [
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Forwards a request to its target or to the next proxy, and returns the answer. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  proxy: URL | undefined,
  encounters: Encounters,
): void {
  const viaProxy = proxy !== undefined
  const tls = viaProxy ? proxy.protocol === 'https:' : target.scheme === 'https'
  const outgoing = (tls ? requestHttps : requestHttp)({
    host: viaProxy ? proxy.hostname.replace(/^\[|\]$/g, '') : target.host,
    port: viaProxy ? proxy.port || (tls ? 443 : 80) : target.port,
    path: viaProxy ? `${target.scheme}://${target.authority}${target.path}` : target.path,
    method: request.method ?? 'GET',
    headers: ['host', target.authority, ...headersToSend(request, proxy)],
    // A connection of its own for each request: no answer can be taken for that of another.
    agent: false,
  })
  outgoing.once('socket', (socket: Socket) => {
    socket.once('connect', () => {
      if (encounters.onSocket(socket)) return
      encounters.onLoop()
      outgoing.destroy()
    })
  })
  outgoing.once('response', (answer) => {
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', endToEnd(answer))
    } catch (error) {
      // Node.js reads more than it writes: a status below 100, a control character in the reason.
      encounters.onFailure(`the answer cannot be passed on: ${(error as Error).message}`)
      outgoing.destroy()
      return
    }
    answer.pipe(response)
    // A body that was cut is passed on as one that was cut.
    answer.once('close', () => {
      if (!answer.complete) response.destroy()
    })
  })
  outgoing.once('upgrade', (_, socket) => {
    socket.destroy()
    encounters.onFailure('the answer cannot be passed on: it changes the protocol, which nobody asked for')
  })
  outgoing.on('error', (error) => {
    if (!response.writableEnded) encounters.onFailure(error.message)
  })
  response.once('close', () => outgoing.destroy())
  request.pipe(outgoing)
}

function headersToSend(request: IncomingMessage, proxy: URL | undefined): string[] {
  const headers = endToEnd(request)
  if (request.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked')
  const credentials = proxy === undefined ? undefined : proxyAuthorization(proxy)['proxy-authorization']
  if (credentials !== undefined) headers.push('proxy-authorization', credentials)
  headers.push('connection', 'close')
  return headers
}

/** The headers of a message that are for its receiver, as a list of names and values. */
function endToEnd({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const dropped = new Set([...betweenNeighbours, ...named])
  return rawHeaders.filter((_, index) => !dropped.has(rawHeaders[index - (index % 2)]!.toLowerCase()))
}
