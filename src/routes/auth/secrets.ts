import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { genericOk, GenericResponse } from '../../../schemas/generic.ts'
import { SaveSecretRequest, SecretParams, SecretsQuery, SecretsResponse } from '../../../schemas/secrets.ts'
import { show } from '../../base/errors.ts'
import { formatTimestamp } from '../../base/timestamps.ts'
import type { Core } from '../../core.ts'
import { secretToWire } from '../../domain/accounts/secrets.ts'
import { describeUnknown } from '../../wire/unknown-fields.ts'

/** Credentials for data sources. Answers never contain their secret keys. */
export const secretRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/secrets',
      {
        schema: {
          operationId: 'Auth_ListSecrets',
          summary: 'List secrets, without their secret keys',
          tags: ['secrets'],
          querystring: SecretsQuery,
          response: { 200: SecretsResponse },
        },
      },
      async ({ caller, query }) => ({ secrets: core.secrets.list(caller, query.secretType ?? '').map(secretToWire) }),
    )

    app.post(
      '/secrets',
      {
        schema: {
          operationId: 'Auth_SaveSecret',
          summary: 'Store a secret; it replaces one with the same type and id',
          tags: ['secrets'],
          body: SaveSecretRequest,
          response: { 200: GenericResponse },
        },
      },
      async (request) => {
        const { expires, expiresAt } = await core.secrets.save(request.caller, request.body)
        const now = core.clocks.now(request.caller.world)
        if (expiresAt !== null && expiresAt <= now) {
          const note = `has passed: in this world it is ${formatTimestamp(now)}; no job that names the secret can run`
          const past = { path: `secret.expiresAt=${show(expires!)}`, suggestion: undefined, note }
          request.exchange.unknownFields = [...request.exchange.unknownFields, past]
          request.log.warn(`POST ${request.url}: ${describeUnknown([past])}`)
        }
        return genericOk
      },
    )

    app.delete(
      '/secrets/:secretType/:id',
      {
        schema: {
          operationId: 'Auth_DeleteSecret',
          summary: 'Delete a secret',
          tags: ['secrets'],
          params: SecretParams,
          response: { 200: GenericResponse },
        },
      },
      async ({ caller, params }) => {
        await core.secrets.delete(caller, params.secretType, params.id)
        return genericOk
      },
    )
  }
