import type { FastifyInstance, FastifyRequest } from 'fastify'
import { listOf } from '../base/objects.ts'
import { operationName } from '../wire/operations.ts'

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
    // Requests of a route with several methods are named on demand.
    if (Array.isArray(route.method)) return
    const operation = operationName(route.method, route.url)
    route.onRequest = [
      (request, _reply, done) => {
        request.operation = operation
        done()
      },
      ...listOf(route.onRequest ?? []),
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
    for (const verb of listOf(method)) operations.add(operationName(verb, url))
  })
  return () => [...operations]
}
