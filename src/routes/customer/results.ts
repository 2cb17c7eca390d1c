import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { JobParams } from '../../../schemas/jobs.ts'
import { ResultsResponse } from '../../../schemas/results.ts'
import type { Core } from '../../core.ts'
import type { Era } from '../../wire/era-2023.ts'
import { countRead } from './job-answers.ts'
import { ApiError } from '../../base/errors.ts'

/** The results of jobs. A job that is not complete had no results in 2023; since then it is an error (both observed). */
export const resultRoutes =
  (core: Core, era: Era): FastifyPluginAsyncTypebox =>
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
      async (request) => {
        const { caller, params, baseUrl } = request
        await countRead(core, request, [core.jobs.get(caller, params.jobId)])
        const results = await core.storage.results(caller, params.jobId)
        if (results === undefined && era !== '2023') {
          throw new ApiError('unknown', 'job has not yet been completed')
        }
        return { results: (results ?? []).map(({ name, link }) => ({ name, link: `${baseUrl}${link}` })) }
      },
    )
  }
