import { type Static, Type } from '@sinclair/typebox'
import { jobStates } from './jobs.ts'
import { Enum, Timestamp, UInt32 } from './proto.ts'

/** `GET /_emulator/health`. */
export const Health = Type.Object({
  status: Type.Literal('ok'),
  version: Type.String(),
  uptime: Type.Number({ description: 'Seconds since start' }),
  database: Type.Object({
    location: Type.String({ description: 'The file, or `:memory:`' }),
    schema: Type.Integer({ description: 'Number of the last migration' }),
  }),
  worlds: Type.Integer({ description: 'Worlds opened so far' }),
})
export type Health = Static<typeof Health>

export const WorldParams = Type.Object({ world: Type.String() })

/** `POST /_emulator/worlds/{world}/reset`. */
export const ResetResponse = Type.Object({
  world: Type.String(),
  removed: Type.Object({ jobs: Type.Integer(), templates: Type.Integer() }),
  seeded: Type.Object({ jobs: Type.Integer() }),
})
export type ResetResponse = Static<typeof ResetResponse>

/** A world's clock, and what happened on the way to where it stands. */
export const ClockResponse = Type.Object({
  now: Timestamp(),
  frozen: Type.Boolean(),
  transitions: Type.Array(Type.Object({ jobId: Type.String(), state: Enum(jobStates), at: Timestamp() }), {
    description: 'States that jobs entered, in order',
  }),
})
export type ClockResponse = Static<typeof ClockResponse>

/** `POST /_emulator/worlds/{world}/clock/advance`. */
export const AdvanceRequest = Type.Object({
  by: Type.String({ minLength: 1, description: '90s, 10m, 2h, 1d, ISO 8601, or milliseconds' }),
})

export const WorldJobParams = Type.Object({ world: Type.String(), jobId: Type.String() })

/** `POST /_emulator/worlds/{world}/jobs/{jobId}/release`. */
export const ReleaseRequest = Type.Object({
  steps: Type.Optional(UInt32({ description: 'Gates to open; absent: 1' })),
})

/** Where a job stands after its gates were opened. */
export const ReleaseResponse = Type.Object({
  jobId: Type.String(),
  state: Enum(jobStates),
  waitingFor: Type.Array(Enum(jobStates), { description: 'States behind gates that are still closed' }),
})
