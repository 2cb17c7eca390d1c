import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RpcStatus } from '../../schemas/errors.ts'
import { ApiError, invalidArgument, notFound, show } from '../base/errors.ts'
import { failureOf } from '../store/failures.ts'
import type { MethodsOf } from './methods.ts'
import { errorGroundText, groundHeader } from '../fidelity/fidelity.ts'

/** Turns every error that is thrown into an answer. */
export function registerErrors(app: FastifyInstance, methodsOf: MethodsOf): void {
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => sendError(toApiError(error, request), reply))

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    // Errors of the control API say more than the service did.
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
export function noRoute(path: string, method: string, methodsOf: MethodsOf): ApiError {
  // `GET *` has no path.
  if (!path.startsWith('/')) return invalidArgument('Bad Request', 'broken-http')
  const methods = methodsOf(path)
  return methods.size > 0 && !methods.has(method) ? wrongMethod() : notFound('Not Found', 'unknown-path')
}

/** The error of a method that a path does not take. */
export const wrongMethod = (): ApiError => new ApiError('unimplemented', 'Method Not Allowed')

/** The error of a path with a `%` that two hexadecimal digits do not follow. */
export const brokenEscapeIn = (url: string): ApiError =>
  invalidArgument(`invalid URL escape in ${show(url)}`, 'broken-escape')

/** Answers with the vendor's error body. A message with bytes that are not UTF-8 cannot be written, as in the gateway (measured). */
export function sendError(thrown: ApiError, reply: FastifyReply): void {
  const error = thrown.message.isWellFormed()
    ? thrown
    : new ApiError('internal', 'failed to marshal error message', { ground: 'invalid-utf8' })
  const body: RpcStatus = { code: error.grpcCode, message: error.message, details: [] }
  void reply
    .code(error.httpStatus)
    .headers(error.headers)
    .header(groundHeader, errorGroundText(reply.request.routeOptions.config.ground, error))
    .type('application/json')
    .serializer(JSON.stringify)
    .send(body)
}

/** Turns what was thrown into an error of the API. */
export function toApiError(error: FastifyError | ApiError, request: FastifyRequest): ApiError {
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
  FST_ERR_BAD_URL: (request) => brokenEscapeIn(request.originalUrl),
  ECONNRESET: () => invalidArgument('unexpected EOF', 'broken-http'),
  ECONNABORTED: () => invalidArgument('unexpected EOF', 'broken-http'),
}
