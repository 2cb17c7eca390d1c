import { type Static, Type } from '@sinclair/typebox'
import { CreateJobRequest, jobStates } from './jobs.ts'
import { Enum, Message, Text } from './proto.ts'
import { JobTemplateInput } from './templates.ts'

/** One job of a seed file: a create request, and optionally the state it is already in. */
export const SeedJob = Message('SeedJob', {
  ...CreateJobRequest.properties,
  state: Type.Optional(Enum(jobStates, { description: 'The state that the job is in; absent: JOB_STATE_NEW' })),
})
export type SeedJob = Static<typeof SeedJob>

/** A result file of the jobs of a template. Exactly one of text, base64 and file sets its content. */
export const SeedResult = Message('SeedResult', {
  name: Text({ minLength: 1, description: 'Name of the file; can contain folders' }),
  contentType: Type.Optional(Text({ description: 'Content type; absent: from the extension of the name' })),
  text: Type.Optional(Text({ description: 'The content, as text' })),
  base64: Type.Optional(Text({ description: 'The content, encoded' })),
  file: Type.Optional(Text({ description: 'A file with the content, relative to the seed file' })),
})
export type SeedResult = Static<typeof SeedResult>

/** A template of a seed file: as a client sends it, and optionally the results of its jobs. */
export const SeedTemplate = Message('SeedTemplate', {
  ...JobTemplateInput.properties,
  results: Type.Optional(Type.Array(SeedResult, { description: 'Result files of its jobs' })),
})
export type SeedTemplate = Static<typeof SeedTemplate>

/** The content that every world starts from (`--seed FILE`). */
export const Seed = Message('Seed', {
  templates: Type.Optional(Type.Array(SeedTemplate, { description: 'Templates of the world' })),
  jobs: Type.Optional(Type.Array(SeedJob, { description: 'Jobs of the world' })),
})
export type Seed = Static<typeof Seed>
