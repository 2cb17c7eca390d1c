import { setImmediate } from '../base/timers.ts'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import fastify, {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { RpcStatus } from '../../schemas/errors.ts'
import { ApiError, invalidArgument, show } from '../base/errors.ts'
import { type AnswerGround, groundHeader, groundText } from '../fidelity/fidelity.ts'
import type { LoggerOptions } from '../settings/log.ts'
import { invalidUtf8 } from '../wire/decode-query.ts'
import { type Refused, refusalLog } from './access-log.ts'
import { brokenEscapeIn, noRoute, sendError, toApiError, wrongMethod } from './errors.ts'
import { finishRoutesTogether } from './finish-routes.ts'
import { collectMethods, disguiseOf, type MethodsOf, undisguise } from './methods.ts'
import { keepQuery } from './protojson.ts'

/** Maximum number of bytes of a request's headers, including the query: as in Go. */
const headerLimit = 1024 * 1024

/**
 * Replaces Fastify's compilers of validators and serializers: `registerProtoJson` sets its own before there is a route. Otherwise
 * Fastify would load Ajv and more, which takes a twentieth of a start.
 */
const noCompiler = (): never => {
  throw new Error('a route was made before registerProtoJson()')
}

/** Gives all requests the logger of the server: one of their own would only add a number, which no line shows. */
const sharedLogger = (logger: FastifyBaseLogger): FastifyBaseLogger => logger

/** A server without routes, which treats HTTP as the gateway does. */
export interface HttpServer {
  readonly app: FastifyInstance
  /** The methods of a path, once routes are made. */
  readonly methodsOf: MethodsOf
  /** Logs a request that is refused before it is an exchange. */
  readonly refused: (request: Refused) => void
}

/** Makes a server. It differs from Fastify's defaults where Go's HTTP server and grpc-gateway do. */
export function createHttpServer(logger: LoggerOptions | false): HttpServer {
  const app = fastify({
    logger,
    // `readBody` has the limit; this one would close the connection before it.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    logController: new LogController({ disableRequestLogging: true }),
    ...(logger === false ? {} : { childLoggerFactory: sharedLogger }),
    // The gateway knows no HEAD; it answers 501.
    exposeHeadRoutes: false,
    return503OnClosing: false,
    // Plugins here wait for nothing, so none needs a timer.
    pluginTimeout: 0,
    routerOptions: { maxParamLength: 4096, querystringParser: keepQuery },
    rewriteUrl(request) {
      const url = routedUrl(request.url ?? '/')
      undisguise(request, url, methodsOf)
      return url
    },
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Answered by the hook of `answerOddRequests`, with a body.
    http: { requireHostHeader: false, maxHeaderSize: headerLimit },
    frameworkErrors: (error, request, reply) => answerFrameworkError(error, request, reply, { methodsOf, refused }),
    clientErrorHandler: (error, socket) => answerBrokenHttp(error, socket, { methodsOf, refused }),
  })
  finishRoutesTogether(app)
  const refused = refusalLog(app)
  const methodsOf = collectMethods(app)
  return { app, methodsOf, refused }
}

/**
 * The URL by which a route is found. The gateway looks in the decoded path, where %2F divides segments (inferred). `/v1/computing`
 * was announced in September 2025 as the new name of `/v1/customer`, which the vendor kept (documented).
 */
function routedUrl(url: string): string {
  if (url.startsWith('/v1/customer/') && !/[%#]/.test(url)) return url
  // A # is a character like any other to Go's HTTP server (measured); the router would end the path there.
  const whole = url.replaceAll('#', '%23')
  const divided = whole.replace(/^[^?]*/, (path) => path.replace(/%2f/gi, '/'))
  return divided.replace(computing, '$<origin>/v1/customer/')
}

/** A pattern for a part of a path, of which each character may be escaped. */
const part = (text: string): string =>
  [...text].map((character) => `(?:${character}|%${character.charCodeAt(0).toString(16)})`).join('')

/** The new base, but for what the old one has for itself. Requests of proxies begin with an origin. */
const computing = new RegExp(
  `^(?<origin>https?://[^/?]*)?/${part('v1')}/${part('computing')}/(?!(?:${part('wallet')}|${part('docs')})(?:[/?]|$))`.replace(
    /[a-f](?=\))/g,
    (digit) => `[${digit}${digit.toUpperCase()}]`,
  ),
)

const brokenEscape = /%(?![0-9a-fA-F]{2})/

type Surroundings = Pick<HttpServer, 'methodsOf' | 'refused'>

/** Answers errors that Fastify raises before there is a route, such as a broken escape in the path. */
function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  { methodsOf, refused }: Surroundings,
): void {
  const path = request.url.split('?', 1)[0]!
  // The gateway finds the route in bytes, and fails at writing them into a message.
  if (error.code === 'FST_ERR_BAD_URL' && !brokenEscape.test(path)) {
    const isRoute = methodsOf(path).has(request.method)
    answer(isRoute ? invalidUtf8() : noRoute(path, request.method, methodsOf))
  } else answer(toApiError(error, request))

  function answer(error: ApiError): void {
    sendError(error, reply)
    const { method, originalUrl: url } = request
    refused({ method, url, status: error.httpStatus, reason: error.message })
  }
}

/** Answers bytes that Node.js cannot read as an HTTP request, after the requests before them, and closes the connection. */
function answerBrokenHttp(error: ConnectionError, socket: Socket, { methodsOf, refused }: Surroundings): void {
  const { code = '' } = error
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // What comes after a request that ends the connection is not read; its answer is still to be sent.
  if (code === 'HPE_CLOSED_CONNECTION' || broken.has(socket)) return
  broken.add(socket)
  const line = brokenLine(error)
  const [answer, ground] = brokenHttp(code, line, methodsOf)
  const { httpStatus, grpcCode, message } = answer
  const body = JSON.stringify({ code: grpcCode, message, details: [] } satisfies RpcStatus)
  const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : httpStatus
  afterAnswers(socket, () => {
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]!}\r\n` +
        `Content-Type: application/json\r\n${groundHeader}: ${groundText(ground)}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
    const [method = '', url = ''] = line.slice(0, longestLine).split(' ')
    refused({ method, url, status, reason: message })
  })
}

