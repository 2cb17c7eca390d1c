import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message, Nullable } from './proto.ts'
import { findingIds, groundNames } from './report-names.ts'

/** A request that shows what was found. */
export const Evidence = Message('Evidence', {
  number: Type.Integer({ description: 'Which request of the run it was, from 1, in the order of their ends' }),
  at: Type.String({ format: 'date-time', description: 'When it began, by the wall clock' }),
  operation: Type.String({ description: 'Method and path, where the path is unknown' }),
  status: Type.Integer({ description: '0 where the connection was reset' }),
  world: Nullable(Type.String()),
  jobId: Nullable(Type.String()),
})
export type Evidence = Static<typeof Evidence>

export const Finding = Message('Finding', {
  id: Enum(findingIds),
  message: Type.String({ description: 'What looks wrong, in a sentence' }),
  advice: Type.String({ description: 'What to do about it' }),
  count: Type.Integer({ description: 'How often it was seen' }),
  evidence: Type.Array(Evidence, { description: 'The first requests that show it' }),
  jobIds: Type.Array(Type.String(), { description: 'The first jobs that it concerns' }),
})
export type Finding = Static<typeof Finding>

/** The requests of a program and the findings about it, as `exec --report-file` writes them. */
export const Report = Message('Report', {
  version: Type.String({ description: 'Of the emulator' }),
  startedAt: Type.String({ format: 'date-time' }),
  durationMs: Type.Integer(),
  exitCode: Type.Integer({ description: 'Of the program, before --fail-on' }),
  failedOn: Type.Array(Type.String(), { description: 'What --fail-on named and the report has' }),
  requests: Type.Integer({ description: "Without those to the emulator's own API" }),
  rejected: Type.Integer({ description: '401 to requests that belong to no world' }),
  findings: Type.Array(Finding),
  operations: Type.Array(
    Type.Object({
      operation: Type.String({ description: 'Unknown paths together are `unknown path`' }),
      count: Type.Integer(),
      statuses: Type.Array(
        Type.Object({
          status: Type.Integer({ description: '0 where the connection was reset' }),
          count: Type.Integer(),
          message: Nullable(Type.String({ description: 'The first message that came with it; null for none' })),
        }),
      ),
    }),
    { description: 'In the order of their first use' },
  ),
  grounds: Type.Array(Type.Object({ ground: Enum(groundNames), id: Type.String(), count: Type.Integer() })),
  unknownPaths: Type.Array(
    Type.Object({ request: Type.String(), count: Type.Integer(), nearest: Nullable(Type.String()) }),
  ),
  refusedHosts: Type.Array(Type.Object({ host: Type.String(), count: Type.Integer() }), {
    description: 'Hosts that --offline kept the program from',
  }),
  worlds: Type.Array(
    Type.Object(
      { world: Type.String(), jobs: Type.Record(Type.String(), Type.Integer()) },
      { description: 'By state' },
    ),
  ),
  moreWorlds: Type.Integer({ description: 'Worlds that were not looked at' }),
  faults: Type.Array(
    Type.Object({
      world: Type.String(),
      id: Type.String(),
      operation: Type.String(),
      does: Type.String(),
      used: Type.Integer(),
    }),
  ),
})
export type Report = Static<typeof Report>
