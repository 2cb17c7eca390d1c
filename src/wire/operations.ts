import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidArgument, show } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'

/**
 * An operation as the vendor's reference writes it: method and path with `{parameters}`. The newer base `/v1/computing` is
 * another name for `/v1/customer`, so its operations are the same.
 *
 * @param url the path of a route, with `:parameters`
 */
export function operationName(method: string, url: string): string {
  let path = paths.get(url)
  if (path === undefined) paths.set(url, (path = pathName(url)))
  return `${method} ${path}`
}

const pathName = (url: string): string => url.replace(/^\/v1\/computing\//, '/v1/customer/').replace(/:(\w+)/g, '{$1}')

/** Paths of operations by those of their routes, of which there are few. */
const paths = new Map<string, string>()

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the request has come to its route; `operationOf` knows it before, too. */
    operation: string | undefined
  }
}

/** Gives every request the name of its operation, made once for each route. Call before the first of them. */
export function nameOperations(app: FastifyInstance): void {
  app.decorateRequest('operation', undefined)
  app.addHook('onRoute', (route) => {
    // A route may have several methods, and then its requests are named when somebody asks.
    if (Array.isArray(route.method)) return
    const operation = operationName(route.method, route.url)
    route.onRequest = [
      (request, _reply, done) => {
        request.operation = operation
        done()
      },
      ...[route.onRequest ?? []].flat(),
    ]
  })
}

/** The operation that a request asks for. Without a route, its method alone and a space. */
export const operationOf = (request: FastifyRequest): string =>
  (request.operation ??= operationName(request.method, request.routeOptions.url ?? ''))

/** Collects the operations of an app while its routes are made. Call before the first of them. */
export function collectOperations(app: FastifyInstance): () => readonly string[] {
  const operations = new Set<string>()
  app.addHook('onRoute', ({ method, url }) => {
    if (!/^\/(v1|bytenite-\w+-prod)\//.test(url) || url.includes('/docs')) return
    for (const verb of [method].flat()) operations.add(operationName(verb, url))
  })
  return () => [...operations]
}

/** Whether the operation is one of storage, where links lead: files go over the wire, not JSON. */
export const isStorageOperation = (operation: string): boolean => / \/bytenite-/.test(operation)

/**
 * An operation that somebody named, as it is called here: the newer base and parameters written as `:name` are other spellings.
 *
 * @param known the operations there are, in the way of `operationName`
 * @throws ApiError 400 that names the nearest known one
 */
export function knownOperation(operation: string, known: readonly string[]): string {
  const [method = '', path = ''] = operation.trim().split(/\s+/, 2)
  const name = `${method.toUpperCase()} ${pathName(path)}`
  if (known.includes(name)) return name
  const meant = nearest(name, known)
  throw invalidArgument(
    `operation ${show(operation)} does not exist${meant === undefined ? '' : ` (did you mean "${meant}"?)`}; ` +
      `known are ${known.join(', ')}`,
  )
}
