import type { FastifyInstance } from 'fastify'

/**
 * An operation as the vendor's reference writes it: method and path with `{parameters}`. The newer base `/v1/computing` is
 * another name for `/v1/customer`, so its operations are the same.
 *
 * @param url the path of a route, with `:parameters`
 */
export function operationName(method: string, url: string): string {
  let path = paths.get(url)
  if (path === undefined) {
    path = url.replace(/^\/v1\/computing\//, '/v1/customer/').replace(/:(\w+)/g, '{$1}')
    paths.set(url, path)
  }
  return `${method} ${path}`
}

/** Paths of operations by those of their routes, of which there are few. */
const paths = new Map<string, string>()

/** Collects the operations of an app while its routes are made. Call before the first of them. */
export function collectOperations(app: FastifyInstance): () => readonly string[] {
  const operations = new Set<string>()
  app.addHook('onRoute', ({ method, url }) => {
    if (!url.startsWith('/v1/') || url.includes('/docs')) return
    for (const verb of [method].flat()) operations.add(operationName(verb, url))
  })
  return () => [...operations]
}
