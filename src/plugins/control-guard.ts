import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { permissionDenied, show } from '../base/errors.ts'

/**
 * Keeps web pages away from the emulator's own API. A browser tells the origin of the page, and only the emulator's own is let
 * in; programs send none. A page whose host name was made to lead here is told by that name: an address, `localhost` and names
 * without a dot, as containers have them, are no names that a stranger can own.
 *
 * @param allowed further host names, and endings of host names that begin with a dot
 */
export function registerControlGuard(scope: FastifyInstance, allowed: readonly string[]): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const { origin } = request.headers
    const site = request.headers['sec-fetch-site']
    // A link on a foreign page may lead to a page of ours, which is what a navigation is.
    const isForeign = site === 'cross-site' || site === 'same-site'
    const isNavigation = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET'
    if (!isLocalName(request.hostname) && !isAllowed(request.hostname, allowed)) {
      done(
        permissionDenied(
          `the emulator's own API is not to be had under the host name ${show(request.hostname)}; use an address, localhost ` +
            'or a name without a dot',
        ),
      )
    } else if (origin !== undefined && origin !== `${request.protocol}://${request.host}`) {
      done(
        permissionDenied(`the emulator's own API takes no requests from web pages; this one came from ${show(origin)}`),
      )
    } else if (isForeign && !isNavigation) {
      done(permissionDenied("the emulator's own API takes no requests from pages of other sites"))
    } else done()
  })
}

/** The names by which a container reaches the machine it runs on. */
const hostNames = new Set(['host.docker.internal', 'host.containers.internal'])

const isLocalName = (name: string): boolean =>
  isIP(name.replace(/^\[|\]$/g, '')) !== 0 || !name.includes('.') || name.endsWith('.localhost') || hostNames.has(name)

const isAllowed = (name: string, allowed: readonly string[]): boolean =>
  allowed.some((host) => name === host || (host.startsWith('.') && name.endsWith(host)))
