import type { FastifyRequest } from 'fastify'
import type { JobJob, JobResponse } from '../../schemas/jobs.ts'
import type { Core } from '../core.ts'
import { signLink } from '../links.ts'
import type { JobRecord } from '../store/jobs.ts'
import { jobResponseToWire, jobToWire, type UploadUrl } from '../wire.ts'

/** Makes answers out of jobs, for the request that asks. */
export interface JobAnswers {
  /** A job with its template beside it. */
  one(request: FastifyRequest, job: JobRecord): JobResponse
  /** Jobs of a list, all as of one moment. */
  many(request: FastifyRequest, jobs: readonly JobRecord[]): JobJob[]
}

export function jobAnswers(core: Core): JobAnswers {
  /** URLs in answers lead back to where the client found the emulator. */
  const uploadUrl =
    ({ protocol, host, caller: { world } }: FastifyRequest): UploadUrl =>
    (job) => {
      const target = { bucket: 'bytenite-uploads-prod', world: world.name, jobId: job.id, file: 'data.bin' } as const
      return `${protocol}://${host}${signLink(target, core.worlds.now(world), core.linkSecret)}`
    }

  return {
    one(request, job) {
      const { world } = request.caller
      const template = core.catalogue.find(world.key, job.templateId)
      return jobResponseToWire(job, template, core.worlds.now(world), uploadUrl(request))
    },
    many(request, jobs) {
      const now = core.worlds.now(request.caller.world)
      const link = uploadUrl(request)
      return jobs.map((job) => jobToWire(job, now, link))
    },
  }
}
