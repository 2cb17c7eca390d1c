import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { genericOk, GenericResponse } from '../../schemas/generic.ts'
import { ListQuery } from '../../schemas/pagination.ts'
import {
  DevTemplatesPage,
  JobTemplateDetail,
  JobTemplateInput,
  JobTemplateParams,
  PresetsResponse,
  TemplateParams,
  TemplatesPage,
} from '../../schemas/templates.ts'
import type { Core } from '../core.ts'
import type { Caller } from '../core/caller.ts'
import { paginationOf, parseOrder, sliceOf } from '../wire/paging.ts'
import type { Template } from '../domain/templates/template.ts'
import { templateDetailToWire, templateToWire } from '../domain/jobs/wire.ts'

const orderFields = ['id', 'description', 'app', 'createdAt', 'updatedAt'] as const

/** A page of the templates that a caller may use. */
function listTemplates(core: Core, { world, account }: Caller, query: ListQuery) {
  const slice = sliceOf(query)
  const all = core.catalogue.list(world.key, account)
  const { orderBy = '' } = query
  if (orderBy.trim() !== '') {
    const { field, descending } = parseOrder(orderBy, orderFields)
    const sign = descending ? -1 : 1
    const key = (template: Template) => template[field] ?? 0
    all.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0))
  }
  const page = all.slice(slice.offset, slice.offset + slice.limit)
  return { pagination: paginationOf(slice, all.length), page }
}

/** Templates of the Customer API. */
export const customerTemplateRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/jobs/templates',
      {
        schema: {
          operationId: 'Customer_GetJobTemplates',
          summary: 'List the templates that jobs can be made from',
          tags: ['templates'],
          querystring: ListQuery,
          response: { 200: TemplatesPage },
        },
      },
      async (request) => {
        const { pagination, page } = listTemplates(core, request.caller, request.query)
        return { pagination, data: page.map(templateToWire) }
      },
    )

    app.get(
      '/jobs/templates/:jobTemplateId/presets',
      {
        schema: {
          operationId: 'Customer_GetJobTemplatePresets',
          summary: 'List the presets of a template: there are none',
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

/** Templates of the Developer API. */
export const devTemplateRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/templates',
      {
        schema: {
          operationId: 'Developer_CreateTemplate',
          summary: 'Make a template, or replace your own one with the same id',
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
        schema: {
          operationId: 'Developer_GetTemplates',
          summary: 'List templates',
          tags: ['templates'],
          querystring: ListQuery,
          response: { 200: DevTemplatesPage },
        },
      },
      async (request) => {
        const { pagination, page } = listTemplates(core, request.caller, request.query)
        return { pagination, templates: page.map(templateDetailToWire) }
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
