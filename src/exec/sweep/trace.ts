import { defaultWorld } from '../../base/world-names.ts'
import type { Observed, Observer } from '../../control/journal.ts'

/** A request of a run that a fault can strike: one that belongs to a world. */
export interface TracedRequest {
  readonly world: string
  readonly operation: string
  /** Without query. */
  readonly path: string
  /** True if the answer had a body. */
  readonly hasBody: boolean
}

/** The requests of one run of the program, as a sweep sees them. */
export interface Trace {
  readonly note: Observer
  /** In the order of their ends. */
  readonly requests: readonly TracedRequest[]
  /** Jobs that were created, also if the answer to that was lost, or if they were deleted later. */
  readonly createdJobs: () => number
}

const createJob = 'POST /v1/customer/jobs'

export function createTrace(): Trace {
  const requests: TracedRequest[] = []
  const jobs = new Set<string>()
  return {
    requests,
    createdJobs: () => jobs.size,
    note(exchange: Observed) {
      const { world, operation, path, jobId, responseBody, responseBytes = 0 } = exchange
      // Of no world, or of no path that there is, which faults have no name for.
      if (world === null || operation.endsWith(' ')) return
      const hasBody = responseBody.length > 0 || responseBytes > 0
      requests.push({ world, operation, path: path.split('?', 1)[0]!, hasBody })
      // A create has no job before it takes effect, and keeps it even if its answer is lost.
      if (operation === createJob && jobId !== null) jobs.add(`${world} ${jobId}`)
    },
  }
}

/** The operation of a request, with its world if that is not the default one. */
export const keyOf = ({ world, operation }: TracedRequest): string =>
  world === defaultWorld ? operation : `${operation} in ${world}`

/** Requests with the same target may be polls of the same. */
export const targetOf = ({ world, operation, path }: TracedRequest): string => `${world} ${operation} ${path}`

export const isRead = ({ operation }: TracedRequest): boolean =>
  operation.startsWith('GET ') || operation.startsWith('HEAD ')
