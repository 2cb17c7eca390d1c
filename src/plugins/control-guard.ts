import type { FastifyInstance } from 'fastify'
import { permissionDenied, show } from '../errors.ts'

/**
 * Keeps web pages away from the emulator's own API: a browser tells the origin of the page, and only the emulator's own is
 * let in. Programs send no Origin.
 */
export function registerControlGuard(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const { origin } = request.headers
    if (origin === undefined || origin === `${request.protocol}://${request.host}`) done()
    else
      done(
        permissionDenied(`the emulator's own API takes no requests from web pages; this one came from ${show(origin)}`),
      )
  })
}
