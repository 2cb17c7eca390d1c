import type { AppParams, JobConfig } from '../schemas/job-parts.ts'
import type { CreateJobRequest, JobState } from '../schemas/jobs.ts'
import { checkDataDestination, checkDataSource } from './datasources.ts'
import { failedPrecondition, invalidArgument, permissionDenied, show } from './errors.ts'
import { isUuid, normaliseId } from './ids.ts'
import { refusal } from './lifecycle.ts'
import type { JobRecord } from './store/jobs.ts'
import type { Template } from './templates.ts'
import type { Micros } from './timestamps.ts'

/**
 * The job that a create request makes, or makes of the job that is there.
 *
 * @param request in canonical form
 * @param context the job that has the id now, the template, who asks, and the moment
 * @throws ApiError 400/9 where the job was started or deleted, 403 where it is another account's, 400/3 for a wrong source
 */
export function createdJob(
  request: CreateJobRequest,
  context: {
    readonly id: string
    readonly existing: JobRecord | undefined
    readonly template: Template
    readonly account: string
    readonly now: Micros
    readonly state?: JobState
  },
): JobRecord {
  const { id, existing, template, account, now, state = 'JOB_STATE_NEW' } = context
  if (existing !== undefined) assertUpdatable(existing, account)
  const { dataSource, dataDestination } = request
  return {
    id,
    account,
    templateId: template.id,
    name: request.name ?? existing?.name ?? '',
    state: existing?.state ?? state,
    createdAt: existing?.createdAt ?? now,
    deletedAt: null,
    description: request.description ?? existing?.description ?? '',
    config: { ...template.config, ...existing?.config, ...request.config },
    dataSource: dataSource === undefined ? (existing?.dataSource ?? template.dataSource) : checkDataSource(dataSource),
    dataDestination:
      dataDestination === undefined
        ? (existing?.dataDestination ?? template.dataDestination)
        : checkDataDestination(dataDestination),
    params: mergeParams(template.params, existing?.params, request.params),
  }
}

/** Sections given later replace those given before, each as a whole (chosen). */
function mergeParams(...layers: readonly (AppParams | null | undefined)[]): AppParams | null {
  const given = layers.filter((layer) => layer !== null && layer !== undefined)
  return given.length === 0 ? null : (Object.assign({}, ...given) as AppParams)
}

function assertUpdatable(job: JobRecord, account: string): void {
  assertAccount(job, account)
  if (job.deletedAt !== null) throw failedPrecondition(`job ${job.id} was deleted; choose another jobId`)
  const error = refusal('update', job.id, job.state)
  if (error !== undefined) throw error
}

/** @throws ApiError 403 where the job was made by another account of the world */
export function assertAccount(job: JobRecord, account: string): void {
  if (job.account !== account) throw permissionDenied(`job ${job.id} belongs to another account`)
}

/**
 * The id that a create request names.
 *
 * The service's ids are UUIDs; other ids are taken as well, since they make tests easier to read (chosen), but in strict mode.
 *
 * @returns undefined where the request leaves the choice to the server
 * @throws ApiError 400, code 3
 */
export function requestedId(jobId: string | undefined, strict: boolean): string | undefined {
  if (jobId === undefined || jobId.trim() === '') return undefined
  if (isUuid(jobId)) return normaliseId(jobId)
  if (strict) throw invalidArgument(`jobId ${show(jobId)} is not a UUID; strict mode takes nothing else`)
  if (!/^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/.test(jobId)) {
    throw invalidArgument(`jobId ${show(jobId)}: expected a UUID, or up to 128 letters, digits or any of - _ . ~`)
  }
  if (pathWords.has(jobId))
    throw invalidArgument(`jobId ${show(jobId)} is a word of the API's own paths; choose another`)
  return jobId
}

/** What stands in the API's paths where a job's id may stand, too. */
const pathWords = new Set([
  'templates',
  'filter',
  'runningTasks',
  'estimation',
  'datasource',
  'params',
  'jobname',
  'run',
  'uploadcompleted',
])

/** A job's limits on the wire: unset is 0. */
export const configOf = ({ taskTimeout = 0, jobTimeout = 0, isTestJob = false }: JobConfig) => ({
  taskTimeout,
  jobTimeout,
  isTestJob,
})
