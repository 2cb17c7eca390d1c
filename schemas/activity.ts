import { type Static, Type } from '@sinclair/typebox'
import { jobStates } from './jobs.ts'
import { PaginationResponse } from './pagination.ts'
import { Enum, Message, Nullable, Timestamp, UInt32 } from './proto.ts'

/** `GET /_emulator/worlds/{world}/jobs`: conditions for the jobs to list, all of which must hold. */
export const WorldJobsQuery = Type.Object({
  limit: Type.Optional(UInt32({ description: 'Maximum number of jobs, up to 1000; absent: 50' })),
  offset: Type.Optional(UInt32({ description: 'Number of jobs to skip; absent: 0' })),
  state: Type.Optional(Type.String({ description: 'Only jobs in this state, e.g. `JOB_STATE_MERGING`' })),
  templateId: Type.Optional(Type.String({ description: 'Only jobs of this template' })),
  text: Type.Optional(
    Type.String({
      maxLength: 1000,
      description: 'Only jobs with this text in their name or id; case does not matter',
    }),
  ),
})
export type WorldJobsQuery = Static<typeof WorldJobsQuery>

/** A job of a world, of any account. */
export const WorldJob = Message('WorldJob', {
  id: Type.String({ description: 'Id of the job' }),
  name: Type.String({ description: 'Its name, or empty' }),
  templateId: Type.String({ description: 'Its template' }),
  account: Type.String({ description: 'Its account: `owner`, or that of another persona' }),
  state: Enum(jobStates, { description: 'Its state now' }),
  createdAt: Timestamp({ description: 'When it was created' }),
  submittedAt: Nullable(Timestamp({ description: 'When it was run' })),
  endedAt: Nullable(Timestamp({ description: 'When it ended' })),
  nextState: Type.String({
    description: 'Its next state; empty if it waits for a client, or has ended',
  }),
  nextAt: Nullable(
    Timestamp({ description: 'When it enters `nextState`; null if a gate or reads of clients decide that' }),
  ),
})
export type WorldJob = Static<typeof WorldJob>

export const WorldJobsResponse = Message('WorldJobsResponse', {
  jobs: Type.Array(WorldJob, { description: 'The jobs of this page' }),
  pagination: PaginationResponse,
})
export type WorldJobsResponse = Static<typeof WorldJobsResponse>

/** `GET /_emulator/stream`. */
export const StreamQuery = Type.Object({
  world: Type.Optional(
    Type.String({
      description:
        'Only events of this world, including states that its jobs enter as time passes; absent: of all worlds',
    }),
  ),
  after: Type.Optional(UInt32({ description: 'Start with the kept exchanges after this id; 0: with all of them' })),
})
export type StreamQuery = Static<typeof StreamQuery>
