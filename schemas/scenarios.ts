import { type Static, Type } from '@sinclair/typebox'
import { jobStates } from './jobs.ts'
import type { PaceName } from './names.ts'
import { Double, Enum, Message, UInt32 } from './proto.ts'

/** A file that a scenario makes a job produce. Exactly one of text, base64 and size says what is in it. */
export const ScenarioResult = Message('ScenarioResult', {
  name: Type.String({ minLength: 1, description: 'May hold folders' }),
  text: Type.Optional(Type.String({ description: 'The content, as text' })),
  base64: Type.Optional(Type.String({ description: 'The content, encoded' })),
  size: Type.Optional(UInt32({ description: 'Bytes of filling' })),
})
export type ScenarioResult = Static<typeof ScenarioResult>

const ScenarioRule = {
  templateId: Type.Optional(Type.String({ description: 'Only jobs of this template' })),
  name: Type.Optional(Type.String({ description: 'Only jobs of this name; `*` matches any text' })),
  jobId: Type.Optional(Type.String({ description: 'Only this job' })),
  nth: Type.Optional(UInt32({ description: 'Only the n-th run that fits otherwise, from 1' })),
  times: Type.Optional(UInt32({ description: 'Runs to decide; absent: all' })),
  failIn: Type.Optional(Enum(jobStates, { description: 'The job fails after this state' })),
  errorMessage: Type.Optional(Type.String({ description: 'What the job says of its failure' })),
  timesOut: Type.Optional(Type.Boolean({ description: 'Its tasks never end, and the job fails for it' })),
  neverEnds: Type.Optional(Type.Boolean({ description: 'Its tasks never end, and neither does the job' })),
  tasks: Type.Optional(UInt32({ description: 'Number of tasks' })),
  paymentAmount: Type.Optional(Double({ description: 'ByteChips' })),
  pace: Type.Optional(Type.Unsafe<PaceName>({ type: 'string', description: 'As for --pace' })),
  results: Type.Optional(
    Type.Array(ScenarioResult, { description: 'In place of what the template produces; [] is nothing' }),
  ),
  logs: Type.Optional(Type.Array(Type.String(), { description: 'Lines that each task prints' })),
}

/** `POST /_emulator/worlds/{world}/scenarios`. */
export const ScenarioRequest = Message('ScenarioRequest', ScenarioRule, {
  examples: [
    {
      templateId: 'img-gen-diffusers-flux-gpu-template',
      failIn: 'JOB_STATE_MERGING',
      errorMessage: 'zip: no space left',
    },
  ],
})
export type ScenarioRequest = Static<typeof ScenarioRequest>

/** A scenario and what became of it. */
export const Scenario = Message('Scenario', {
  id: Type.String({ description: 'By which it can be removed' }),
  ...ScenarioRule,
  matched: Type.Integer({ description: 'Runs that fitted' }),
  used: Type.Integer({ description: 'Runs that it decided' }),
})
export type Scenario = Static<typeof Scenario>

export const Scenarios = Message('Scenarios', { scenarios: Type.Array(Scenario) })
