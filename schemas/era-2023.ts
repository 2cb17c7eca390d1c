import { type Static, Type } from '@sinclair/typebox'
import { DataSourceView } from './datasource.ts'
import { AppParams } from './job-parts.ts'
import { CreateJobRequest, JobJob } from './jobs.ts'
import { Int64, Nullable, Struct, Text, Timestamp, UInt32 } from './proto.ts'
import { User } from './users.ts'

/** Parameters as of 2023: `data` is the app's own. Sections of 2025 are taken, too. */
export const AppParams2023 = Type.Object({
  ...AppParams.properties,
  data: Type.Optional(Struct({ description: '2023: the parameters of the app' })),
  schema: Type.Optional(Text()),
  selectedOutputs: Type.Optional(Type.Array(Text())),
})
export type AppParams2023 = Static<typeof AppParams2023>

/** The create of 2023: that of 2025 with other parameters. */
export const CreateJobRequest2023 = Type.Object({
  ...CreateJobRequest.properties,
  params: Type.Optional(AppParams2023),
})

const { properties: job } = JobJob

/** A job as saved notebooks of 2023 show it: 21 fields in this order. */
export const Job2023 = Type.Object({
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

/** A balance as the vendor's read-me of 2023 shows it. */
export const Balance2023 = Type.Object({ accountId: Text(), totalBalance: Int64(), availableBalance: Int64() })
export type Balance2023 = Static<typeof Balance2023>

const { id, createdAt, lastLogin, displayName, email, photoUrl, providerId, emailVerified, role } = User.properties

/** A user as the vendor's read-me of 2023 shows it, with the role of December. */
export const User2023 = Type.Object({
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
