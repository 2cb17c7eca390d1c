import type { JobJob, JobResponse, JobsPage } from '../../schemas/jobs.ts'
import { isObject } from '../base/objects.ts'

/** Whose answers clients get: those of mid-2025, or what the vendor's notebooks of 2023 read. */
export const eras = ['2025', '2023'] as const
export type Era = (typeof eras)[number]

/**
 * A job as in 2023 (observed in saved notebooks): `completedAt` and `deadline` beside today's names, counts and amounts as
 * decimal strings.
 */
interface JobJob2023 extends Omit<JobJob, 'numChunks' | 'paymentAmount'> {
  readonly numChunks: string
  readonly paymentAmount: string
  readonly completedAt: string | null
  readonly deadline: null
}

/** A job of today in the words of 2023. */
const jobOf2023 = (job: JobJob): JobJob2023 => ({
  ...job,
  numChunks: String(job.numChunks),
  // An int64 then; ByteChips had no fractions.
  paymentAmount: String(Math.round(job.paymentAmount)),
  completedAt: job.endedAt,
  deadline: null,
})

/** An answer of the Customer API in the words of 2023: every job in it is turned, the rest stays. */
export function answerOf2023(answer: unknown): unknown {
  if (isJobResponse(answer)) return { ...answer, job: jobOf2023(answer.job) }
  if (isJobsPage(answer)) return { ...answer, data: answer.data.map(jobOf2023) }
  return answer
}

const isJobResponse = (answer: unknown): answer is JobResponse => isObject(answer) && isObject(answer['job'])

const isJobsPage = (answer: unknown): answer is JobsPage =>
  isObject(answer) &&
  Array.isArray(answer['data']) &&
  answer['data'].every((item) => isObject(item) && 'stateTimestamps' in item)
