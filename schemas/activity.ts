import { type Static, Type } from '@sinclair/typebox'
import { jobStates } from './jobs.ts'
import { PaginationResponse } from './pagination.ts'
import { Enum, Message, Nullable, Timestamp, UInt32 } from './proto.ts'

/** `GET /_emulator/worlds/{world}/jobs`: which jobs; all that is given must hold. */
export const WorldJobsQuery = Type.Object({
  limit: Type.Optional(UInt32({ description: 'Jobs in the answer at most; absent: 50; at most 1000' })),
  offset: Type.Optional(UInt32({ description: 'Jobs to leave out first; absent: 0' })),
  state: Type.Optional(Type.String({ description: 'Only jobs in this state, e.g. `JOB_STATE_MERGING`' })),
  templateId: Type.Optional(Type.String({ description: 'Only jobs of this template' })),
  text: Type.Optional(
    Type.String({
      maxLength: 1000,
      description: 'Only jobs with this text in their name or id, in small or capital letters',
    }),
  ),
})
export type WorldJobsQuery = Static<typeof WorldJobsQuery>

/** A job of a world, whoever's it is. */
export const WorldJob = Message('WorldJob', {
  id: Type.String(),
  name: Type.String(),
  templateId: Type.String(),
  account: Type.String({ description: 'Whose it is: `owner`, or the account of another persona' }),
  state: Enum(jobStates),
  createdAt: Timestamp(),
  submittedAt: Nullable(Timestamp({ description: 'When it was run' })),
  endedAt: Nullable(Timestamp()),
  nextState: Type.String({
    description: 'The state that it enters next; empty if it waits for a client, or has ended',
  }),
  nextAt: Nullable(Timestamp({ description: 'When; null behind a gate, or if status reads lead there' })),
})
export type WorldJob = Static<typeof WorldJob>

export const WorldJobsResponse = Message('WorldJobsResponse', {
  jobs: Type.Array(WorldJob),
  pagination: PaginationResponse,
})
export type WorldJobsResponse = Static<typeof WorldJobsResponse>

/** `GET /_emulator/stream`. */
export const StreamQuery = Type.Object({
  world: Type.Optional(
    Type.String({ description: 'Only of this world, whose jobs are then followed as time passes; absent: of all' }),
  ),
  after: Type.Optional(
    UInt32({ description: 'Begin with the exchanges after this id, as far as they are kept; 0: with all of them' }),
  ),
})
export type StreamQuery = Static<typeof StreamQuery>
