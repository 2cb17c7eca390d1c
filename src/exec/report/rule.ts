import { BoundedMap } from '../../base/bounded-map.ts'
import type { Evidence } from '../../../schemas/report.ts'
import { type Seen, toEvidence } from './exchange.ts'

/** Looks for one kind of problem in a client. It gets every exchange once, in the order of their ends. */
export interface Rule {
  see(seen: Seen): void
  /** The finding, or undefined if nothing looks wrong. */
  found(): Found | undefined
}

interface Found {
  /** A sentence without a full stop, its subject the program. */
  readonly message: string
  readonly count: number
  readonly evidence: readonly Evidence[]
  readonly jobIds: readonly string[]
}

/** Requests and jobs that a finding shows; the rest is counted only. */
const shownRequests = 5
const shownJobs = 10

/** Collects what shows one finding. */
export interface Proof {
  add(seen: Seen): void
  /** A job that is not in the path of a request. */
  addJob(jobId: string): void
  readonly count: number
  /** Jobs that are shown. */
  readonly jobIds: readonly string[]
  /** The finding, if there is anything to show. */
  found(message: string): Found | undefined
}

export function createProof(): Proof {
  const evidence: Evidence[] = []
  const jobIds = new Set<string>()
  let count = 0
  const addJob = (jobId: string): void => {
    if (jobIds.size < shownJobs) jobIds.add(jobId)
  }
  return {
    add(seen) {
      count++
      if (evidence.length < shownRequests) evidence.push(toEvidence(seen))
      if (seen.jobId !== null) addJob(seen.jobId)
    },
    addJob,
    get count() {
      return count
    },
    get jobIds() {
      return [...jobIds]
    },
    found: (message) => (count === 0 ? undefined : { message, count, evidence, jobIds: [...jobIds] }),
  }
}

/** Entries of each kind that the rules remember. The oldest goes first, so that a run of days does not fill the memory. */
const remembered = 100_000

/** The memory of a rule. */
export class Memory<Value> extends BoundedMap<string, Value> {
  constructor() {
    super(remembered)
  }

  /** The value of a key, made if there is none. */
  at(key: string, make: () => Value): Value {
    const known = this.get(key)
    if (known !== undefined) return known
    const value = make()
    this.set(key, value)
    return value
  }
}

/** The key of a job in the memory of a rule. */
export const jobKey = (seen: Seen, jobId: string | null = seen.jobId): string => `${seen.world} ${jobId}`

/** A few names, the rest as a number. */
export function listed(names: readonly string[], most = 3): string {
  const more = names.length - most
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ')
}
