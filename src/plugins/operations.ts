import type { FastifyInstance, FastifyRequest } from 'fastify'
import { listOf } from '../base/objects.ts'
import { operationName } from '../wire/operations.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Fastify's `routeOptions`, which it makes anew each time that it is asked. */
    route: FastifyRequest['routeOptions']
    /** Use `operationOf`, which knows it for routes with several methods, too. */
    operation: string | undefined
  }
  interface FastifyContextConfig {
    /** The name of the operation, if the route has one method. */
    operation?: string
  }
}

/** Gives every request its route and the name of its operation. Call before the first route and before all other hooks. */
export function nameOperations(app: FastifyInstance): void {
  app.decorateRequest('route')
  app.decorateRequest('operation', undefined)
  app.addHook('onRoute', (route) => {
    if (Array.isArray(route.method)) return
    route.config = { ...route.config, operation: operationName(route.method, route.url) }
  })
  app.addHook('onRequest', (request, _reply, done) => {
    request.route = request.routeOptions
    request.operation = request.route.config.operation
    done()
  })
}

/** The operation that a request asks for. Without a route, its method alone and a space. */
export const operationOf = (request: FastifyRequest): string =>
  (request.operation ??= operationName(request.method, request.route.url ?? ''))

/** Collects the operations of an app while its routes are made. Call before the first of them. */
export function collectOperations(app: FastifyInstance): () => readonly string[] {
  const operations = new Set<string>()
  app.addHook('onRoute', ({ method, url }) => {
    if (!/^\/(v1|bytenite-\w+-prod)\//.test(url) || url.includes('/docs')) return
    for (const verb of listOf(method)) operations.add(operationName(verb, url))
  })
  return () => [...operations]
}
