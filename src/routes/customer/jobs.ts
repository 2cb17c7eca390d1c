import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { genericOk, GenericResponse } from '../../../schemas/generic.ts'
import { AppParams2023, CreateJobRequest2023 } from '../../../schemas/era-2023.ts'
import { AppParams, JobConfig } from '../../../schemas/job-parts.ts'
import {
  CreateJobRequest,
  JobParams,
  JobResponse,
  JobsPage,
  RunJobRequest,
  SetDataSourceRequest,
  SetJobNameRequest,
} from '../../../schemas/jobs.ts'
import { ListQuery } from '../../../schemas/pagination.ts'
import type { Core } from '../../core.ts'
import type { Era } from '../../wire/era-2023.ts'
import { paginationOf, sliceOf } from '../../wire/paging.ts'
import { jobOrderFields } from '../../store/jobs.ts'
import { countRead, jobAnswers, jobOrderOf } from './job-answers.ts'

/** Creating and reading jobs; changing those that have not been started; running, stopping and deleting them. */
export const jobRoutes =
  (core: Core, era: Era): FastifyPluginAsyncTypebox =>
  async (app) => {
    const [createBody, paramsBody] =
      era === '2023' ? [CreateJobRequest2023, AppParams2023] : [CreateJobRequest, AppParams]
    const answers = jobAnswers(core)

    app.post(
      '/jobs',
      {
        schema: {
          operationId: 'Customer_CreateJob',
          summary: 'Create a job, or update one that has not been started',
          tags: ['jobs'],
          body: createBody,
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
      async (request, reply) => {
        const { caller, params } = request
        const before = core.jobs.get(caller, params.jobId)
        const moved = await countRead(core, request, [before])
        const text = answers.text(request, reply, moved ? core.jobs.get(caller, params.jobId) : before)
        // Clients poll a job again and again. Fastify sends a text as it is, whatever the schema says.
        void reply.type('application/json')
        return text as never
      },
    )

    app.get(
      '/jobs',
      {
        config: { orderBy: jobOrderFields },
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
        const page = { ...slice, orderBy: jobOrderOf(request.query.orderBy) }
        const before = await core.jobs.list(request.caller, page)
        const moved = await countRead(core, request, before.jobs)
        const { jobs, total, at } = moved ? await core.jobs.list(request.caller, page) : before
        return { pagination: paginationOf(slice, total), data: answers.many(request, jobs, at) }
      },
    )

    // Changes of jobs that have not been started.
    const change = { tags: ['jobs'], params: JobParams, response: { 200: JobResponse } }

    const setDataSource = {
      ...change,
      operationId: 'Customer_SetDataSource',
      summary: 'Set the data source and destination of a job; absent fields stay',
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
      ...change,
      operationId: 'Customer_SetParams',
      summary: "Set a job's parameters; absent sections stay",
      body: paramsBody,
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
          ...change,
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
          ...change,
          operationId: 'Customer_SetJobPreferences',
          summary: "Set a job's limits; absent fields stay",
          body: JobConfig,
        },
      },
      async (request) =>
        answers.one(request, await core.jobs.update(request.caller, request.params.jobId, { config: request.body })),
    )

    // Acts.
    const act = { tags: ['jobs'], params: JobParams, response: { 200: GenericResponse } }

    const run = {
      ...act,
      operationId: 'Customer_RunJob',
      summary: 'Start a job',
      body: RunJobRequest,
    }
    // The second path is that of the notebooks of 2023, still in use by public clients.
    for (const [path, hide] of [
      ['/jobs/:jobId/run', false],
      ['/jobs/run/:jobId', true],
    ] as const) {
      app.post(path, { schema: { ...run, hide } }, async (request) => {
        const { config, ...flat } = request.body
        const job = await core.jobs.run(request.caller, request.params.jobId, { ...flat, ...config })
        request.exchange.scenario = job.script?.scenario ?? null
        return genericOk
      })
    }

    app.post(
      '/jobs/:jobId/abort',
      {
        schema: {
          ...act,
          operationId: 'Customer_AbortJob',
          summary: 'Abort a running job, or delete one that was not started',
        },
      },
      async (request) => {
        await core.jobs.abort(request.caller, request.params.jobId)
        return genericOk
      },
    )

    app.delete(
      '/jobs/:jobId',
      { schema: { ...act, operationId: 'Customer_DeleteJob', summary: 'Delete a job that is not running' } },
      async (request) => {
        await core.jobs.delete(request.caller, request.params.jobId)
        return genericOk
      },
    )

    const uploadCompleted = {
      ...act,
      operationId: 'Customer_UploadCompleted',
      summary: "Report that a job's input file was uploaded",
    }
    app.patch('/jobs/:jobId/uploadcompleted', { schema: uploadCompleted }, async (request) => {
      await core.jobs.uploadCompleted(request.caller, request.params.jobId)
      return genericOk
    })
    app.post('/jobs/uploadcompleted/:jobId', { schema: { ...uploadCompleted, hide: true } }, async (request) => {
      await core.jobs.uploadCompleted(request.caller, request.params.jobId)
      return genericOk
    })
  }
