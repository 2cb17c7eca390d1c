import { type Static, Type } from '@sinclair/typebox'
import { DataSource, DataSourceView } from './datasource.ts'
import { AppParams, AppParamsView, JobConfig, JobConfigView } from './job-parts.ts'
import { Page } from './pagination.ts'
import { Double, Enum, Int64, Message, Nullable, Text, Timestamp, UInt32 } from './proto.ts'
import { JobTemplate } from './templates.ts'

/** Every state, in the vendor's order; the position is the number of the enum. */
export const jobStates = [
  'JOB_STATE_NEW',
  'JOB_STATE_STARTED',
  'JOB_STATE_UPLOADING',
  'JOB_STATE_PARTITIONING',
  'JOB_STATE_PARTITIONED',
  'JOB_STATE_TASKS_COMPLETED',
  'JOB_STATE_MERGING',
  'JOB_STATE_MERGED',
  'JOB_STATE_DOWNLOADING',
  'JOB_STATE_COMPLETE',
  'JOB_STATE_FAILED',
] as const
export type JobState = (typeof jobStates)[number]

export const priorities = [
  'EXECUTION_PRIORITY_UNDEFINED',
  'EXECUTION_PRIORITY_CHEAP',
  'EXECUTION_PRIORITY_BALANCED',
  'EXECUTION_PRIORITY_FAST',
] as const

/** `POST /v1/customer/jobs`: what a client sends. */
export const CreateJobRequest = Message(
  'CreateJobRequest',
  {
    templateId: Text({ minLength: 1, description: 'The template that the job is made from' }),
    jobId: Type.Optional(
      Text({ description: 'Absent or blank: a new id; of a job not yet started: that job is updated' }),
    ),
    name: Type.Optional(Text({ description: 'A name for people' })),
    description: Type.Optional(Text({ description: 'A text for people' })),
    dataSource: Type.Optional(DataSource),
    dataDestination: Type.Optional(DataSource),
    params: Type.Optional(AppParams),
    config: Type.Optional(JobConfig),
  },
  { description: 'jobsCreateJobRequest' },
)
export type CreateJobRequest = Static<typeof CreateJobRequest>

/** A job on the wire: 24 fields in the order of the vendor's page, none left out. */
export const JobJob = Message('Job', {
  id: Text({ format: 'uuid' }),
  templateId: Text(),
  name: Text(),
  config: JobConfigView,
  priority: Enum(priorities),
  startAt: Nullable(Timestamp()),
  submittedAt: Nullable(Timestamp()),
  startedAt: Nullable(Timestamp()),
  endedAt: Nullable(Timestamp()),
  regions: Nullable(Type.Object({ blacklist: Type.Array(Text()), whitelist: Type.Array(Text()) })),
  state: Enum(jobStates),
  dataSource: Nullable(DataSourceView),
  params: Nullable(AppParamsView),
  dataDestination: Nullable(DataSourceView),
  duration: Nullable(Double({ description: 'Seconds, once the job has ended' })),
  deletedAt: Nullable(Timestamp()),
  createdAt: Timestamp(),
  paymentAmount: Double({ description: 'ByteChips' }),
  numUnitsEstimation: Int64(),
  numChunks: UInt32(),
  errorMessage: Text(),
  description: Text(),
  stateTimestamps: Type.Record(Type.String(), Timestamp(), { description: 'State -> when it was entered' }),
  appId: Text(),
})
export type JobJob = Static<typeof JobJob>

export const JobResponse = Message('JobResponse', { job: JobJob, templateInfo: Nullable(JobTemplate) })
export type JobResponse = Static<typeof JobResponse>

export const JobsPage = Page('JobsPage', JobJob)
export type JobsPage = Static<typeof JobsPage>

/** `PATCH /v1/customer/jobs/{jobId}/datasource`. */
export const SetDataSourceRequest = Message('SetDataSourceRequest', {
  dataSource: Type.Optional(DataSource),
  dataDestination: Type.Optional(DataSource),
})
export type SetDataSourceRequest = Static<typeof SetDataSourceRequest>

/** `PATCH /v1/customer/jobs/{jobId}/jobname`: the body is the name itself, a JSON string. */
export const SetJobNameRequest = Text({ description: 'The new name' })

/** `POST /v1/customer/jobs/{jobId}/run`; the flat form is what the vendor's guide prints. */
export const RunJobRequest = Message('RunJobRequest', {
  config: Type.Optional(JobConfig),
  ...JobConfig.properties,
})
export type RunJobRequest = Static<typeof RunJobRequest>

export const JobParams = Type.Object({ jobId: Text() })

/** `POST /v1/customer/jobs/runningTasks`; the vendor spells it so. */
export const RunningTasksRequest = Message('RunningTasksRequest', {
  jobsIds: Type.Array(Text(), { description: 'At most 1000' }),
})

export const RunningTasksResponse = Message('RunningTasksResponse', {
  jobsRunningTasks: Type.Record(Type.String(), UInt32(), { description: 'Job id -> tasks that run now' }),
})

/** `GET /v1/customer/jobs/estimation/{jobId}`, of 2023. */
export const EstimationResponse = Message('EstimationResponse', {
  estimation: Type.Object({ totalEstimation: Int64({ description: 'ByteChips' }) }),
})
