import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message, Nullable } from './proto.ts'
import { budgetReasons, faultKinds, outcomes } from './sweep-names.ts'

/** The outcome of one run of the program. */
const Ended = {
  exitCode: Nullable(Type.Integer({ description: 'As a shell tells it' })),
  durationMs: Type.Integer(),
  jobs: Type.Integer({ description: 'Jobs that it created, also those it deleted' }),
  left: Type.Integer({ description: 'Jobs that were not run or still ran when it ended' }),
}

/** One request of the program, met by one fault. */
export const SweptCase = Message('SweptCase', {
  id: Type.String({ description: 'For `--only`' }),
  request: Type.String({ description: 'The part of the id that its request has in common with others' }),
  operation: Type.String(),
  nth: Type.Integer({ description: 'Which request of the operation in its world, from 1' }),
  world: Type.String(),
  fault: Enum(faultKinds),
  outcomes: Type.Array(Enum(outcomes)),
  ...Ended,
  output: Type.String({ description: 'The end of what the program printed' }),
})
export type SweptCase = Static<typeof SweptCase>

/** How a program takes single failures of the API. Written by `exec --sweep --report-file`. */
export const Sweep = Message('Sweep', {
  version: Type.String({ description: 'Of the emulator' }),
  startedAt: Type.String({ format: 'date-time' }),
  durationMs: Type.Integer(),
  command: Type.Array(Type.String()),
  runs: Type.Integer({ description: 'Of the program, with those without a fault' }),
  baseline: Type.Object(Ended, { description: 'Without a fault; the larger number of two runs' }),
  differences: Type.Array(Type.String(), {
    description: 'What two runs without a fault did differently; empty where the program is stable',
  }),
  cases: Type.Array(SweptCase, { description: 'In the order in which they were run' }),
  notRun: Type.Array(Type.String(), { description: 'Ids of the cases that were left out' }),
  notRunBecause: Nullable(Type.String({ description: `One of ${budgetReasons.join(', ')}` })),
  failedOn: Type.Array(Type.String(), { description: 'Why the exit code is 1' }),
})
export type Sweep = Static<typeof Sweep>
