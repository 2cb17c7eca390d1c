import type { FastifyInstance, FastifyRequest } from 'fastify'
import { toSeconds } from '../base/clock.ts'
import type { Core } from '../core.ts'
import type { Caller } from '../core/caller.ts'
import { tokenExpired, unauthenticated } from '../base/errors.ts'
import { type KeyRing, looksLikeKey, privateKeyIds, readKey } from '../domain/accounts/keys.ts'
import { type Access, rulesOf } from '../domain/accounts/personas.ts'

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
  scope.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions
    if (config.open === true) return
    request.caller = await identify(request)
    const access = config.access ?? (request.method === 'GET' ? 'read' : 'write')
    const error = rulesOf(request.caller.persona).refuse?.(access)
    if (error !== undefined) throw error
  })

  async function identify(request: FastifyRequest): Promise<Caller> {
    const text = (request.headers.authorization ?? '').trim().replace(/^bearer\b\s*/i, '')
    if (text === '') {
      throw unauthenticated('missing access token: send one from /v1/auth/access_token in the header Authorization')
    }
    const recalled = core.tokens.recall(text)
    if (recalled === undefined && looksLikeKey(text, ring)) {
      if (strict)
        throw unauthenticated(
          'an API key is not an access token: exchange it at /v1/auth/access_token (strict mode)',
          'strict-mode',
        )
      const { world: name, persona, keyId } = readKey(text, ring)
      request.exchange.party = { world: name, persona }
      const world = await core.worlds.open(name)
      core.apiKeys.assertValid(world, keyId)
      return { world, persona, account: rulesOf(persona).account, hasPrivateKey: privateKeys.has(keyId), token: null }
    }
    const token = recalled ?? (await core.tokens.verify(text))
    request.exchange.party = token
    const world = await core.worlds.open(token.world)
    if (toSeconds(core.clocks.now(world)) >= token.expiresAt) {
      throw unauthenticated(tokenExpired)
    }
    if (recalled === undefined) {
      core.apiKeys.assertValid(world, token.keyId)
      if (core.tokens.isRevoked(token)) throw unauthenticated('token is revoked: it was signed out')
      core.tokens.remember(text, token)
    }
    const { persona, keyId } = token
    const hasPrivateKey = privateKeys.has(keyId)
    return { world, persona, account: rulesOf(persona).account, hasPrivateKey, token: { text, token } }
  }
}
