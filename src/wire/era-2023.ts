import type { TSchema } from '@sinclair/typebox'
import { type AppParams2023, Balance2023, Job2023, JobResponse2023, User2023 } from '../../schemas/era-2023.ts'
import { Balance } from '../../schemas/wallet.ts'
import { JobJob, JobResponse } from '../../schemas/jobs.ts'
import { User } from '../../schemas/users.ts'
import { isObject } from '../base/objects.ts'

/** Whose answers clients get: those of mid-2025, or what the vendor's notebooks of 2023 read. */
export const eras = ['2025', '2023'] as const
export type Era = (typeof eras)[number]

/** A job of today in the words of 2023 (observed in saved notebooks). */
function jobOf2023(job: JobJob): Job2023 {
  const { dataDestination, params } = job
  const { data, schema = '', preset = '', selectedOutputs = [] } = (params ?? {}) as AppParams2023
  // Without a destination there was none; a destination showed its empty params.
  const isUnset = dataDestination?.dataSourceDescriptor === 'bucket' && dataDestination.params === null
  return {
    id: job.id,
    templateId: job.templateId,
    name: job.name,
    config: { minChunkSize: '0', maxChunkSize: '0', replicationFactor: 0, partitioningSettings: {} },
    priority: job.priority,
    startAt: job.startAt,
    deadline: null,
    submittedAt: job.submittedAt,
    startedAt: job.startedAt,
    completedAt: job.endedAt,
    regions: job.regions,
    state: job.state,
    dataSource: job.dataSource,
    params: params === null ? null : { schema, data: data ?? {}, preset, selectedOutputs },
    dataDestination: isUnset ? null : dataDestination,
    duration: job.duration,
    deletedAt: job.deletedAt,
    createdAt: job.createdAt,
    // An int64 then; ByteChips had no fractions.
    paymentAmount: String(Math.round(job.paymentAmount)),
    numUnitsEstimation: job.numUnitsEstimation,
    numChunks: String(job.numChunks),
  }
}

const balanceOf2023 = ({ accountId, totalBalance, availableBalance }: Balance): Balance2023 => ({
  accountId,
  totalBalance: String(Math.floor(totalBalance)),
  availableBalance: String(Math.floor(availableBalance)),
})

const userOf2023 = ({ firstName: _first, lastName: _last, contactInfo, ...user }: User): User2023 => ({
  id: user.id,
  createdAt: user.createdAt,
  lastLogin: user.lastLogin,
  displayName: user.displayName,
  email: user.email,
  phoneNumber: contactInfo?.phoneNumber ?? '',
  photoUrl: user.photoUrl,
  providerId: user.providerId,
  emailVerified: user.emailVerified,
  customClaims: user.customClaims ?? {},
  role: user.role,
})

/** An answer in the words of 2023: every job, balance and user in it is turned, the rest stays. */
export function answerOf2023(answer: unknown): unknown {
  if (!isObject(answer)) return answer
  const { job, data, user } = answer
  if (isJob(job)) return { job: jobOf2023(job) }
  if (Array.isArray(data) && data.every(isJob)) return { ...answer, data: data.map(jobOf2023) }
  if (isObject(user) && 'contactInfo' in user) return { ...answer, user: userOf2023(user as User) }
  return 'totalBalance' in answer ? balanceOf2023(answer as Balance) : answer
}

const isJob = (value: unknown): value is JobJob => isObject(value) && 'stateTimestamps' in value

const schemas = new Map<TSchema, TSchema>([
  [JobResponse, JobResponse2023],
  [JobJob, Job2023],
  [Balance, Balance2023],
  [User, User2023],
])

/** The schema of what `answerOf2023` makes of the answers of another one, or undefined if it is the same. */
export const schemaOf2023 = (schema: unknown): TSchema | undefined => schemas.get(schema as TSchema)
