import type { FastifyInstance, FastifyRequest } from 'fastify'
import { toSeconds } from '../base/clock.ts'
import type { Core } from '../core.ts'
import type { Caller } from '../core/caller.ts'
import { type ApiError, tokenExpired, unauthenticated } from '../base/errors.ts'
import { type KeyRing, looksLikeKey, privateKeyIds, readKey } from '../domain/accounts/keys.ts'
import { type Access, rulesOf } from '../domain/accounts/personas.ts'
import type { Token } from '../domain/accounts/token.ts'
import type { WorldRecord } from '../store/worlds.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller; set inside scopes with `registerAuth`. */
    caller: Caller
  }
  interface FastifyContextConfig {
    /** `read` for an operation that changes nothing; absent: GET reads, everything else writes. */
    access?: Access
    /** The operation needs no credentials, although its scope does. */
    open?: boolean
  }
}

export interface AuthOptions {
  readonly ring: KeyRing
  /** Take access tokens only. */
  readonly strict: boolean
}

/**
 * Authenticates every request of a scope.
 *
 * `Authorization` holds an access token, raw or after `Bearer` (both observed), or an API key itself (on the vendor's page),
 * except in strict mode. 401 for invalid credentials, then the error of the persona: 403, 429 or 503.
 */
export function registerAuth(scope: FastifyInstance, core: Core, { ring, strict }: AuthOptions): void {
  const privateKeys = privateKeyIds(ring)
  scope.decorateRequest('caller')
  scope.addHook('onRequest', (request, _reply, done) => {
    if (request.route.config.open === true) return done()
    try {
      const caller = identify(request)
      if (caller instanceof Promise) caller.then((found) => done(admit(request, found)), done)
      else done(admit(request, caller))
    } catch (error) {
      done(error as Error)
    }
  })

  /** Lets a caller in. Returns the error of its persona, if it has one. */
  function admit(request: FastifyRequest, caller: Caller): ApiError | undefined {
    request.caller = caller
    const access = request.route.config.access ?? (request.method === 'GET' ? 'read' : 'write')
    return rulesOf(caller.persona).refuse?.(access)
  }

  /** Finds out who calls. A promise only if there is something to wait for: most requests come from callers that are known. */
  function identify(request: FastifyRequest): Caller | Promise<Caller> {
    const text = (request.headers.authorization ?? '').trim().replace(/^bearer\b\s*/i, '')
    if (text === '') {
      throw unauthenticated('missing access token: send one from /v1/auth/access_token in the header Authorization')
    }
    const recalled = core.tokens.recall(text)
    if (recalled !== undefined) {
      request.exchange.party = recalled
      return inWorld(recalled.world, (world) => holderOf(recalled, text, world))
    }
    return looksLikeKey(text, ring) ? holderOfKey(request, text) : verify(request, text)
  }

  function inWorld(name: string, callerIn: (world: WorldRecord) => Caller): Caller | Promise<Caller> {
    const world = core.worlds.find(name)
    return world === undefined ? core.worlds.open(name).then(callerIn) : callerIn(world)
  }

  function holderOf(token: Token, text: string, world: WorldRecord): Caller {
    if (toSeconds(core.clocks.now(world)) >= token.expiresAt) throw unauthenticated(tokenExpired)
    const { persona, keyId } = token
    const hasPrivateKey = privateKeys.has(keyId)
    return { world, persona, account: rulesOf(persona).account, hasPrivateKey, token: { text, token } }
  }

  function holderOfKey(request: FastifyRequest, text: string): Caller | Promise<Caller> {
    if (strict)
      throw unauthenticated(
        'an API key is not an access token: exchange it at /v1/auth/access_token (strict mode)',
        'strict-mode',
      )
    const { world: name, persona, keyId } = readKey(text, ring)
    request.exchange.party = { world: name, persona }
    return inWorld(name, (world) => {
      core.apiKeys.assertValid(world, keyId)
      return { world, persona, account: rulesOf(persona).account, hasPrivateKey: privateKeys.has(keyId), token: null }
    })
  }

  async function verify(request: FastifyRequest, text: string): Promise<Caller> {
    const token = await core.tokens.verify(text)
    request.exchange.party = token
    const world = await core.worlds.open(token.world)
    const caller = holderOf(token, text, world)
    core.apiKeys.assertValid(world, token.keyId)
    if (core.tokens.isRevoked(token)) throw unauthenticated('token is revoked: it was signed out')
    core.tokens.remember(text, token)
    return caller
  }
}
