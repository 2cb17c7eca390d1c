import { type Static, Type } from '@sinclair/typebox'
import { jobStates } from './jobs.ts'
import { Duration, Enum, Message, Timestamp, UInt32 } from './proto.ts'

/** `GET /_emulator/health`. */
export const Health = Message('Health', {
  status: Type.Literal('ok', { description: 'Always ok; an emulator that is not healthy answers 503' }),
  version: Type.String({ description: 'Version of the emulator' }),
  uptime: Type.Number({ description: 'Seconds since start' }),
  database: Type.Object(
    {
      location: Type.String({ description: 'The file, or `:memory:`' }),
      schema: Type.Integer({ description: 'Number of the last migration that was applied' }),
    },
    { description: 'The database' },
  ),
  worlds: Type.Integer({ description: 'Worlds opened so far' }),
  ahead: Type.Number({
    description: 'Seconds by which the first of `worldsAhead` is ahead of the clock of the machine; 0 if there is none',
  }),
  worldsAhead: Type.Array(
    Type.Object({
      world: Type.String({ description: 'Name of the world' }),
      seconds: Type.Number({ description: 'Seconds by which it is ahead' }),
    }),
    {
      description:
        'Worlds that are ahead of the clock of the machine because it was set back: at most a hundred, those most ahead first. Their clocks continue from the last time that they showed. A reset corrects a world',
    },
  ),
})
export type Health = Static<typeof Health>

const world = Type.String({
  description: 'Name of the world: 1 to 64 letters, digits, `.`, `_` or `-`, and not `.` or `..` alone',
})

export const WorldParams = Type.Object({ world })

/** A scenario or a fault of a world. */
export const RuleParams = Type.Object({
  world,
  id: Type.String({ description: 'The id in the answer that added it' }),
})

/** `POST /_emulator/worlds/{world}/reset`. */
export const ResetResponse = Message('ResetResponse', {
  world: Type.String({ description: 'Name of the world' }),
  removed: Type.Object(
    {
      jobs: Type.Integer({ description: 'Number of removed jobs' }),
      templates: Type.Integer({ description: 'Number of removed templates' }),
    },
    { description: 'What the reset removed' },
  ),
  seeded: Type.Object(
    { jobs: Type.Integer({ description: 'Number of jobs of the seed' }) },
    { description: 'What the reset added' },
  ),
})
export type ResetResponse = Static<typeof ResetResponse>

/** `POST /_emulator/worlds/{world}/seed`: what was added. */
export const SeedResponse = Message('SeedResponse', {
  world: Type.String({ description: 'Name of the world' }),
  templates: Type.Integer({ description: 'Templates that were added or replaced' }),
  jobs: Type.Integer({ description: 'Jobs that were added' }),
})
export type SeedResponse = Static<typeof SeedResponse>

/** A world's clock, and the states that jobs entered on the way. */
export const ClockResponse = Message('ClockResponse', {
  now: Timestamp({ description: "The world's time" }),
  frozen: Type.Boolean({ description: 'True if the clock is stopped' }),
  transitions: Type.Array(
    Type.Object({
      jobId: Type.String({ description: 'Id of the job' }),
      state: Enum(jobStates, { description: 'The state that it entered' }),
      at: Timestamp({ description: "When, by the world's clock" }),
    }),
    {
      description: 'States that jobs entered, in order',
    },
  ),
})
export type ClockResponse = Static<typeof ClockResponse>

/** `POST /_emulator/worlds/{world}/clock/advance`. */
export const AdvanceRequest = Message(
  'AdvanceRequest',
  {
    by: Duration({
      minLength: 1,
      description:
        '90s, 10m, 2h, 1d, ISO 8601, or milliseconds; `next`: to the next state of any job; `job:<id>`: to the end of that job',
    }),
  },
  { examples: [{ by: '10m' }] },
)

export const WorldJobParams = Type.Object({ world, jobId: Type.String({ description: 'Id of a job of that world' }) })

/** `POST /_emulator/worlds/{world}/jobs/{jobId}/release`. */
export const ReleaseRequest = Message(
  'ReleaseRequest',
  {
    steps: Type.Optional(UInt32({ description: 'Number of gates to open; absent: 1' })),
  },
  { examples: [{ steps: 1 }] },
)

/** The state of a job after its gates were opened. */
export const ReleaseResponse = Message('ReleaseResponse', {
  jobId: Type.String({ description: 'Id of the job' }),
  state: Enum(jobStates, { description: 'Its state now' }),
  waitingFor: Type.Array(Enum(jobStates), { description: 'States after gates that are still closed' }),
})
export type ReleaseResponse = Static<typeof ReleaseResponse>

