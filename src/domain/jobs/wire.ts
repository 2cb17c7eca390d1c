import {
  type DataSource,
  type DataSourceType,
  type DataSourceView,
  dataSourceTypes,
} from '../../../schemas/datasource.ts'
import type { AppParams, AppParamsView } from '../../../schemas/job-parts.ts'
import type { JobJob, JobResponse } from '../../../schemas/jobs.ts'
import type { JobTemplate, JobTemplateDetail } from '../../../schemas/templates.ts'
import { isUpload } from './data-sources.ts'
import { typeName } from '../../wire/any.ts'
import { configOf } from './job.ts'
import { progressAt } from './lifecycle.ts'
import type { JobRecord } from './job.ts'
import type { Template } from '../templates/template.ts'
import { formatTimestamp, type Micros } from '../../base/timestamps.ts'

/** Makes the temporary URL for the upload of a job's input file. */
export type UploadUrl = (job: JobRecord) => string

/** A stored job as clients see it: the fields of the vendor's page, in its order, unset ones included. */
export function jobToWire(job: JobRecord, now: Micros, uploadUrl: UploadUrl): JobJob {
  const progress = progressAt(job.run, job.createdAt, now)
  return {
    id: job.id,
    templateId: job.templateId,
    name: job.name,
    config: configOf(job.config),
    priority: 'EXECUTION_PRIORITY_UNDEFINED',
    startAt: null,
    submittedAt: timestamp(progress.submittedAt),
    startedAt: timestamp(progress.startedAt),
    endedAt: timestamp(progress.endedAt),
    regions: null,
    state: progress.state,
    dataSource: job.dataSource === null ? null : jobSourceToWire(job, job.dataSource, uploadUrl),
    params: job.params === null ? null : paramsToWire(job.params),
    dataDestination: job.dataDestination === null ? null : dataSourceToWire(job.dataDestination),
    duration: progress.duration,
    deletedAt: timestamp(job.deletedAt),
    createdAt: formatTimestamp(job.createdAt),
    paymentAmount: job.run?.payment ?? 0,
    numUnitsEstimation: String(job.run?.tasks ?? 0),
    numChunks: progress.numChunks,
    errorMessage: progress.errorMessage,
    description: job.description,
    stateTimestamps: progress.stateTimestamps,
    appId: '',
  }
}

/** A job and its template; null if the template is gone. */
export const jobResponseToWire = (
  job: JobRecord,
  template: Template | undefined,
  now: Micros,
  uploadUrl: UploadUrl,
): JobResponse => ({
  job: jobToWire(job, now, uploadUrl),
  templateInfo: template === undefined ? null : templateToWire(template),
})

export const templateToWire = ({ id, owner, description, app, partitioner, assembler }: Template): JobTemplate => ({
  id,
  owner,
  description,
  app,
  partitioner,
  assembler,
})

export const templateDetailToWire = (template: Template): JobTemplateDetail => ({
  ...templateToWire(template),
  createdAt: timestamp(template.createdAt),
  updatedAt: timestamp(template.updatedAt),
  isPublic: template.account === null,
  dataSource: template.dataSource === null ? null : dataSourceToWire(template.dataSource),
  dataDestination: template.dataDestination === null ? null : dataSourceToWire(template.dataDestination),
  params: template.params === null ? null : paramsToWire(template.params),
  config: template.config === null ? null : configOf(template.config),
  userName: '',
})

const timestamp = (at: Micros | null): string | null => (at === null ? null : formatTimestamp(at))

/** Parameters as answers show them; those that only requests of 2023 can set are there if they were. */
const paramsToWire = ({ preset = '', partitioner, assembler, app, ...of2023 }: AppParams): AppParamsView => ({
  preset,
  partitioner: partitioner ?? null,
  assembler: assembler ?? null,
  app: app ?? null,
  ...of2023,
})

function jobSourceToWire(job: JobRecord, source: DataSource, uploadUrl: UploadUrl): DataSourceView {
  const view = dataSourceToWire(source)
  return isUpload(source) && view.params !== null
    ? { ...view, params: { ...view.params, tempUrl: uploadUrl(job) } }
    : view
}

/** Names of the fields of each type, in their order. */
const fieldsOf = Object.fromEntries(
  Object.entries(dataSourceTypes).map(([type, { properties }]) => [type, Object.keys(properties)]),
) as Record<DataSourceType, string[]>

/** An Any shows all fields of its message, unset ones as `""`, `@type` first (observed). */
function dataSourceToWire({ dataSourceDescriptor = '', params }: DataSource): DataSourceView {
  if (params === undefined) return { dataSourceDescriptor, params: null }
  const type = params['@type']
  if (type === undefined) return { dataSourceDescriptor, params: {} }
  const view: Record<string, unknown> = { '@type': type }
  for (const field of fieldsOf[typeName(type) as DataSourceType]) view[field] = params[field] ?? ''
  return { dataSourceDescriptor, params: view }
}
