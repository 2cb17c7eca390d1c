import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AccessTokenRequest, AccessTokenResponse, SkipQuery, SkipResponse } from '../../../schemas/auth.ts'
import { Empty, genericOk, GenericResponse } from '../../../schemas/generic.ts'
import { toSeconds } from '../../base/clock.ts'
import type { Core } from '../../core.ts'
import { type KeyRing, readKey } from '../../domain/accounts/keys.ts'
import { rulesOf } from '../../domain/accounts/personas.ts'
import { tokenLifetime } from '../../domain/accounts/token.ts'

/** Exchanging API keys for access tokens, and revoking those. */
export const tokenRoutes =
  (core: Core, ring: KeyRing): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/access_token',
      {
        config: { open: true },
        schema: {
          operationId: 'Auth_RequestAccessToken',
          summary: 'Exchange an API key for an access token',
          tags: ['access token'],
          body: AccessTokenRequest,
          response: { 200: AccessTokenResponse },
        },
      },
      async (request) => {
        // Clients trim keys that were pasted with a line end (observed).
        const holder = readKey(request.body.apiKey.trim(), ring)
        if (holder.persona === 'revoked') throw rulesOf('revoked').refuse!('write')!
        const world = await core.worlds.open(holder.world)
        core.apiKeys.assertValid(world, holder.keyId)
        const token = await core.tokens.issue(holder, toSeconds(core.clocks.now(world)))
        return { token, expiresIn: String(tokenLifetime), scope: 'openid' }
      },
    )

    app.post(
      '/signout',
      {
        // Giving up one's own token is not a write in the sense of permissions.
        config: { access: 'read' },
        schema: {
          operationId: 'Auth_SignOut',
          summary: 'Revoke the access token',
          tags: ['access token'],
          body: Empty,
          response: { 200: GenericResponse },
        },
      },
      async (request) => {
        await core.tokens.revoke(request.caller)
        return genericOk
      },
    )

    app.get(
      '/skip',
      {
        schema: {
          operationId: 'Auth_SkipLogin',
          summary: 'Check if a sign-in can be skipped; here, never',
          tags: ['sign-in'],
          querystring: SkipQuery,
          response: { 200: SkipResponse },
        },
      },
      async () => ({ skip: false, redirectTo: '' }),
    )
  }
