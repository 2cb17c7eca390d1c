import { AppParams, JobConfig } from '../../../schemas/job-parts.ts'
import type { CreateJobRequest, JobState } from '../../../schemas/jobs.ts'
import { checkDataDestination, checkDataSource, isUpload } from './data-sources.ts'
import { failedPrecondition, invalidArgument, permissionDenied, show } from '../../base/errors.ts'
import { isUuid, normaliseId } from '../../base/ids.ts'
import { isFinal, type JobCommand, refusal, Run, Script, stateAt } from './lifecycle.ts'
import type { Template } from '../templates/template.ts'
import type { Micros } from '../../base/timestamps.ts'
import { DataSource } from '../../../schemas/datasource.ts'
import { type Static, Type } from '@sinclair/typebox'
import { Text, Nullable } from '../../../schemas/proto.ts'
import type { ReadonlyDeep } from '../../base/objects.ts'

/**
 * The job that a create request makes, or makes of the job that is there.
 *
 * @param request in canonical form
 * @param context the job that has the id now, the template, who asks, and the moment
 * @throws ApiError 400/9 if the job was started or deleted, 403 if it is another account's, 400/3 for a wrong source
 */
export function createdJob(
  request: CreateJobRequest,
  context: {
    readonly id: string
    readonly existing: JobRecord | undefined
    readonly template: Template
    readonly account: string
    readonly now: Micros
  },
): JobRecord {
  const { id, existing, template, account, now } = context
  if (existing !== undefined) {
    assertAccount(existing, account)
    if (existing.deletedAt !== null)
      throw failedPrecondition(`job ${id} was deleted; choose another jobId`, 'job-id-taken')
    assertAllowed('update', existing, now)
  }
  const { dataSource, dataDestination } = request
  return {
    id,
    account,
    templateId: template.id,
    name: request.name ?? existing?.name ?? '',
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
    // Another source makes a file that was uploaded for the last one invalid.
    upload: dataSource === undefined ? (existing?.upload ?? null) : null,
    run: null,
    script: null,
    pace: existing?.pace ?? null,
  }
}

/** A change to a job; absent fields stay. */
export type JobChange = Pick<CreateJobRequest, 'name' | 'dataSource' | 'dataDestination' | 'params' | 'config'>

/**
 * The job after an update.
 *
 * @throws ApiError 400/9 if it was started, 400/3 for a wrong source
 */
export function changedJob(job: JobRecord, change: JobChange, now: Micros): JobRecord {
  assertAllowed('update', job, now)
  const { name, dataSource, dataDestination, params, config } = change
  return {
    ...job,
    ...(name === undefined ? {} : { name }),
    ...(dataSource === undefined ? {} : { dataSource: checkDataSource(dataSource), upload: null }),
    ...(dataDestination === undefined ? {} : { dataDestination: checkDataDestination(dataDestination) }),
    ...(params === undefined ? {} : { params: mergeParams(job.params, params) }),
    ...(config === undefined ? {} : { config: { ...job.config, ...config } }),
  }
}

/** Sections given later replace those given before, each as a whole (chosen). */
function mergeParams(...layers: readonly (AppParams | null | undefined)[]): AppParams | null {
  const given = layers.filter((layer) => layer !== null && layer !== undefined)
  return given.length === 0 ? null : (Object.assign({}, ...given) as AppParams)
}

/** @throws ApiError 400/9 if the job's state does not allow the command */
export function assertAllowed(command: JobCommand, job: JobRecord, now: Micros): void {
  const error = refusal(command, job.id, stateAt(job.run, now))
  if (error !== undefined) throw error
}

/** @throws ApiError 400/9 for a job that runs and that its own blocks move along */
export function assertPlayed({ id, run }: JobRecord, present: Micros): void {
  if (run?.blocks !== undefined && !isFinal(stateAt(run, present))) {
    throw failedPrecondition(`job ${id} runs building blocks, and only they move it; abort ends it`)
  }
}

/**
 * Checks what must be there before a job can start: an input, and a file that was uploaded if the input is one.
 *
 * @throws ApiError 400/9 that names the missing step
 */
export function assertRunnable(job: JobRecord): void {
  const { id, dataSource, upload } = job
  if (dataSource === null) {
    throw failedPrecondition(
      `job ${id} has no data source: set one with PATCH /v1/customer/jobs/${id}/datasource ` +
        '{"dataSource":{"dataSourceDescriptor":"bypass"}}',
      'nothing-to-run',
    )
  }
  if (isUpload(dataSource) && upload?.completed !== true) {
    throw failedPrecondition(
      upload === null
        ? `job ${id} has no input file yet: PUT it to dataSource.params.tempUrl, then PATCH /v1/customer/jobs/${id}/uploadcompleted`
        : `the upload of job ${id} is not completed: PATCH /v1/customer/jobs/${id}/uploadcompleted`,
      'nothing-to-run',
    )
  }
  if (dataSource.dataSourceDescriptor === 'url' && (dataSource.params?.['url'] ?? '') === '') {
    throw failedPrecondition(
      `the data source of job ${id} has no url: set one with PATCH /v1/customer/jobs/${id}/datasource ` +
        '{"dataSource":{"dataSourceDescriptor":"url","params":{"@type":"type.googleapis.com/bytenite.data_source.HttpDataSource","url":"https://example.com/input.txt"}}}',
      'nothing-to-run',
    )
  }
}

