import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { genericOk, GenericResponse } from '../../../schemas/generic.ts'
import { ListQuery } from '../../../schemas/pagination.ts'
import { DevTemplatesPage, JobTemplateDetail, JobTemplateInput, TemplateParams } from '../../../schemas/templates.ts'
import type { Core } from '../../core.ts'
import { templateOrderFields } from '../../core/templates.ts'
import { templateDetailToWire } from '../../domain/jobs/wire.ts'

/** Templates of the Developer API. */
export const templateRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/templates',
      {
        schema: {
          operationId: 'Developer_CreateTemplate',
          summary: 'Create a template, or replace your own one with the same id',
          tags: ['templates'],
          body: JobTemplateInput,
          response: { 200: GenericResponse },
        },
      },
      async (request) => {
        await core.templates.save(request.caller, request.body)
        return genericOk
      },
    )

    app.get(
      '/templates',
      {
        config: { orderBy: templateOrderFields },
        schema: {
          operationId: 'Developer_GetTemplates',
          summary: 'List templates',
          tags: ['templates'],
          querystring: ListQuery,
          response: { 200: DevTemplatesPage },
        },
      },
      async (request) => {
        const { pagination, templates } = core.templates.list(request.caller, request.query)
        return { pagination, templates: templates.map(templateDetailToWire) }
      },
    )

    app.get(
      '/templates/:id',
      {
        schema: {
          operationId: 'Developer_GetTemplate',
          summary: 'Get a template by its id or tag',
          tags: ['templates'],
          params: TemplateParams,
          response: { 200: JobTemplateDetail },
        },
      },
      async ({ caller, params }) =>
        templateDetailToWire(core.catalogue.resolve(caller.world.key, caller.account, params.id)),
    )
  }
