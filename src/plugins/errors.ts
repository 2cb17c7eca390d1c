import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RpcStatus } from '../../schemas/errors.ts'
import { ApiError, invalidArgument, notFound, show } from '../base/errors.ts'
import { failureOf } from '../store/failures.ts'
import { invalidUtf8 } from '../wire/decode-query.ts'
import type { Refused } from './access-log.ts'
import type { MethodsOf } from './methods.ts'
import { type AnswerGround, errorGroundText, groundHeader, groundText } from '../fidelity/fidelity.ts'

/** Bytes that a request's headers may have, its query included: as in Go. */
export const headerLimit = 1024 * 1024

/** The one place where what was thrown becomes an answer. */
export function registerErrors(app: FastifyInstance, methodsOf: MethodsOf): void {
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => sendError(toApiError(error, request), reply))

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    // Clients of the emulator's own API are told more than the service told.
    const own = /^\/_emulator(\/|$)/.test(path)
    const methods = methodsOf(path)
    if (own && methods.size > 0 && !methods.has(request.method)) {
      const message = `${show(path)} does not take ${request.method}, but ${[...methods].join(', ')}`
      sendError(new ApiError('unimplemented', message), reply)
    } else if (own) {
      const message = `${show(path)} does not exist; /_emulator/openapi.json describes what does`
      sendError(notFound(message, 'unknown-path'), reply)
    } else sendError(noRoute(path, request.method, methodsOf), reply)
  })
}

/** grpc-gateway v2 answers 501 to a known path with another method, and 404 to an unknown path, before it asks who calls. */
function noRoute(path: string, method: string, methodsOf: MethodsOf): ApiError {
  // `GET *` has no path.
  if (!path.startsWith('/')) return invalidArgument('Bad Request', 'broken-http')
  const methods = methodsOf(path)
  return methods.size > 0 && !methods.has(method)
    ? new ApiError('unimplemented', 'Method Not Allowed')
    : notFound('Not Found', 'unknown-path')
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

/** Answers errors raised before there is a route: a broken escape in the path, for one. */
export const answerFrameworkError =
  (methodsOf: () => MethodsOf, refused: () => (request: Refused) => void) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const path = request.url.split('?', 1)[0]!
    const isText = !/%(?![0-9a-fA-F]{2})/.test(path)
    // The gateway finds the route in bytes, and fails at writing them into a message.
    if (error.code === 'FST_ERR_BAD_URL' && isText) {
      const { size } = methodsOf()(path)
      answer(size > 0 ? invalidUtf8() : notFound('Not Found', 'unknown-path'))
    } else answer(toApiError(error, request))

    function answer(error: ApiError): void {
      sendError(error, reply)
      const { method, url } = request
      refused()({ method, url, status: error.httpStatus, reason: error.message })
    }
  }

/** Answers bytes that are no HTTP request to Node.js, and closes the connection. */
export const answerBrokenHttp =
  (methodsOf: () => MethodsOf, refused: () => (request: Refused) => void) =>
  ({ code = '', rawPacket }: ConnectionError, socket: Socket): void => {
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const packet = rawPacket as unknown as Buffer | undefined
    const [answer, ground] = brokenHttp(code, packet, methodsOf)
    const { httpStatus, grpcCode, message } = answer
    const body = JSON.stringify({ code: grpcCode, message, details: [] } satisfies RpcStatus)
    const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : httpStatus
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]!}\r\n` +
        `Content-Type: application/json\r\n${groundHeader}: ${groundText(ground)}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
    const [method = '', url = ''] = firstLine(packet).slice(0, longestLine).split(' ')
    refused()({ method, url, status, reason: message })
  }

/** Characters that are shown of a line that is no HTTP. */
const longestLine = 100

const firstLine = (packet: Buffer | undefined): string => packet?.toString('latin1').split('\r\n', 1)[0] ?? ''

function brokenHttp(code: string, packet: Buffer | undefined, methodsOf: () => MethodsOf): [ApiError, AnswerGround] {
  if (code === 'HPE_HEADER_OVERFLOW') return [invalidArgument('request headers are too large'), 'broken-http']
  // The parser knows a list of methods; to the gateway any token is one.
  const [method = '', url = '', version = ''] = firstLine(packet).split(' ')
  const isRequest = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method) && /^HTTP\/1\.[01]$/.test(version)
  const path = isRequest && url !== '' ? url.split('?', 1)[0] : undefined
  if (code !== 'HPE_INVALID_METHOD' || path === undefined) {
    return [invalidArgument('malformed HTTP request'), 'broken-http']
  }
  const error = noRoute(path, '', methodsOf())
  return [error, error.ground ?? 'wrong-method']
}

/** Answers in our own words what Node.js would otherwise answer without a body, or drop. */
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
  const failure = failureOf(error)
  if (failure instanceof ApiError) return failure
  return new ApiError('internal', 'internal error; the log of the emulator says more')
}

/** Errors that Fastify raises before a handler runs, by their code. */
const frameworkErrors: Readonly<Record<string, (request: FastifyRequest) => ApiError>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    invalidArgument('request body does not have the length that Content-Length says', 'broken-http'),
  // No id is that long.
  FST_ERR_MAX_PARAM_LENGTH: () => notFound('Not Found', 'unknown-path'),
  FST_ERR_BAD_URL: (request) => invalidArgument(`invalid URL escape in ${show(request.url)}`, 'broken-escape'),
  ECONNRESET: () => invalidArgument('unexpected EOF', 'broken-http'),
  ECONNABORTED: () => invalidArgument('unexpected EOF', 'broken-http'),
}