/** How many tasks the partitioner makes: one a replica, one a chunk of URLs, else one (observed for replicas). */
export function taskCount({ params }: JobRecord): number {
  const partitioner = params?.partitioner ?? {}
  const replicas = partitioner['num_replicas']
  if (typeof replicas === 'number' && replicas >= 1) return Math.min(Math.floor(replicas), maxTasks)
  const urls = partitioner['urls']
  const chunkSize = partitioner['chunk_size']
  if (Array.isArray(urls) && urls.length > 0) {
    const size = typeof chunkSize === 'number' && chunkSize >= 1 ? chunkSize : 1
    return Math.min(Math.ceil(urls.length / size), maxTasks)
  }
  return 1
}

/** Maximum number of tasks of a job (chosen). */
export const maxTasks = 10_000

/** ByteChips that a task costs (chosen). */
const taskPrice = 2

/** The price of a job in ByteChips, from the number of its tasks. */
export const priceOf = (tasks: number): number => tasks * taskPrice

/** @throws ApiError 403 if the job was made by another account of the world */
export function assertAccount(job: JobRecord, account: string): void {
  if (job.account !== account) throw permissionDenied(`job ${job.id} belongs to another account`, 'another-account')
}

/**
 * The id that a create request names.
 *
 * The service's ids are UUIDs; other ids are taken as well, since they make tests easier to read (chosen), but in strict mode.
 *
 * @returns undefined if the request leaves the choice to the server
 * @throws ApiError 400, code 3
 */
export function requestedId(jobId: string | undefined, strict: boolean): string | undefined {
  if (jobId === undefined || jobId.trim() === '') return undefined
  if (isUuid(jobId)) return normaliseId(jobId)
  if (strict) throw invalidArgument(`jobId ${show(jobId)} is not a UUID; strict mode requires one`, 'strict-mode')
  if (!/^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/.test(jobId)) {
    throw invalidArgument(
      `jobId ${show(jobId)}: expected a UUID, or up to 128 letters, digits or any of - _ . ~`,
      'job-id-form',
    )
  }
  if (pathWords.has(jobId))
    throw invalidArgument(`jobId ${show(jobId)} is a word of the API's own paths; choose another`, 'job-id-form')
  return jobId
}

/** Fixed words in the API's paths at the place of a job's id; no job may have such an id. */
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
  'info',
])

/** A job's limits on the wire: unset is 0. */
export const configOf = ({ taskTimeout = 0, jobTimeout = 0, isTestJob = false }: JobConfig) => ({
  taskTimeout,
  jobTimeout,
  isTestJob,
})

/** A file that was put to a job's temporary URL. */
export const Upload = Type.Object({
  size: Type.Integer({ minimum: 0, description: 'Bytes' }),
  name: Text({ description: 'The name that the client gave it, or `data.bin`' }),
  completed: Type.Boolean({ description: 'Whether the client said that it is there' }),
  file: Type.Optional(
    Text({ description: 'Name of the file on disk; absent: that of earlier versions, `upload.bin`' }),
  ),
})
export type Upload = ReadonlyDeep<Static<typeof Upload>>

/** The parts of a job that no list sorts by, as its row holds them. Rows of the first schema lack the optional ones. */
export const StoredDetails = Type.Object({
  description: Text(),
  config: JobConfig,
  dataSource: Nullable(DataSource),
  dataDestination: Nullable(DataSource),
  params: Nullable(AppParams),
  upload: Type.Optional(Nullable(Upload)),
  run: Type.Optional(Nullable(Run)),
  script: Type.Optional(Nullable(Script)),
  pace: Type.Optional(
    Nullable(
      Text({ description: 'The pace of this job alone, as `--pace` writes it; null: that of its scenario or world' }),
    ),
  ),
})
export type JobDetails = ReadonlyDeep<Required<Static<typeof StoredDetails>>>

export interface JobRecord extends JobDetails {
  readonly id: string
  /** Whose job it is inside the world. */
  readonly account: string
  readonly templateId: string
  readonly name: string
  readonly createdAt: Micros
  readonly deletedAt: Micros | null
  /** True: it was deleted, and since then so many others that nothing is kept of it but its id. */
  readonly isForgotten?: boolean
}

/** A job that entered a state. */
export interface Transition {
  readonly jobId: string
  readonly account: string
  readonly state: JobState
  readonly at: Micros
}