/** A world, as the control API shows it. */
export const World = Message('World', {
  world: Type.String({ description: 'Name of the world' }),
  apiKey: Type.String({ description: 'The API key of the world' }),
  createdAt: Timestamp({ description: 'When it was opened' }),
  now: Timestamp({ description: 'Its time now' }),
  frozen: Type.Boolean({ description: 'True if its clock is stopped' }),
  pace: Type.String({ description: 'As for --pace' }),
  jobs: Type.Object(
    {
      total: Type.Integer({ description: 'Number of jobs' }),
      byState: Type.Record(Type.String(), Type.Integer(), { description: 'Number of jobs in each state' }),
    },
    { description: 'Jobs that were not deleted' },
  ),
  scenarios: Type.Integer({ description: 'Number of scenarios' }),
  faults: Type.Integer({ description: 'Number of faults' }),
  exchanges: Type.Integer({ description: 'Number of exchanges in the journal' }),
})
export type World = Static<typeof World>

export const WorldsQuery = Type.Object({
  limit: Type.Optional(UInt32({ description: 'Maximum number of worlds; absent: 1000' })),
  offset: Type.Optional(UInt32({ description: 'Number of worlds to skip; absent: 0' })),
})

export const WorldsResponse = Message('WorldsResponse', {
  total: Type.Integer({ description: 'Number of worlds on all pages' }),
  worlds: Type.Array(
    Type.Object({
      world: Type.String({ description: 'Name of the world' }),
      createdAt: Timestamp({ description: 'When it was opened' }),
    }),
    { description: 'In the order of their names' },
  ),
})
export type WorldsResponse = Static<typeof WorldsResponse>

/** `POST /_emulator/worlds/{world}/fork`. */
export const ForkRequest = Message(
  'ForkRequest',
  {
    into: Type.String({ minLength: 1, description: 'Name of the copy' }),
    replace: Type.Optional(Type.Boolean({ description: 'Overwrite a world that has this name' })),
  },
  { examples: [{ into: 'snapshot', replace: true }] },
)

/** `POST /_emulator/worlds/{world}/import`. */
export const ImportQuery = Type.Object({
  replace: Type.Optional(Type.Boolean({ description: 'Overwrite a world that has this name' })),
})

/** A world in a file: a stream that is not validated here. */
export const Archive = Type.Unsafe<unknown>({ type: 'string', format: 'binary', 'x-proto': 'value' })

export const WorldName = Message('WorldName', { world: Type.String({ description: 'Name of the world' }) })

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

/** The explanation of a job: its states with reasons, and what it waits for. */
export const Explanation = Message('Explanation', {
  jobId: Type.String({ description: 'Id of the job' }),
  templateId: Type.String({ description: 'Its template' }),
  name: Type.String({ description: 'Its name, or empty' }),
  state: Enum(jobStates, { description: 'Its state now' }),
  now: Timestamp({ description: "The world's time" }),
  deleted: Type.Boolean({ description: 'True if it was deleted' }),
  timeline: Type.Array(
    Type.Object({
      state: Enum(jobStates, { description: 'The state' }),
      at: Type.String({ description: 'When it was or will be entered; empty if that is not known yet' }),
      entered: Type.Boolean({ description: 'True if it was entered already' }),
      reason: Type.String({ description: 'Why it was or will be entered' }),
    }),
    { description: 'Past and future states, in order' },
  ),
  next: Type.String({ description: 'What the job waits for' }),
  scenario: Type.String({ description: 'The scenario that decided its run, or empty' }),
  pace: Type.String({ description: 'The pace of this job alone, or empty' }),
  execution: Type.String({
    description: 'Which building blocks are run, or why the run is only played; empty before the run',
  }),
  errorMessage: Type.String({ description: 'Why it failed, or empty' }),
  requests: Type.Array(
    Type.Object({
      at: Timestamp({ description: 'When, by the clock of the machine' }),
      operation: Type.String({ description: 'E.g. `GET /v1/customer/jobs/{jobId}`' }),
      status: Type.Integer({ description: 'Status of the answer; 0 if the connection was reset' }),
      fault: Type.String({ description: 'Id of the fault that applied, or empty' }),
      faultDoes: Type.String({
        description:
          'Effect of that fault, such as `503` or `resetAfter`; empty if there was none, or if it was removed since',
      }),
    }),
    { description: 'The requests about the job' },
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
  reached: Type.Boolean({ description: 'True if the moment has come; false: ask again with this `until`' }),
  until: Timestamp({ description: 'The moment that was waited for' }),
})
