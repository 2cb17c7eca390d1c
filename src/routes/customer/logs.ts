import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LogsRequest, LogsResponse } from '../../../schemas/logs.ts'
import type { Core } from '../../core.ts'
import { normaliseId } from '../../base/ids.ts'
import { countRead } from './job-answers.ts'
import { logsAt } from '../../domain/jobs/logs.ts'

const nobody = { app: '', partitioner: '', assembler: '' }

/** The logs of jobs. */
export const logRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/logs',
      {
        config: { access: 'read' },
        schema: {
          operationId: 'Customer_GetLogs',
          summary: 'Read the logs that a job has written so far',
          tags: ['logs'],
          body: LogsRequest,
          response: { 200: LogsResponse },
        },
      },
      async (request) => {
        const {
          caller,
          body: { jobId, ...filter },
        } = request
        request.exchange.jobId = normaliseId(jobId)
        const before = core.jobs.get(caller, jobId)
        const moved = await countRead(core, request, [before])
        const job = moved ? core.jobs.get(caller, jobId) : before
        if (job.run?.blocks !== undefined) return core.storage.logs(caller.world, job, filter)
        const template = core.catalogue.find(caller.world.key, job.templateId)
        return logsAt(job, template ?? nobody, core.clocks.now(caller.world), filter)
      },
    )
  }
