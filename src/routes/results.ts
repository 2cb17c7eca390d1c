import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { JobParams } from '../../schemas/jobs.ts'
import { ResultsResponse } from '../../schemas/results.ts'
import type { Core } from '../core.ts'

/** What jobs produced. */
export const resultRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/jobs/:jobId/results',
      {
        schema: {
          operationId: 'Customer_GetResults',
          summary: "Get links to a completed job's results",
          tags: ['jobs'],
          params: JobParams,
          response: { 200: ResultsResponse },
        },
      },
      async ({ caller, params, protocol, host }) => {
        const results = await core.storage.results(caller, params.jobId)
        return { results: results.map(({ name, link }) => ({ name, link: `${protocol}://${host}${link}` })) }
      },
    )
  }
