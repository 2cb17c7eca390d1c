import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Empty, genericOk, GenericResponse } from '../../../schemas/generic.ts'
import { JobParams, RunJobRequest } from '../../../schemas/jobs.ts'
import type { Core } from '../../core.ts'

/** Running, stopping and deleting jobs. */
export const jobManagementRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const common = { tags: ['jobs'], params: JobParams, response: { 200: GenericResponse } }

    const run = {
      ...common,
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
          ...common,
          operationId: 'Customer_AbortJob',
          summary: 'Stop a running job; delete one that is yet to start',
          body: Empty,
        },
      },
      async (request) => {
        await core.jobs.abort(request.caller, request.params.jobId)
        return genericOk
      },
    )

    app.delete(
      '/jobs/:jobId',
      { schema: { ...common, operationId: 'Customer_DeleteJob', summary: 'Delete a job that is not running' } },
      async (request) => {
        await core.jobs.delete(request.caller, request.params.jobId)
        return genericOk
      },
    )

    const uploadCompleted = {
      ...common,
      operationId: 'Customer_UploadCompleted',
      summary: "Tell that a job's input file was uploaded",
      body: Empty,
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
