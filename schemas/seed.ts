import { type Static, Type } from '@sinclair/typebox'
import { CreateJobRequest, jobStates } from './jobs.ts'
import { Enum } from './proto.ts'
import { JobTemplateInput } from './templates.ts'

/** One job of a seed file: a create request, and optionally the state it is already in. */
export const SeedJob = Type.Object({
  ...CreateJobRequest.properties,
  state: Type.Optional(Enum(jobStates)),
})
export type SeedJob = Static<typeof SeedJob>

/** What every world starts from (`--seed FILE`). */
export const Seed = Type.Object({
  templates: Type.Optional(Type.Array(JobTemplateInput)),
  jobs: Type.Optional(Type.Array(SeedJob)),
})
export type Seed = Static<typeof Seed>
