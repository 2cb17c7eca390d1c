import { type Static, Type } from '@sinclair/typebox'
import { jobStates } from './jobs.ts'
import { Duration, Enum, Message, Timestamp, UInt32 } from './proto.ts'

/** `GET /_emulator/health`. */
export const Health = Message('Health', {
  status: Type.Literal('ok'),
  version: Type.String(),
  uptime: Type.Number({ description: 'Seconds since start' }),
  database: Type.Object({
    location: Type.String({ description: 'The file, or `:memory:`' }),
    schema: Type.Integer({ description: 'Number of the last migration' }),
  }),
  worlds: Type.Integer({ description: 'Worlds opened so far' }),
  ahead: Type.Number({
    description: 'Seconds that the first of `worldsAhead` is ahead of the clock of the machine; 0 if there is none',
  }),
  worldsAhead: Type.Array(Type.Object({ world: Type.String(), seconds: Type.Number() }), {
    description:
      'Worlds that are ahead of the clock of the machine, since that was set back: the first hundred, those most ahead first. Their time goes on from the last that was seen; a reset puts a world right',
  }),
})
export type Health = Static<typeof Health>

const world = Type.String({ description: 'Name of the world: 1 to 64 letters, digits, `.`, `_` or `-`' })

export const WorldParams = Type.Object({ world })

/** A scenario or a fault of a world. */
export const RuleParams = Type.Object({
  world,
  id: Type.String({ description: 'As it was answered when it was added' }),
})

/** `POST /_emulator/worlds/{world}/reset`. */
export const ResetResponse = Message('ResetResponse', {
  world: Type.String(),
  removed: Type.Object({ jobs: Type.Integer(), templates: Type.Integer() }, { description: 'How many there were' }),
  seeded: Type.Object({ jobs: Type.Integer() }, { description: 'How many there are now' }),
})
export type ResetResponse = Static<typeof ResetResponse>

/** `POST /_emulator/worlds/{world}/seed`: what was added. */
export const SeedResponse = Message('SeedResponse', {
  world: Type.String(),
  templates: Type.Integer(),
  jobs: Type.Integer(),
})
export type SeedResponse = Static<typeof SeedResponse>

/** A world's clock, and what happened on the way to where it stands. */
export const ClockResponse = Message('ClockResponse', {
  now: Timestamp({ description: "The world's time" }),
  frozen: Type.Boolean({ description: 'The clock stands still' }),
  transitions: Type.Array(Type.Object({ jobId: Type.String(), state: Enum(jobStates), at: Timestamp() }), {
    description: 'States that jobs entered, in order',
  }),
})
export type ClockResponse = Static<typeof ClockResponse>

/** `POST /_emulator/worlds/{world}/clock/advance`. */
export const AdvanceRequest = Message(
  'AdvanceRequest',
  {
    by: Duration({
      minLength: 1,
      description:
        '90s, 10m, 2h, 1d, ISO 8601, or milliseconds; `next`: to when the next job enters a state; `job:<id>`: to the end of that job',
    }),
  },
  { examples: [{ by: '10m' }] },
)

export const WorldJobParams = Type.Object({ world, jobId: Type.String({ description: 'Id of a job of that world' }) })

/** `POST /_emulator/worlds/{world}/jobs/{jobId}/release`. */
export const ReleaseRequest = Message(
  'ReleaseRequest',
  {
    steps: Type.Optional(UInt32({ description: 'Gates to open; absent: 1' })),
  },
  { examples: [{ steps: 1 }] },
)

/** Where a job stands after its gates were opened. */
export const ReleaseResponse = Message('ReleaseResponse', {
  jobId: Type.String(),
  state: Enum(jobStates),
  waitingFor: Type.Array(Enum(jobStates), { description: 'States after gates that are still closed' }),
})
export type ReleaseResponse = Static<typeof ReleaseResponse>

/** A world, looked at. */
export const World = Message('World', {
  world: Type.String(),
  apiKey: Type.String({ description: 'The key that opens it' }),
  createdAt: Timestamp({ description: 'When it was opened' }),
  now: Timestamp({ description: 'Its time' }),
  frozen: Type.Boolean({ description: 'Its clock stands still' }),
  pace: Type.String({ description: 'As for --pace' }),
  jobs: Type.Object(
    { total: Type.Integer(), byState: Type.Record(Type.String(), Type.Integer()) },
    { description: 'Jobs that were not deleted' },
  ),
  scenarios: Type.Integer({ description: 'How many there are' }),
  faults: Type.Integer({ description: 'How many there are' }),
  exchanges: Type.Integer({ description: 'Exchanges in the journal' }),
})
export type World = Static<typeof World>

