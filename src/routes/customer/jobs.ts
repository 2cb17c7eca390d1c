import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CreateJobRequest, JobParams, JobResponse, JobsPage } from '../../../schemas/jobs.ts'
import { ListQuery } from '../../../schemas/pagination.ts'
import type { Core } from '../../core.ts'
import { paginationOf, sliceOf } from '../../wire/paging.ts'
import { jobAnswers, jobOrderOf } from './job-answers.ts'

/** Creating and reading jobs. */
export const jobRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const answers = jobAnswers(core)

    app.post(
      '/jobs',
      {
        schema: {
          operationId: 'Customer_CreateJob',
          summary: 'Create a job, or update one that has not been started',
          tags: ['jobs'],
          body: CreateJobRequest,
          response: { 200: JobResponse },
        },
      },
      async (request) => answers.one(request, await core.jobs.create(request.caller, request.body)),
    )

    app.get(
      '/jobs/:jobId',
      {
        schema: {
          operationId: 'Customer_GetJob',
          summary: 'Get a job',
          tags: ['jobs'],
          params: JobParams,
          response: { 200: JobResponse },
        },
      },
      async (request) => answers.one(request, await core.jobs.poll(request.caller, request.params.jobId)),
    )

    app.get(
      '/jobs',
      {
        schema: {
          operationId: 'Customer_GetJobs',
          summary: 'List jobs, newest first',
          tags: ['jobs'],
          querystring: ListQuery,
          response: { 200: JobsPage },
        },
      },
      async (request) => {
        const slice = sliceOf(request.query)
        const { jobs, total } = await core.jobs.list(request.caller, {
          ...slice,
          orderBy: jobOrderOf(request.query.orderBy),
        })
        return { pagination: paginationOf(slice, total), data: answers.many(request, jobs) }
      },
    )
  }
