import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppParams, JobConfig } from '../../../schemas/job-parts.ts'
import { JobParams, JobResponse, SetDataSourceRequest, SetJobNameRequest } from '../../../schemas/jobs.ts'
import type { Core } from '../../core.ts'
import { jobAnswers } from './job-answers.ts'

/** Changing jobs that have not been started. */
export const jobUpdateRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const answers = jobAnswers(core)
    const common = { tags: ['jobs'], params: JobParams, response: { 200: JobResponse } }

    const setDataSource = {
      ...common,
      operationId: 'Customer_SetDataSource',
      summary: 'Set where a job reads from and writes to; what is absent stays',
      body: SetDataSourceRequest,
    }
    app.patch('/jobs/:jobId/datasource', { schema: setDataSource }, async (request) =>
      answers.one(request, await core.jobs.update(request.caller, request.params.jobId, request.body)),
    )
    // The captions of the vendor's file-upload guide say POST; the notebooks of 2023 put the id last.
    for (const path of ['/jobs/:jobId/datasource', '/jobs/datasource/:jobId']) {
      app.post(path, { schema: { ...setDataSource, hide: true } }, async (request) =>
        answers.one(request, await core.jobs.update(request.caller, request.params.jobId, request.body)),
      )
    }

    const setParams = {
      ...common,
      operationId: 'Customer_SetParams',
      summary: "Set a job's parameters, section by section",
      body: AppParams,
    }
    app.patch('/jobs/:jobId/params', { schema: setParams }, async (request) =>
      answers.one(request, await core.jobs.update(request.caller, request.params.jobId, { params: request.body })),
    )
    app.post('/jobs/params/:jobId', { schema: { ...setParams, hide: true } }, async (request) =>
      answers.one(request, await core.jobs.update(request.caller, request.params.jobId, { params: request.body })),
    )

    app.patch(
      '/jobs/:jobId/jobname',
      {
        schema: {
          ...common,
          operationId: 'Customer_SetJobName',
          summary: 'Rename a job; the body is the name, a JSON string',
          body: SetJobNameRequest,
        },
      },
      async (request) =>
        answers.one(request, await core.jobs.update(request.caller, request.params.jobId, { name: request.body })),
    )

    app.patch(
      '/jobs/:jobId/configs',
      {
        schema: {
          ...common,
          operationId: 'Customer_SetJobPreferences',
          summary: "Set a job's limits, field by field",
          body: JobConfig,
        },
      },
      async (request) =>
        answers.one(request, await core.jobs.update(request.caller, request.params.jobId, { config: request.body })),
    )
  }
