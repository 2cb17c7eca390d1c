import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ListQuery } from '../../../schemas/pagination.ts'
import { TemplatesPage, JobTemplateParams, PresetsResponse } from '../../../schemas/templates.ts'
import type { Core } from '../../core.ts'
import { templateOrderFields } from '../../core/templates.ts'
import { templateToWire } from '../../domain/jobs/wire.ts'

/** Templates of the Customer API. */
export const templateRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/jobs/templates',
      {
        config: { orderBy: templateOrderFields },
        schema: {
          operationId: 'Customer_GetJobTemplates',
          summary: 'List the templates',
          tags: ['templates'],
          querystring: ListQuery,
          response: { 200: TemplatesPage },
        },
      },
      async (request) => {
        const { pagination, templates } = core.templates.list(request.caller, request.query)
        return { pagination, data: templates.map(templateToWire) }
      },
    )

    app.get(
      '/jobs/templates/:jobTemplateId/presets',
      {
        schema: {
          operationId: 'Customer_GetJobTemplatePresets',
          summary: 'List the presets of a template; always empty',
          tags: ['templates'],
          params: JobTemplateParams,
          response: { 200: PresetsResponse },
        },
      },
      async ({ caller, params }) => {
        core.catalogue.resolve(caller.world.key, caller.account, params.jobTemplateId)
        return { presets: [] }
      },
    )
  }
