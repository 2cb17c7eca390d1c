import { type Static, Type } from '@sinclair/typebox'
import { Message, Struct, Text, UInt32 } from './proto.ts'

/** Limits of a job; 0 or absent means none. */
export const JobConfig = Message(
  'JobConfig',
  {
    taskTimeout: Type.Optional(UInt32({ description: 'Seconds after which a task is stopped' })),
    jobTimeout: Type.Optional(UInt32({ description: 'Seconds after which the job is stopped' })),
    isTestJob: Type.Optional(Type.Boolean({ description: 'Kept and shown; it has no effect' })),
    maxTaskRetries: Type.Optional(
      UInt32({ description: 'Retries of a failed task (late 2025); not shown in the answers of mid-2025' }),
    ),
  },
  { description: 'Limits of a job; 0 or absent: none' },
)
export type JobConfig = Static<typeof JobConfig>

export const JobConfigView = Message('JobConfigView', {
  taskTimeout: UInt32(),
  jobTimeout: UInt32(),
  isTestJob: Type.Boolean(),
})
export type JobConfigView = Static<typeof JobConfigView>

/** Parameters for the three components of a job; each section is the user's own. */
export const AppParams = Message(
  'AppParams',
  {
    preset: Type.Optional(Text({ description: 'Deprecated by the vendor' })),
    partitioner: Type.Optional(Struct({ description: 'Parameters of the partitioner' })),
    assembler: Type.Optional(Struct({ description: 'Parameters of the assembler' })),
    app: Type.Optional(Struct({ description: 'Parameters of the app' })),
  },
  { description: 'Parameters of the building blocks' },
)
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
