import type { FastifyInstance } from 'fastify'
import { groundHeader, groundOf, groundText, type OperationGround } from '../fidelity/fidelity.ts'
import { listOf } from '../base/objects.ts'
import { operationName } from '../wire/operations.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The evidence behind the answers of the operation. */
    ground?: OperationGround
    /** The value of the header for a success. */
    successText?: string
    /** The vendor lists the operation, the emulator does not have it. */
    absent?: boolean
  }
}

/**
 * Says on every answer why it is as it is. The text for a success is fixed when a route is made, and is written before the
 * handler runs; an error writes its own over it. Call before the first route.
 *
 * @returns the operations that answer clients, once all routes are made
 */
export function registerFidelity(app: FastifyInstance): () => readonly OperationGround[] {
  const operations = new Map<string, OperationGround>()
  app.addHook('onRoute', (route) => {
    const { open, absent } = route.config ?? {}
    const traits = { open, absent, body: route.schema?.body !== undefined }
    let ground: OperationGround | undefined
    for (const method of listOf(route.method)) {
      const found = groundOf(operationName(method, route.url), traits)
      if (found === undefined) continue
      ground = found
      if (found.whole === undefined && !route.url.includes('/docs')) operations.set(found.operation, found)
    }
    if (ground === undefined) return
    const success = ground.success[200] ?? ground.success[302]
    route.config = { ...route.config, ground, ...(success && { successText: groundText(success) }) }
  })
  app.addHook('onRequest', (request, reply, done) => {
    const { successText } = request.route.config
    if (successText !== undefined) reply.header(groundHeader, successText)
    done()
  })
  return () => [...operations.values()]
}
