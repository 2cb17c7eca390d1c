import { type Static, Type } from '@sinclair/typebox'
import { jobStates } from './jobs.ts'
import type { PaceName } from './names.ts'
import { Double, Enum, Message, UInt32 } from './proto.ts'

/** A file that a scenario makes a job produce. Exactly one of text, base64 and size sets its content. */
export const ScenarioResult = Message('ScenarioResult', {
  name: Type.String({ minLength: 1, description: 'Name of the file; can contain folders' }),
  text: Type.Optional(Type.String({ description: 'The content, as text' })),
  base64: Type.Optional(Type.String({ description: 'The content, encoded' })),
  size: Type.Optional(UInt32({ description: 'Number of made-up bytes' })),
})
export type ScenarioResult = Static<typeof ScenarioResult>

const ScenarioRule = {
  templateId: Type.Optional(Type.String({ description: 'Only jobs of this template' })),
  name: Type.Optional(Type.String({ description: 'Only jobs of this name; `*` matches any text' })),
  jobId: Type.Optional(Type.String({ description: 'Only this job' })),
  nth: Type.Optional(UInt32({ description: 'Only the n-th matching run, from 1' })),
  times: Type.Optional(UInt32({ description: 'Number of runs to decide; absent: all' })),
  failIn: Type.Optional(Enum(jobStates, { description: 'The job fails after this state' })),
  errorMessage: Type.Optional(Type.String({ description: '`errorMessage` of the failed job' })),
  timesOut: Type.Optional(Type.Boolean({ description: 'Its tasks never end, and the job fails with a timeout' })),
  neverEnds: Type.Optional(Type.Boolean({ description: 'Its tasks never end, and neither does the job' })),
  tasks: Type.Optional(UInt32({ description: 'Number of tasks' })),
  paymentAmount: Type.Optional(Double({ description: 'Price of the run in ByteChips' })),
  pace: Type.Optional(Type.Unsafe<PaceName>({ type: 'string', description: 'As for --pace' })),
  results: Type.Optional(
    Type.Array(ScenarioResult, { description: 'Files instead of those of the template; [] for none' }),
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

/** A scenario and its use. */
export const Scenario = Message('Scenario', {
  id: Type.String({ description: 'Id of the scenario' }),
  ...ScenarioRule,
  matched: Type.Integer({ description: 'Number of matching runs' }),
  used: Type.Integer({ description: 'Number of runs that it decided' }),
})
export type Scenario = Static<typeof Scenario>

export const Scenarios = Message('Scenarios', {
  scenarios: Type.Array(Scenario, { description: 'In the order in which they are tried' }),
})
