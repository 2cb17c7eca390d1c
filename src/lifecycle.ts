import type { JobState } from '../schemas/jobs.ts'
import { failedPrecondition, type ApiError } from './errors.ts'

/** What a client can ask of a job that is there. */
export type JobCommand = 'update'

/** States in which a command is allowed. Source: "only a job that has not been started can be updated" (documented). */
const allowed: Readonly<Record<JobCommand, readonly JobState[]>> = {
  update: ['JOB_STATE_NEW'],
}

/**
 * Tells whether a command may be given to a job in a state.
 *
 * @returns the error to answer with (400, code 9), or undefined where the command is allowed
 */
export function refusal(command: JobCommand, jobId: string, state: JobState): ApiError | undefined {
  if (allowed[command].includes(state)) return undefined
  return failedPrecondition(
    `job ${jobId} is in ${state}: only a job in ${allowed[command].join(' or ')} can be changed`,
  )
}
