import type { FastifyRequest } from 'fastify'
import type { JobJob, JobResponse } from '../../../schemas/jobs.ts'
import type { Core } from '../../core.ts'
import { signLink } from '../../domain/results/links.ts'
import { parseOrder } from '../../wire/paging.ts'
import { type JobOrder, jobOrderFields } from '../../store/jobs.ts'
import { type JobRecord } from '../../domain/jobs/job.ts'
import type { Micros } from '../../base/timestamps.ts'
import { jobResponseToWire, jobToWire, type UploadUrl } from '../../domain/jobs/wire.ts'

/**
 * Counts a request as a read of jobs, which moves those whose pace is polls by one step. Not if the client never sees the
 * answer as it is: a fault changes it, or a tool only watches.
 *
 * @returns true if a job moved, so that what was read before is out of date
 */
export async function countRead(core: Core, request: FastifyRequest, jobs: readonly JobRecord[]): Promise<boolean> {
  const { isWatching, strike } = request.exchange
  const { connection, answer } = strike?.rule ?? {}
  const isSpoilt = connection !== undefined || (answer !== undefined && answer !== 'slow')
  return isWatching || isSpoilt ? false : core.jobs.poll(request.caller, jobs)
}

/** Makes answers out of jobs, for the request that asks. */
export interface JobAnswers {
  /** A job and its template. */
  one(request: FastifyRequest, job: JobRecord): JobResponse
  /** Jobs of a list, all as of one moment: the present, unless another is given. */
  many(request: FastifyRequest, jobs: readonly JobRecord[], at?: Micros): JobJob[]
}

const newestFirst: JobOrder = { field: 'createdAt', descending: true }

/**
 * The order of a list of jobs; without a wish, the newest come first (chosen).
 *
 * @throws ApiError 400, code 3, naming the fields there are
 */
export const jobOrderOf = (orderBy = ''): JobOrder =>
  orderBy.trim() === '' ? newestFirst : parseOrder(orderBy, jobOrderFields)

export function jobAnswers(core: Core): JobAnswers {
  const uploadUrl =
    ({ baseUrl, caller: { world } }: FastifyRequest): UploadUrl =>
    (job) => {
      const target = { bucket: 'bytenite-uploads-prod', world: world.name, jobId: job.id, file: 'data.bin' } as const
      return `${baseUrl}${signLink(target, core.clocks.now(world), core.linkSecret)}`
    }

  return {
    one(request, job) {
      const { world } = request.caller
      // The journal finds a create by the id that it was given here.
      request.exchange.jobId = job.id
      const template = core.catalogue.find(world.key, job.templateId)
      const shown = template === undefined ? undefined : core.blocks.resolved(world.key, template)
      return jobResponseToWire(job, shown, core.clocks.now(world), uploadUrl(request))
    },
    many(request, jobs, at = core.clocks.now(request.caller.world)) {
      const link = uploadUrl(request)
      return jobs.map((job) => jobToWire(job, at, link))
    },
  }
}
