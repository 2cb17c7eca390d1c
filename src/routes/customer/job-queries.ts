import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FilterRequest } from '../../../schemas/filters.ts'
import {
  EstimationResponse,
  JobParams,
  JobsPage,
  RunningTasksRequest,
  RunningTasksResponse,
} from '../../../schemas/jobs.ts'
import type { Core } from '../../core.ts'
import { invalidArgument } from '../../base/errors.ts'
import { compileFilters } from '../../wire/filters.ts'
import { priceOf, taskCount } from '../../domain/jobs/job.ts'
import { paginationOf, slice } from '../../wire/paging.ts'
import { jobFilterFields } from '../../store/job-filters.ts'
import { jobOrderFields } from '../../store/jobs.ts'
import { countRead, jobAnswers, jobOrderOf } from './job-answers.ts'

/** Ids in one question for running tasks at most (chosen). */
const maxIds = 1000

const readFilters = compileFilters(jobFilterFields)

/** Questions about jobs beyond reading and listing them. They change nothing, so those who may only read may ask. */
export const jobQueryRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const answers = jobAnswers(core)
    const config = { access: 'read' } as const

    app.post(
      '/jobs/filter',
      {
        config: { ...config, orderBy: jobOrderFields },
        schema: {
          operationId: 'Customer_FilterJobs',
          summary: 'List the jobs that match all filters, newest first',
          tags: ['jobs'],
          body: FilterRequest,
          response: { 200: JobsPage },
        },
      },
      async (request) => {
        const { pagination, filters = [], orderBy } = request.body
        const part = slice(pagination?.limit, pagination?.offset)
        const page = { ...part, orderBy: jobOrderOf(orderBy) }
        const criteria = readFilters(filters)
        const before = await core.jobQueries.filter(request.caller, criteria, page)
        const moved = await countRead(core, request, before.jobs)
        const { jobs, total, at } = moved ? await core.jobQueries.filter(request.caller, criteria, page) : before
        return { pagination: paginationOf(part, total), data: answers.many(request, jobs, at) }
      },
    )

    app.post(
      '/jobs/runningTasks',
      {
        config,
        schema: {
          operationId: 'Customer_GetRunningTasks',
          summary: 'Count the running tasks of jobs; unknown ids are left out',
          tags: ['jobs'],
          body: RunningTasksRequest,
          response: { 200: RunningTasksResponse },
        },
      },
      async (request) => {
        const { jobsIds } = request.body
        if (jobsIds.length > maxIds) {
          throw invalidArgument(`jobsIds holds ${jobsIds.length} ids; at most ${maxIds} are allowed`, 'too-many-ids')
        }
        await countRead(core, request, core.jobQueries.named(request.caller, jobsIds))
        return { jobsRunningTasks: core.jobQueries.runningTasks(request.caller, jobsIds) }
      },
    )

    app.get(
      '/jobs/estimation/:jobId',
      {
        schema: {
          operationId: 'Customer_GetEstimation',
          summary: 'Get what a job costs, or would cost if it were run now (2023)',
          tags: ['jobs'],
          params: JobParams,
          response: { 200: EstimationResponse },
        },
      },
      async ({ caller, params }) => {
        const job = core.jobs.get(caller, params.jobId)
        return { estimation: { totalEstimation: String(job.run?.payment ?? priceOf(taskCount(job))) } }
      },
    )
  }
