import { type Static, Type } from '@sinclair/typebox'
import { DataSourceView } from './datasource.ts'
import { AppParams } from './job-parts.ts'
import { CreateJobRequest, JobJob } from './jobs.ts'
import { Int64, Message, Nullable, Struct, Text, Timestamp, UInt32 } from './proto.ts'
import { User } from './users.ts'

/** Parameters as of 2023: `data` is the app's own. Sections of 2025 are taken, too. */
export const AppParams2023 = Message('AppParams2023', {
  ...AppParams.properties,
  data: Type.Optional(Struct({ description: '2023: the parameters of the app' })),
  schema: Type.Optional(Text()),
  selectedOutputs: Type.Optional(Type.Array(Text())),
})
export type AppParams2023 = Static<typeof AppParams2023>

/** The create of 2023: that of 2025 with other parameters. */
export const CreateJobRequest2023 = Message('CreateJobRequest2023', {
  ...CreateJobRequest.properties,
  params: Type.Optional(AppParams2023),
})

const { properties: job } = JobJob

/** A job as saved notebooks of 2023 show it: 21 fields in this order. */
export const Job2023 = Message('Job2023', {
  id: job.id,
  templateId: job.templateId,
  name: job.name,
  config: Type.Object({
    minChunkSize: Int64(),
    maxChunkSize: Int64(),
    replicationFactor: UInt32(),
    partitioningSettings: Struct(),
  }),
  priority: job.priority,
  startAt: job.startAt,
  deadline: Nullable(Timestamp()),
  submittedAt: job.submittedAt,
  startedAt: job.startedAt,
  completedAt: Nullable(Timestamp()),
  regions: job.regions,
  state: job.state,
  dataSource: Nullable(DataSourceView),
  params: Nullable(
    Type.Object({ schema: Text(), data: Struct(), preset: Text(), selectedOutputs: Type.Array(Text()) }),
  ),
  dataDestination: Nullable(DataSourceView),
  duration: job.duration,
  deletedAt: job.deletedAt,
  createdAt: job.createdAt,
  paymentAmount: Int64({ description: 'ByteChips' }),
  numUnitsEstimation: Int64(),
  numChunks: Int64(),
})
export type Job2023 = Static<typeof Job2023>

export const JobResponse2023 = Message('JobResponse2023', { job: Job2023 })

/** A balance as the vendor's read-me of 2023 shows it. */
export const Balance2023 = Message('Balance2023', {
  accountId: Text(),
  totalBalance: Int64(),
  availableBalance: Int64(),
})
export type Balance2023 = Static<typeof Balance2023>

const { id, createdAt, lastLogin, displayName, email, photoUrl, providerId, emailVerified, role } = User.properties

/** A user as the vendor's read-me of 2023 shows it, with the role of December. */
export const User2023 = Message('User2023', {
  id,
  createdAt,
  lastLogin,
  displayName,
  email,
  phoneNumber: Text(),
  photoUrl,
  providerId,
  emailVerified,
  customClaims: Struct(),
  role,
})
export type User2023 = Static<typeof User2023>
