import { type Static, Type } from '@sinclair/typebox'
import { CreateJobRequest, jobStates } from './jobs.ts'
import { Enum, Message, Text } from './proto.ts'
import { JobTemplateInput } from './templates.ts'

/** One job of a seed file: a create request, and optionally the state it is already in. */
export const SeedJob = Message('SeedJob', {
  ...CreateJobRequest.properties,
  state: Type.Optional(Enum(jobStates)),
})
export type SeedJob = Static<typeof SeedJob>

/** A file that jobs of a template end with. Its content is said in exactly one of three ways. */
export const SeedResult = Message('SeedResult', {
  name: Text({ minLength: 1, description: 'May hold folders' }),
  contentType: Type.Optional(Text({ description: 'Absent: from the ending of the name' })),
  text: Type.Optional(Text({ description: 'The content, as text' })),
  base64: Type.Optional(Text({ description: 'The content, encoded' })),
  file: Type.Optional(Text({ description: 'A file with the content, relative to the seed file' })),
})
export type SeedResult = Static<typeof SeedResult>

/** One template of a seed file: as a client sends it, and optionally what its jobs end with. */
export const SeedTemplate = Message('SeedTemplate', {
  ...JobTemplateInput.properties,
  results: Type.Optional(Type.Array(SeedResult)),
})
export type SeedTemplate = Static<typeof SeedTemplate>

/** The content that every world starts from (`--seed FILE`). */
export const Seed = Message('Seed', {
  templates: Type.Optional(Type.Array(SeedTemplate)),
  jobs: Type.Optional(Type.Array(SeedJob)),
})
export type Seed = Static<typeof Seed>
