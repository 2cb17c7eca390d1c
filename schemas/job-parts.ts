import { type Static, Type } from '@sinclair/typebox'
import { Message, Struct, Text, UInt32 } from './proto.ts'

/** Limits of a job; 0 or absent means none. */
export const JobConfig = Message('JobConfig', {
  taskTimeout: Type.Optional(UInt32({ description: 'Seconds after which a task is stopped' })),
  jobTimeout: Type.Optional(UInt32({ description: 'Seconds after which the job is stopped' })),
  isTestJob: Type.Optional(Type.Boolean()),
  maxTaskRetries: Type.Optional(UInt32({ description: 'Late 2025; kept, not shown in the answers of mid-2025' })),
})
export type JobConfig = Static<typeof JobConfig>

export const JobConfigView = Message('JobConfigView', {
  taskTimeout: UInt32(),
  jobTimeout: UInt32(),
  isTestJob: Type.Boolean(),
})
export type JobConfigView = Static<typeof JobConfigView>

/** Parameters for the three components of a job; each section is the user's own. */
export const AppParams = Message('AppParams', {
  preset: Type.Optional(Text({ description: 'Deprecated by the vendor' })),
  partitioner: Type.Optional(Struct()),
  assembler: Type.Optional(Struct()),
  app: Type.Optional(Struct()),
})
export type AppParams = Static<typeof AppParams>

const NullableStruct = () =>
  Type.Unsafe<Record<string, unknown> | null>({
    type: ['object', 'null'],
    additionalProperties: true,
    'x-proto': 'struct',
  })

export const AppParamsView = Message('AppParamsView', {
  preset: Text(),
  partitioner: NullableStruct(),
  assembler: NullableStruct(),
  app: NullableStruct(),
})
export type AppParamsView = Static<typeof AppParamsView>
