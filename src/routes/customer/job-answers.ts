import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JobJob, JobResponse } from '../../../schemas/jobs.ts'
import type { Core } from '../../core.ts'
import { isUpload } from '../../domain/jobs/data-sources.ts'
import { entriesAt } from '../../domain/jobs/lifecycle.ts'
import { signLink } from '../../domain/results/links.ts'
import { parseOrder } from '../../wire/paging.ts'
import { type JobOrder, jobOrderFields } from '../../store/jobs.ts'
import { type JobRecord } from '../../domain/jobs/job.ts'
import type { Template } from '../../domain/templates/template.ts'
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
  /** The same as text, which is kept as long as the job and its template are the same and no state was entered. */
  text(request: FastifyRequest, reply: FastifyReply, job: JobRecord): string
  /** Jobs of a list, all as of the moment for which the list is true. */
  many(request: FastifyRequest, jobs: readonly JobRecord[], at: Micros): JobJob[]
}

/** The text of an answer, and what may change it besides the job. */
interface KeptText {
  readonly template: Template | undefined
  /** Number of states entered. */
  readonly entered: number
  readonly text: string
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

  const texts = new WeakMap<JobRecord, KeptText>()

  /** The template of a job as answers about it show it. */
  function templateOf({ caller: { world } }: FastifyRequest, job: JobRecord): Template | undefined {
    const template = core.catalogue.find(world.key, job.templateId)
    return template === undefined ? undefined : core.blocks.resolved(world.key, template)
  }

  return {
    one(request, job) {
      // The journal finds a create by the id that it was given here.
      request.exchange.jobId = job.id
      return jobResponseToWire(job, templateOf(request, job), core.clocks.now(request.caller.world), uploadUrl(request))
    },
    text(request, reply, job) {
      request.exchange.jobId = job.id
      const template = templateOf(request, job)
      const now = core.clocks.now(request.caller.world)
      const entered = entriesAt(job.run, now).length
      const known = texts.get(job)
      if (known?.template === template && known?.entered === entered) return known.text
      const text = reply.serializeInput(jobResponseToWire(job, template, now, uploadUrl(request)), '200') as string
      // A link for an upload is signed anew each time.
      if (!isUpload(job.dataSource)) texts.set(job, { template, entered, text })
      return text
    },
    many(request, jobs, at) {
      const link = uploadUrl(request)
      return jobs.map((job) => jobToWire(job, at, link))
    },
  }
}
