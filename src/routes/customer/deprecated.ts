import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { IdParams, JobSchema, SchemaQuery, Untyped } from '../../../schemas/unused.ts'
import { notFound, show } from '../../base/errors.ts'

/** Schemas and statistics of the Customer API, which the vendor deprecated in 2025. */
export const deprecatedRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const tags = ['deprecated']
  app.get(
    '/schema/:id',
    {
      schema: {
        operationId: 'Customer_GetSchema',
        summary: 'Get a schema of params; always 404',
        tags,
        params: IdParams,
        querystring: SchemaQuery,
        response: { 200: JobSchema },
      },
    },
    async ({ params }) => {
      throw notFound(`schema ${show(params.id)} does not exist: the emulator has none`, 'nothing-behind')
    },
  )
  app.get(
    '/stats/job_types',
    {
      schema: {
        operationId: 'Customer_GetJobTypes',
        summary: 'List job types: an empty object',
        tags,
        response: { 200: Untyped },
      },
    },
    async () => ({}),
  )
  app.get(
    '/stats/detail/:id',
    {
      schema: {
        operationId: 'Customer_GetStatsForJobType',
        summary: 'Get statistics of a job type: an empty object',
        tags,
        params: IdParams,
        response: { 200: Untyped },
      },
    },
    async () => ({}),
  )
}
