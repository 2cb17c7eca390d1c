import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import {
  BlocksQuery,
  Engine,
  EngineMessage,
  EngineParams,
  EngineQuery,
  EnginesPage,
  UploadEngineQuery,
} from '../../../schemas/blocks.ts'
import { Bytes } from '../../../schemas/proto.ts'
import { Type } from '@sinclair/typebox'
import type { Core } from '../../core.ts'
import { userId } from '../../domain/accounts/users.ts'
import { engineToWire, statusOf } from '../../domain/blocks/wire.ts'
import { blockOrderFields } from '../../core/blocks.ts'
import { tagOf } from '../../domain/templates/tags.ts'
import { compileDecoder } from '../../wire/decode.ts'
import { compileQueryDecoder } from '../../wire/decode-query.ts'
import type { BlockRecord } from '../../store/blocks.ts'
import { downloadLink, pushLimit } from './blocks.ts'

/** A JSON body of a push, which the gateway would ignore (chosen: accepted). */
const JsonPush = Type.Object({ engineData: Type.Optional(Bytes()), data: Type.Optional(Bytes()) })

const readJson = compileDecoder(JsonPush, {})
const readForm = compileQueryDecoder(UploadEngineQuery)

/**
 * Engines of the Developer API. All operations but the list take one message, and nothing of it is in a body: what is not in the
 * path is in the query, or in a form (documented; the form follows from the generated handlers).
 */
export const engineRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const one = { tags: ['engines'], params: EngineParams, querystring: EngineQuery, response: { 200: EngineMessage } }

    const message = (block: BlockRecord, more: Partial<EngineMessage>): EngineMessage => ({
      engineId: '',
      engineTag: tagOf(block),
      engineData: '',
      engineLink: '',
      engineStatus: '',
      ...more,
    })

    /** The bytes of a push that are not in the query. @throws ApiError 400 */
    function dataOf({ exchange: { sentBody } }: FastifyRequest): string {
      const text = sentBody?.toString('latin1') ?? ''
      if (/^\s*\{/.test(text)) {
        const { engineData, data } = readJson(sentBody, []) as { engineData?: string; data?: string }
        return engineData ?? data ?? ''
      }
      return (readForm(text, []) as { engineData?: string }).engineData ?? ''
    }

    app.post(
      '/engines',
      {
        config: { bodyLimit: pushLimit, readsForm: true },
        schema: {
          operationId: 'Developer_UploadEngine',
          summary: 'Push an engine, or overwrite its version',
          tags: ['engines'],
          querystring: UploadEngineQuery,
          response: { 200: Engine },
        },
      },
      async (request) => {
        const { caller, query } = request
        const data = query.engineData ?? dataOf(request)
        const block = await core.blocks.push(caller, 'engine', Buffer.from(data, 'base64'))
        return engineToWire(block, userId(caller.world.name, caller.account))
      },
    )

    app.get(
      '/engines',
      {
        config: { orderBy: blockOrderFields },
        schema: {
          operationId: 'Developer_GetEngines',
          summary: 'List engines, newest first',
          tags: ['engines'],
          querystring: BlocksQuery,
          response: { 200: EnginesPage },
        },
      },
      async ({ caller, query }) => {
        const { blocks, pagination } = core.blocks.list(caller, 'engine', query)
        const owner = userId(caller.world.name, caller.account)
        return { engines: blocks.map((block) => engineToWire(block, owner)), pagination }
      },
    )

    app.get(
      '/engines/:engineTag',
      {
        schema: {
          ...one,
          operationId: 'Developer_GetEngineByTag',
          summary: 'Get an engine by its tag or id',
          response: { 200: Engine },
        },
      },
      async ({ caller, params }) =>
        engineToWire(core.blocks.get(caller, 'engine', params.engineTag), userId(caller.world.name, caller.account)),
    )

    app.get(
      '/engines/:engineTag/status',
      { schema: { ...one, operationId: 'Developer_GetEngineStatus', summary: 'Get the status of an engine' } },
      async ({ caller, params }) => {
        const block = core.blocks.get(caller, 'engine', params.engineTag)
        return message(block, { engineStatus: statusOf(block) })
      },
    )

    app.get(
      '/engines/:engineTag/download',
      { schema: { ...one, operationId: 'Developer_GetEngineLink', summary: 'Get a link to the pushed files' } },
      async (request) => {
        const block = core.blocks.get(request.caller, 'engine', request.params.engineTag)
        return message(block, { engineLink: downloadLink(core, request, block) })
      },
    )

    for (const [verb, active] of [
      ['activate', true],
      ['deactivate', false],
    ] as const) {
      app.post(
        `/engines/:engineTag/${verb}`,
        {
          schema: {
            ...one,
            operationId: active ? 'Developer_ActivateEngine' : 'Developer_DeactivateEngine',
            summary: active ? 'Make an engine available to jobs' : 'Make an engine unavailable to jobs',
          },
        },
        async ({ caller, params }) => {
          const block = await core.blocks.setActive(caller, 'engine', params.engineTag, active)
          return message(block, { engineStatus: statusOf(block) })
        },
      )
    }
  }
