import type { JobState } from '../../../schemas/jobs.ts'
import { failedPrecondition } from '../../base/errors.ts'
import type { Micros } from '../../base/timestamps.ts'
import { assertPlayed, type JobRecord } from './job.ts'
import { changePace, hold, isFinal, type Run, stateAt, step } from './lifecycle.ts'
import type { Pace } from './pace.ts'

/** The job with a life made of its own; as it is if it was not run. */
export const withRun = (job: JobRecord, make: (run: Run) => Run): JobRecord => {
  if (job.run === null) return job
  const run = make(job.run)
  return run === job.run ? job : { ...job, run }
}

/** The job with a gate before a state. @throws ApiError 400/9 if it will not enter that state by itself */
export function heldJob(job: JobRecord, before: JobState, present: Micros): JobRecord {
  assertPlayed(job, present)
  const run = job.run === null ? undefined : hold(job.run, before, present)
  if (run === undefined) throw failedPrecondition(`job ${job.id} is not about to enter ${before}`)
  return { ...job, run }
}

/** The job some states further. @throws ApiError 400/9 if it waits at no gate */
export function releasedJob(job: JobRecord, steps: number, present: Micros): JobRecord {
  assertPlayed(job, present)
  if (job.run === null || job.run.pending.length === 0) throw failedPrecondition(`job ${job.id} waits at no gate`)
  return withRun(job, (run) => step(run, steps, present))
}

/**
 * The job at another pace.
 *
 * @param own the pace as it is written; null: the job has none of its own
 * @param pace the one that holds from now on
 * @throws ApiError 400/9 if the job has ended
 */
export function pacedJob(job: JobRecord, own: string | null, pace: Pace, present: Micros): JobRecord {
  const state = stateAt(job.run, present)
  assertPlayed(job, present)
  if (isFinal(state)) throw failedPrecondition(`job ${job.id} has ended in ${state}: no pace moves it any more`)
  return withRun({ ...job, pace: own }, (run) => changePace(run, pace, present))
}
