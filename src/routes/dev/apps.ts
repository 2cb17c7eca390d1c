import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { App, AppParams, AppResponse, AppsPage, BlocksQuery, UploadAppRequest } from '../../../schemas/blocks.ts'
import { genericOk, GenericResponse } from '../../../schemas/generic.ts'
import type { Core } from '../../core.ts'
import { blockOrderFields } from '../../core/blocks.ts'
import { userId } from '../../domain/accounts/users.ts'
import { appToWire, statusOf } from '../../domain/blocks/wire.ts'
import { pushLimit } from './blocks.ts'
import { downloadLink } from './blocks.ts'

/** Apps of the Developer API. Status and link come in `message`, the one free text of a GenericResponse (chosen). */
export const appRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const one = { tags: ['apps'], params: AppParams }

    app.post(
      '/apps',
      {
        config: { bodyLimit: pushLimit },
        schema: {
          operationId: 'Developer_UploadApp',
          summary: 'Push an app, or overwrite its version',
          tags: ['apps'],
          body: UploadAppRequest,
          response: { 200: App },
        },
      },
      async ({ caller, body }) => {
        const block = await core.blocks.push(caller, 'app', Buffer.from(body.data, 'base64'))
        return appToWire(block, userId(caller.world.name, caller.account))
      },
    )

    app.get(
      '/apps',
      {
        config: { orderBy: blockOrderFields },
        schema: {
          operationId: 'Developer_GetApps',
          summary: 'List apps, newest first',
          tags: ['apps'],
          querystring: BlocksQuery,
          response: { 200: AppsPage },
        },
      },
      async ({ caller, query }) => {
        const { blocks, pagination } = core.blocks.list(caller, 'app', query)
        const owner = userId(caller.world.name, caller.account)
        return { apps: blocks.map((block) => appToWire(block, owner)), pagination }
      },
    )

    app.get(
      '/apps/:appTag',
      {
        schema: {
          ...one,
          operationId: 'Developer_GetAppByTag',
          summary: 'Get an app by its tag or id',
          response: { 200: AppResponse },
        },
      },
      async ({ caller, params }) => ({
        app: appToWire(core.blocks.get(caller, 'app', params.appTag), userId(caller.world.name, caller.account)),
      }),
    )

    app.get(
      '/apps/:appTag/status',
      {
        schema: {
          ...one,
          operationId: 'Developer_GetAppStatus',
          summary: 'Get the status of an app, in `message`',
          response: { 200: GenericResponse },
        },
      },
      async ({ caller, params }) => ({
        ...genericOk,
        message: statusOf(core.blocks.get(caller, 'app', params.appTag)),
      }),
    )

    app.get(
      '/apps/:appTag/download',
      {
        schema: {
          ...one,
          operationId: 'Developer_GetAppDownloadLink',
          summary: 'Get a link to the pushed files, in `message`',
          response: { 200: GenericResponse },
        },
      },
      async (request) => ({
        ...genericOk,
        message: downloadLink(core, request, core.blocks.get(request.caller, 'app', request.params.appTag)),
      }),
    )

    for (const [verb, active] of [
      ['activate', true],
      ['deactivate', false],
    ] as const) {
      app.post(
        `/apps/:appTag/${verb}`,
        {
          schema: {
            ...one,
            operationId: active ? 'Developer_ActivateApp' : 'Developer_DeactivateApp',
            summary: active ? 'Make an app available to jobs' : 'Make an app unavailable to jobs',
            response: { 200: GenericResponse },
          },
        },
        async ({ caller, params }) => {
          await core.blocks.setActive(caller, 'app', params.appTag, active)
          return genericOk
        },
      )
    }
  }
