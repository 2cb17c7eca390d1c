import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RpcStatus } from '../../schemas/errors.ts'
import { ApiError, invalidArgument, notFound, show } from '../base/errors.ts'
import { errorGroundText, groundHeader, groundText } from '../fidelity/fidelity.ts'

/** Largest request body in bytes: the limit of a gRPC message where nothing else is set (inferred). */
export const bodyLimit = 4 * 1024 * 1024

/** The one place where what was thrown becomes an answer. */
export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => sendError(toApiError(error, request), reply))

  const routes = collectRoutes(app)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    // grpc-gateway v2 answers 501 to a known path with another method, and 404 to an unknown path, before it asks who calls.
    const known = routes().filter(({ pattern }) => pattern.test(path))
    const otherMethod = known.length > 0 && !known.some(({ methods }) => methods.has(request.method))
    // Clients of the emulator's own API are told more than the service told.
    const own = /^\/_emulator(\/|$)/.test(path)
    const taken = known.flatMap(({ methods }) => [...methods])
    const wrongMethod = own
      ? `${show(path)} does not take ${request.method}, but ${taken.join(', ')}`
      : 'Method Not Allowed'
    const unknown = own ? `${show(path)} does not exist; /_emulator/openapi.json describes what does` : 'Not Found'
    sendError(otherMethod ? new ApiError('unimplemented', wrongMethod) : notFound(unknown, 'unknown-path'), reply)
  })
}

/** Answers with the vendor's error body. */
function sendError(error: ApiError, reply: FastifyReply): void {
  const body: RpcStatus = { code: error.grpcCode, message: error.message, details: [] }
  void reply
    .code(error.httpStatus)
    .headers(error.headers)
    .header(groundHeader, errorGroundText(reply.request.routeOptions.config.ground, error))
    .type('application/json')
    .serializer(JSON.stringify)
    .send(body)
}

/** Errors raised before there is a route: a broken escape in the path, for one. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  sendError(toApiError(error, request), reply)
}

/** Answers bytes that are no HTTP request, and closes the connection. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const message = tooLarge ? 'request headers are too large' : 'malformed HTTP request'
  const body = JSON.stringify({ code: 3, message, details: [] } satisfies RpcStatus)
  socket.end(
    `HTTP/1.1 ${tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\n` +
      `Content-Type: application/json\r\n${groundHeader}: ${groundText('broken-http')}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Answers in our own words what Node.js would otherwise answer without a body, or drop. */
export function answerOddRequests(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const message = `expectation ${show(request.headers.expect)} cannot be met; 100-continue is the only one`
    const body = JSON.stringify({ code: 3, message, details: [] } satisfies RpcStatus)
    response.writeHead(417, { 'content-type': 'application/json', [groundHeader]: groundText('broken-http') }).end(body)
  })
  app.server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    const message = 'the emulator is not a proxy: set the base URL of the client to it, or run the client with exec'
    const body = JSON.stringify({ code: 12, message, details: [] } satisfies RpcStatus)
    socket.on('error', () => undefined)
    socket.end(
      `HTTP/1.1 501 Not Implemented\r\nContent-Type: application/json\r\n${groundHeader}: ${groundText('wrong-method')}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  })
  app.addHook('onRequest', (request, _reply, done) => {
    // Fastify asks QUERY for a type before it looks for a route; no operation takes the method.
    if (request.method === 'QUERY') request.headers['content-type'] ??= 'application/json'
    const hosts = request.raw.rawHeaders.filter(
      (name, index) => index % 2 === 0 && name.toLowerCase() === 'host',
    ).length
    if (hosts === 1 || (hosts === 0 && request.raw.httpVersion === '1.0')) done()
    else {
      const message = `expected one header Host, found ${hosts === 0 ? 'none' : hosts}`
      done(new ApiError('invalidArgument', message, { headers: { connection: 'close' }, ground: 'broken-http' }))
    }
  })
}

function toApiError(error: FastifyError | ApiError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error
  const known = frameworkErrors[error.code]
  if (known !== undefined) return known(request)
  // Rows refer to nothing but their world.
  if (error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    return new ApiError('unavailable', 'the world was dropped while this request was under way; send it again')
  }
  request.log.error(error, 'unexpected error')
  if (/^SQLITE_(FULL|IOERR)/.test(error.code ?? '')) {
    return new ApiError(
      'internal',
      'the emulator could not store this: its disk is full or failing; nothing was changed',
    )
  }
  return new ApiError('internal', 'internal error; the log of the emulator says more')
}

/** Errors that Fastify raises before a handler runs, by their code. */
const frameworkErrors: Readonly<Record<string, (request: FastifyRequest) => ApiError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new ApiError('bodyTooLarge', `request body is larger than ${bodyLimit} bytes`, {
      headers: { connection: 'close' },
    }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    invalidArgument('request body does not have the length that Content-Length says', 'broken-http'),
  // No id is that long.
  FST_ERR_MAX_PARAM_LENGTH: () => notFound('Not Found', 'unknown-path'),
  FST_ERR_BAD_URL: (request) => invalidArgument(`invalid URL escape in ${show(request.url)}`, 'broken-escape'),
  ECONNRESET: () => invalidArgument('unexpected EOF', 'broken-http'),
  ECONNABORTED: () => invalidArgument('unexpected EOF', 'broken-http'),
}

interface KnownRoute {
  readonly pattern: RegExp
  readonly methods: ReadonlySet<string>
}

/** Paths of all routes as patterns, with their methods; made when they are first needed. */
function collectRoutes(app: FastifyInstance): () => readonly KnownRoute[] {
  const methodsOf = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    methodsOf.set(url, methods)
  })
  let routes: KnownRoute[] | undefined
  return () => (routes ??= [...methodsOf].map(([url, methods]) => ({ pattern: patternOf(url), methods })))
}

function patternOf(url: string): RegExp {
  const segments = url.split('/').map((segment) => {
    if (segment === '*') return '.*'
    return segment.startsWith(':') ? '[^/]*' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${segments.join('/')}$`)
}
