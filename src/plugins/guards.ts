import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { permissionDenied, show } from '../base/errors.ts'
import { isLoopbackAddress } from '../base/address.ts'
import type { CheckedOptions } from '../settings/options.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Pages of any site may ask, as the signature in the link is the permission. */
    anyPage?: boolean
  }
}

/** The settings that decide which requests are let in. */
export type GuardSettings = Pick<CheckedOptions, 'allowHost' | 'cors' | 'publicUrl' | 'host'>

/** The vendor's host of the API, which programs under `exec` name. */
const vendorHost = 'api.bytenite.com'

/**
 * Keeps web pages of strangers away from everything, and answers pages of the origins that `--cors` names as CORS wants it.
 * A page with a rebound host name is recognized by that name: an address, `localhost` and names without a dot, as
 * containers have them, are names that a stranger cannot own.
 *
 * `@fastify/cors` was not taken: its route for `OPTIONS *` would make every unknown path a known one.
 */
export function registerServiceGuard(app: FastifyInstance, settings: GuardSettings): void {
  // Other machines know the emulator by a name of theirs; on a loopback address a foreign name comes from a rebound page.
  const onLoopback = isLoopbackAddress(settings.host)
  // A client names the same host again and again.
  let lastAllowed: string | undefined
  function isAllowed(request: FastifyRequest): boolean {
    const { host } = request.headers
    if (host === undefined || host !== lastAllowed) {
      if (hostOf(request) !== vendorHost && !isAllowedHost(hostOf(request), settings)) return false
      lastAllowed = host
    }
    return true
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (onLoopback && !isAllowed(request)) done(foreignHost(request.hostname))
    else if (origin !== undefined && settings.cors.includes(origin)) {
      if (answerCors(request, reply, origin)) void reply.code(204).send()
      else done()
      // No route takes OPTIONS: a preflight of another page gets what the gateway says.
    } else if (request.route.config.anyPage === true || request.method === 'OPTIONS') done()
    else if (origin === undefined ? isForeignSite(request, 'cross-site') : !isLocalOrigin(origin, settings)) {
      done(foreignPage(origin))
    } else done()
  })
}

/** Keeps all web pages away from the emulator's own API, but its own and those of the origins that `--cors` names. */
export function registerControlGuard(scope: FastifyInstance, settings: GuardSettings): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const { origin } = request.headers
    if (!isAllowedHost(hostOf(request), settings)) done(foreignHost(request.hostname))
    else if (origin !== undefined && settings.cors.includes(origin)) done()
    else if (
      origin === undefined
        ? isForeignSite(request, 'cross-site', 'same-site')
        : origin !== `${request.protocol}://${request.host}`
    ) {
      done(foreignPage(origin))
    } else done()
  })
}

/** Writes the headers of CORS. @returns true for a preflight, which they answer */
function answerCors({ method, headers }: FastifyRequest, reply: FastifyReply, origin: string): boolean {
  void reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin', 'access-control-expose-headers': '*' })
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false
  void reply.headers({
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '600',
  })
  if (headers['access-control-request-private-network'] === 'true') {
    void reply.header('access-control-allow-private-network', 'true')
  }
  return true
}

const foreignHost = (name: string) =>
  permissionDenied(
    `the emulator does not answer under the host name ${show(name)}; use an address, localhost or a name without a dot, ` +
      'or start it with --allow-host and that name',
    'foreign-page',
  )

const foreignPage = (origin = 'another site') =>
  permissionDenied(
    `the emulator does not accept requests from web pages of ${show(origin)}; --cors allows an origin`,
    'foreign-page',
  )

/** A page of another site asks. A link on it may lead here, which is what a navigation is. */
const isForeignSite = ({ method, headers }: FastifyRequest, ...sites: readonly string[]): boolean =>
  sites.includes(String(headers['sec-fetch-site'])) && !(headers['sec-fetch-mode'] === 'navigate' && method === 'GET')

/** The host name as it is compared: in small letters, without the dot of a name that is whole. */
const hostOf = ({ hostname }: FastifyRequest): string => hostname.toLowerCase().replace(/\.$/, '')

/** The names by which a container reaches the machine it runs on. */
const hostNames = new Set(['host.docker.internal', 'host.containers.internal'])

const isLocalName = (name: string): boolean =>
  isIP(name.replace(/^\[|\]$/g, '')) !== 0 || !name.includes('.') || name.endsWith('.localhost') || hostNames.has(name)

const isAllowedHost = (name: string, { allowHost, publicUrl }: GuardSettings): boolean =>
  isLocalName(name) ||
  allowHost.some((host) => name === host || (host.startsWith('.') && name.endsWith(host))) ||
  (publicUrl !== undefined && name === new URL(publicUrl).hostname)

/** A page that the developer serves: its requests reach a proxy in front of the emulator with this origin. */
const isLocalOrigin = (origin: string, settings: GuardSettings): boolean =>
  URL.canParse(origin) && isAllowedHost(new URL(origin).hostname, settings)