/** Connections on which nothing more can be read; each further packet is told as one more error. */
const broken = new WeakSet<Socket>()

/** Runs an act once the requests of a connection are answered, if it is open then. */
function afterAnswers(socket: Socket, act: () => void): void {
  // Node.js keeps the answer under way here, and the ones that wait for it where nobody can see them.
  const { _httpMessage: answer } = socket as Socket & { _httpMessage?: ServerResponse | null }
  // A request that is not whole is the one that is broken.
  if (answer?.req.complete === true) answer.once('close', () => setImmediate(() => afterAnswers(socket, act)))
  else if (socket.writable) act()
}

/** Maximum number of characters of a broken line in the log. */
const longestLine = 100

/** The first line of a request with bytes that cannot be read: for a method that is not known the line that begins with it. */
function brokenLine({ code, rawPacket, bytesParsed = 0 }: ConnectionError & { bytesParsed?: number }): string {
  const packet = rawPacket as unknown as Buffer | undefined
  if (packet === undefined) return ''
  let start = code === 'HPE_INVALID_METHOD' ? bytesParsed : 0
  // The parser fails at the first letter that no method has there; a body may end just before the method.
  while (start > 0 && isCapital(packet[start - 1]!)) start--
  return packet.toString('latin1', start).split('\r\n', 1)[0]!
}

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a

function brokenHttp(code: string, line: string, methodsOf: MethodsOf): [ApiError, AnswerGround] {
  if (code === 'HPE_HEADER_OVERFLOW') return [invalidArgument('request headers are too large'), 'broken-http']
  // The parser knows a list of methods; to the gateway any token is one.
  const [method = '', url = '', version = ''] = line.split(' ')
  const isRequest = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method) && /^HTTP\/1\.[01]$/.test(version)
  const path = isRequest && url !== '' ? routedUrl(url).split('?', 1)[0] : undefined
  if (code !== 'HPE_INVALID_METHOD' || path === undefined) {
    return [invalidArgument('malformed HTTP request'), 'broken-http']
  }
  if (brokenEscape.test(path)) return [brokenEscapeIn(url), 'broken-escape']
  const error = noRoute(path, '', methodsOf)
  return [error, error.ground ?? 'wrong-method']
}

/** Answers requests that Node.js would answer without a body, or drop. */
export function answerOddRequests(app: FastifyInstance, refused: (request: Refused) => void): void {
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const message = `expectation ${show(request.headers.expect)} cannot be met; 100-continue is the only one`
    const body = JSON.stringify({ code: 3, message, details: [] } satisfies RpcStatus)
    response.writeHead(417, { 'content-type': 'application/json', [groundHeader]: groundText('broken-http') }).end(body)
    refused({ method: request.method ?? '', url: request.url ?? '', status: 417, reason: message })
  })
  app.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    const message = 'the emulator is not a proxy: set the base URL of the client to it, or run the client with exec'
    const body = JSON.stringify({ code: 12, message, details: [] } satisfies RpcStatus)
    socket.on('error', () => undefined)
    socket.end(
      `HTTP/1.1 501 Not Implemented\r\nContent-Type: application/json\r\n${groundHeader}: ${groundText('wrong-method')}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
    refused({ method: 'CONNECT', url: request.url ?? '', status: 501, reason: message })
  })
  app.addHook('onRequest', (request, _reply, done) => {
    // Fastify asks QUERY for a type before it looks for a route; no operation takes the method.
    if (request.method === 'QUERY') request.headers['content-type'] ??= 'application/json'
    if (disguiseOf(request.raw)?.isUnknown === true && !request.is404) return done(wrongMethod())
    const hosts = hostHeaders(request.raw.rawHeaders)
    if (hosts === 1 || (hosts === 0 && request.raw.httpVersion === '1.0')) done()
    else {
      const message = `expected one header Host, found ${hosts === 0 ? 'none' : hosts}`
      done(new ApiError('invalidArgument', message, { headers: { connection: 'close' }, ground: 'broken-http' }))
    }
  })
}

/** Counts the headers `Host`, of which `headers` keeps one. @param rawHeaders names and values in turn */
function hostHeaders(rawHeaders: readonly string[]): number {
  let found = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length === 4 && name.toLowerCase() === 'host') found++
  }
  return found
}