export const WorldsQuery = Type.Object({
  limit: Type.Optional(UInt32({ description: 'Worlds in the answer at most; absent: 1000' })),
  offset: Type.Optional(UInt32({ description: 'Worlds to leave out first; absent: 0' })),
})

export const WorldsResponse = Message('WorldsResponse', {
  total: Type.Integer(),
  worlds: Type.Array(Type.Object({ world: Type.String(), createdAt: Timestamp() })),
})
export type WorldsResponse = Static<typeof WorldsResponse>

/** `POST /_emulator/worlds/{world}/fork`. */
export const ForkRequest = Message(
  'ForkRequest',
  {
    into: Type.String({ minLength: 1, description: 'Name of the copy' }),
    replace: Type.Optional(Type.Boolean({ description: 'Write over a world that has this name' })),
  },
  { examples: [{ into: 'snapshot', replace: true }] },
)

/** `POST /_emulator/worlds/{world}/import`. */
export const ImportQuery = Type.Object({
  replace: Type.Optional(Type.Boolean({ description: 'Write over a world that has this name' })),
})

/** A world in a file. It passes through as a stream, so nothing looks into it here. */
export const Archive = Type.Unsafe<unknown>({ type: 'string', format: 'binary', 'x-proto': 'value' })

export const WorldName = Message('WorldName', { world: Type.String() })

/** `PUT /_emulator/worlds/{world}/pace`. */
export const PaceRequest = Message(
  'PaceRequest',
  {
    pace: Type.String({ description: 'As for --pace; empty: that of the emulator' }),
  },
  { examples: [{ pace: 'polls:5' }] },
)

/** `PUT /_emulator/worlds/{world}/jobs/{jobId}/pace`. */
export const JobPaceRequest = Message(
  'JobPaceRequest',
  {
    pace: Type.String({ description: 'As for --pace; empty: that of its scenario or its world' }),
  },
  { examples: [{ pace: 'manual' }] },
)

/** `POST /_emulator/worlds/{world}/jobs/{jobId}/hold`. */
export const HoldRequest = Message(
  'HoldRequest',
  { before: Enum(jobStates, { description: 'The state to wait before' }) },
  { examples: [{ before: 'JOB_STATE_MERGING' }] },
)

/** Why a job is where it is, and what moves it on. */
export const Explanation = Message('Explanation', {
  jobId: Type.String(),
  templateId: Type.String(),
  name: Type.String(),
  state: Enum(jobStates),
  now: Timestamp(),
  deleted: Type.Boolean(),
  timeline: Type.Array(
    Type.Object({
      state: Enum(jobStates),
      at: Type.String({ description: 'Empty: not known yet' }),
      entered: Type.Boolean(),
      reason: Type.String(),
    }),
  ),
  next: Type.String({ description: 'What moves it on' }),
  scenario: Type.String({ description: 'The scenario that decided its run, or empty' }),
  pace: Type.String({ description: 'The pace that was set for it alone, or empty' }),
  execution: Type.String({
    description: 'Whether its blocks are really run, and which, or why the run is played; empty before the run',
  }),
  errorMessage: Type.String(),
  requests: Type.Array(
    Type.Object({
      at: Timestamp(),
      operation: Type.String(),
      status: Type.Integer(),
      fault: Type.String({ description: 'The fault that struck, or empty' }),
      faultDoes: Type.String({
        description: 'What it does, such as `503` or `resetAfter`; empty without one, or where it was taken away since',
      }),
    }),
  ),
})
export type Explanation = Static<typeof Explanation>

/** `POST /_emulator/worlds/{world}/clock/wait`: exactly one of the two. */
export const WaitRequest = Message(
  'WaitRequest',
  {
    for: Type.Optional(Duration({ description: "A duration of the world's time" })),
    until: Type.Optional(Timestamp({ description: "A moment of the world's time" })),
  },
  { examples: [{ for: '90s' }] },
)

export const WaitResponse = Message('WaitResponse', {
  reached: Type.Boolean({ description: 'false: ask again with this `until`' }),
  until: Timestamp(),
})
