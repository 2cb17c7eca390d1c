import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { CreateJobRequest, JobParams, JobResponse, JobsPage } from '../../schemas/jobs.ts'
import { ListQuery } from '../../schemas/pagination.ts'
import type { Core } from '../core.ts'
import { signLink } from '../links.ts'
import { paginationOf, parseOrder, sliceOf } from '../paging.ts'
import { type JobOrder, type JobRecord, jobOrderFields } from '../store/jobs.ts'
import { jobResponseToWire, jobToWire, type UploadUrl } from '../wire.ts'

const newestFirst: JobOrder = { field: 'createdAt', descending: true }

/** Jobs of the Customer API. */
export const jobRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const respond = (request: FastifyRequest, job: JobRecord): JobResponse =>
      jobResponseToWire(job, core.catalogue.find(request.caller.world.key, job.templateId), uploadUrl(request))

    /** URLs in answers lead back to where the client found the emulator. */
    const uploadUrl =
      ({ protocol, host, caller }: FastifyRequest): UploadUrl =>
      (job) => {
        const target = {
          bucket: 'bytenite-uploads-prod',
          world: caller.world.name,
          jobId: job.id,
          file: 'data.bin',
        } as const
        return `${protocol}://${host}${signLink(target, core.worlds.now(caller.world), core.linkSecret)}`
      }

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
      async (request) => respond(request, await core.jobs.create(request.caller, request.body)),
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
      async (request) => respond(request, core.jobs.get(request.caller, request.params.jobId)),
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
        const { orderBy = '' } = request.query
        const order = orderBy.trim() === '' ? newestFirst : parseOrder(orderBy, jobOrderFields)
        const { jobs, total } = core.jobs.list(request.caller, { ...slice, orderBy: order })
        const link = uploadUrl(request)
        return { pagination: paginationOf(slice, total), data: jobs.map((job) => jobToWire(job, link)) }
      },
    )
  }
