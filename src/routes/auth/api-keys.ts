import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ApiKeyParams, ApiKeysResponse } from '../../../schemas/api-keys.ts'
import { Empty, genericOk, GenericResponse } from '../../../schemas/generic.ts'
import type { Core } from '../../core.ts'
import type { KeyRing } from '../../domain/accounts/keys.ts'

/** The API keys of the caller's account. */
export const apiKeyRoutes =
  (core: Core, ring: KeyRing): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/api_keys',
      {
        schema: {
          operationId: 'Auth_GetApiKeys',
          summary: 'List the API keys of the account',
          tags: ['api keys'],
          response: { 200: ApiKeysResponse },
        },
      },
      async (request) => ({ apiKeys: core.apiKeys.list(request.caller, ring) }),
    )

    app.post(
      '/api_keys/:id/revoke',
      {
        schema: {
          operationId: 'Auth_RevokeApiKey',
          summary: 'Revoke an API key and its tokens',
          tags: ['api keys'],
          params: ApiKeyParams,
          body: Empty,
          response: { 200: GenericResponse },
        },
      },
      async (request) => {
        await core.apiKeys.revoke(request.caller, request.params.id, ring)
        return genericOk
      },
    )
  }
