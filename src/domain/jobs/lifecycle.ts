import { type Static, Type } from '@sinclair/typebox'
import { type JobState, jobStates } from '../../../schemas/jobs.ts'
import { Double, Enum, Nullable, Text, UInt32 } from '../../../schemas/proto.ts'
import { ScenarioResult } from '../../../schemas/scenarios.ts'
import type { ReadonlyDeep } from '../../base/objects.ts'
import { type ApiError, failedPrecondition } from '../../base/errors.ts'
import { type Pace, schedule, shares } from './pace.ts'
import { endOfTime, formatTimestamp, type Micros, microsPerSecond } from '../../base/timestamps.ts'

/** A command that a client can give to an existing job. */
export type JobCommand = 'update' | 'upload' | 'run' | 'abort' | 'delete'

const isRunning = (state: JobState): boolean => state !== 'JOB_STATE_NEW' && !isFinal(state)

/** COMPLETE and FAILED are the only states that a job does not leave (documented). */
export const isFinal = (state: JobState): boolean => state === 'JOB_STATE_COMPLETE' || state === 'JOB_STATE_FAILED'

/**
 * Which command is allowed in which state, and what to say otherwise. Sources: only a job that has not been started can be
 * updated (documented); abort deletes a job that is yet to start and stops one that runs (documented); the rest is chosen.
 */
const rules: Readonly<Record<JobCommand, { allowed: (state: JobState) => boolean; otherwise: string }>> = {
  update: {
    allowed: (state) => state === 'JOB_STATE_NEW',
    otherwise: 'only a job that has not been started can be changed',
  },
  upload: {
    allowed: (state) => state === 'JOB_STATE_NEW',
    otherwise: 'only a job that has not been started takes a file',
  },
  run: { allowed: (state) => state === 'JOB_STATE_NEW', otherwise: 'a job runs only once; create another one' },
  abort: { allowed: (state) => !isFinal(state), otherwise: 'it has ended already' },
  delete: { allowed: (state) => !isRunning(state), otherwise: 'abort it first, or wait for its end' },
}

/**
 * Tells whether a command may be given to a job in a state.
 *
 * @returns the error to answer with (400, code 9), or undefined if the command is allowed
 */
export function refusal(command: JobCommand, jobId: string, state: JobState): ApiError | undefined {
  const { allowed, otherwise } = rules[command]
  return allowed(state) ? undefined : failedPrecondition(`cannot ${command} job ${jobId} in ${state}: ${otherwise}`)
}

/** A moment in a stored document: microseconds since 1970. */
export const Moment = () => Type.Integer({ minimum: 0, maximum: endOfTime })

const Entry = Type.Tuple([Enum(jobStates), Moment()])
/** A state, and when it was or will be entered. */
export type Entry = ReadonlyDeep<Static<typeof Entry>>

/**
 * A job's life since it was run. What has a time is in `timeline`, also if it is yet to come; what waits for polls or gates
 * is in `pending`.
 */
export const Run = Type.Object({
  timeline: Type.Array(Entry),
  pending: Type.Array(Enum(jobStates)),
  follows: Type.Optional(
    Type.Array(Nullable(Moment()), {
      description:
        'For each state of `pending`: microseconds after the one before it, behind a gate that `hold` made; null: it has a gate of its own. Absent: all have one',
    }),
  ),
  plan: Type.Optional(
    Type.Array(Enum(jobStates), {
      description:
        'All states that were planned at the run, whatever limit may cut them off; absent in earlier versions',
    }),
  ),
  polls: Nullable(
    Type.Object(
      { total: UInt32(), seen: UInt32(), steps: UInt32() },
      {
        description:
          'Status reads from run to end, those seen so far, and the steps they bring; null: reads move nothing',
      },
    ),
  ),
  tasks: UInt32(),
  payment: Double({ description: 'ByteChips' }),
  failure: Text({ description: 'What `errorMessage` says once the job has failed' }),
  plannedFailure: Text({
    description: 'The same as planned at the run; a limit that strikes first says something else',
  }),
  taskTimeout: UInt32({ description: 'Seconds; 0 means no limit' }),
  jobTimeout: UInt32({ description: 'Seconds; 0 means no limit' }),
  blocks: Type.Optional(
    Type.Object(
      { app: Text(), partitioner: Text(), assembler: Text() },
      { description: 'The blocks that are really run, by their tags; absent: the run is played' },
    ),
  ),
})
export type Run = ReadonlyDeep<Static<typeof Run>>

/** The planned end of a run: COMPLETE, FAILED after a state, or never. */
export type Ending =
  | { readonly kind: 'completes' }
  | { readonly kind: 'fails'; readonly in: JobState; readonly message: string }
  | { readonly kind: 'never' }

/** The outcome that a run will have. */
export interface Outcome {
  readonly pace: Pace
  readonly ending: Ending
  readonly tasks: number
  readonly payment: number
  readonly taskTimeout: number
  readonly jobTimeout: number
}

/** The states a run goes through, each with its share of the whole time. */
function planOf(ending: Ending): readonly (readonly [JobState, number])[] {
  if (ending.kind === 'completes') return shares
  const last = ending.kind === 'fails' ? ending.in : 'JOB_STATE_PARTITIONED'
  const upTo = shares.findIndex(([state]) => state === last) + 1
  const plan = shares.slice(0, upTo)
  return ending.kind === 'never' ? plan : [...plan, ['JOB_STATE_FAILED', shares[upTo]?.[1] ?? 1]]
}

/** The life of a job that is run now. */
export function startRun(now: Micros, outcome: Outcome): Run {
  const { pace, ending, tasks, payment, taskTimeout, jobTimeout } = outcome
  const plan = planOf(ending)
  const failure = ending.kind === 'fails' ? ending.message : ''
  const states = plan.map(([state]) => state)
  const base = { plan: states, tasks, payment, failure, plannedFailure: failure, taskTimeout, jobTimeout }
  if (pace.by === 'time' || pace.by === 'states') {
    const times = schedule(pace, plan)
    const timeline = plan.map(([state], index): Entry => [state, now + times[index]!])
    return cutByTimeouts({ ...base, timeline, pending: [], polls: null })
  }
  const [first, ...pending] = states
  const polls = pace.by === 'polls' ? { total: pace.total, seen: 0, steps: pending.length } : null
  const blocks = pace.by === 'run' ? { blocks: pace.blocks } : {}
  return cutByTimeouts({ ...base, ...blocks, timeline: [[first!, now]], pending, polls })
}

/** The state at a moment: that of the last entry at or before it. */
export function stateAt(run: Run | null, now: Micros): JobState {
  return entriesAt(run, now).at(-1)?.[0] ?? 'JOB_STATE_NEW'
}

/** The states entered by a moment. */
export const entriesAt = (run: Run | null, now: Micros): readonly Entry[] =>
  run === null ? [] : run.timeline.filter(([, at]) => at <= now)

/** When the timeline moves on by itself, or null if it does not. */
export const nextAt = (run: Run | null, now: Micros): Micros | null =>
  run?.timeline.find(([, at]) => at > now)?.[1] ?? null

/** When a state was or will be entered, or null. */
export const enteredAt = (run: Run | null, state: JobState): Micros | null =>
  run?.timeline.find(([entered]) => entered === state)?.[1] ?? null

/** When the job ended or will end by itself, or null. */
export function endAt(run: Run | null): Micros | null {
  const last = run?.timeline.at(-1)
  return last !== undefined && isFinal(last[0]) ? last[1] : null
}

/** The same life, stopped now: FAILED replaces the later states (chosen: no other final state exists). */
export const abortRun = (run: Run, now: Micros): Run => failRun(run, now, 'job was aborted')

/** The same life, ended in FAILED at a moment for a reason. */
export function failRun(run: Run, at: Micros, failure: string): Run {
  const timeline: Entry[] = [...run.timeline.filter(([, entered]) => entered <= at), ['JOB_STATE_FAILED', at]]
  return { ...withoutFollows(run), timeline, pending: [], polls: null, failure }
}

/** The same life, in which whatever waits has a gate of its own. */
function withoutFollows(run: Run): Run {
  const { follows, ...rest } = run
  return follows === undefined ? run : rest
}

/** States that wait for a release: of those behind a gate of `hold` the first. */
export const gatesOf = ({ pending, follows }: Run): readonly JobState[] =>
  pending.filter((_, index) => (follows?.[index] ?? null) === null)

/** The same life after its status was read once more. */
export function countPoll(run: Run, now: Micros): Run {
  if (run.polls === null || run.pending.length === 0 || isFinal(stateAt(run, now))) return run
  const { total, seen, steps } = run.polls
  const counted = { ...run, polls: { total, seen: seen + 1, steps } }
  // The steps are spread evenly, and the last of them comes with the last read.
  const due = Math.min(steps, Math.floor(((seen + 1) * steps) / total)) - (steps - run.pending.length)
  return step(counted, due, now)
}

/**
 * The same life, held before a state: that state waits for `step`, and those behind it follow at their pace once it is entered.
 *
 * @returns undefined if that state was entered already, or is not to come
 */
export function hold(run: Run, before: JobState, now: Micros): Run | undefined {
  const follows = run.follows ?? run.pending.map(() => null)
  const gate = run.timeline.findIndex(([state, at]) => state === before && at > now)
  if (gate === -1) {
    const waiting = run.pending.indexOf(before)
    if (waiting === -1) return undefined
    return follows[waiting] === null ? run : { ...run, follows: follows.with(waiting, null) }
  }
  // A limit strikes at its time, whatever is held.
  const isCut = run.failure !== run.plannedFailure
  const held = run.timeline.slice(gate).filter(([state]) => !isCut || state !== 'JOB_STATE_FAILED')
  if (held.length === 0) return undefined
  return cutByTimeouts({
    ...run,
    timeline: run.timeline.slice(0, gate),
    pending: [...held.map(([state]) => state), ...run.pending],
    follows: [...held.map(([, at], index) => (index === 0 ? null : at - held[index - 1]![1])), ...follows],
    failure: run.plannedFailure || run.failure,
  })
}

/** The same life, some steps further: the states that waited are entered now, and what follows them has its time. */
export function step(run: Run, steps: number, now: Micros): Run {
  if (steps <= 0 || isFinal(stateAt(run, now))) return run
  // The time of the limit has changed, so it is computed again.
  const timeline = run.timeline.filter(([, at]) => at <= now)
  let entered = 0
  for (const state of run.pending) {
    const after = entered < steps ? 0 : (run.follows?.[entered] ?? null)
    if (after === null) break
    timeline.push([state, (entered < steps ? now : timeline.at(-1)![1]) + after])
    entered++
  }
  return cutByTimeouts({
    ...run,
    timeline,
    pending: run.pending.slice(entered),
    ...(run.follows === undefined ? {} : { follows: run.follows.slice(entered) }),
    failure: run.plannedFailure,
  })
}

/**
 * The same life of a job that is really run, up to a state that waits: it and those before it are entered now.
 *
 * @param known the facts that are known by then: tasks, ByteChips
 * @returns undefined if that state does not wait: the job has ended, or was there already
 */
export function enterRun(
  run: Run,
  to: JobState,
  now: Micros,
  known: { readonly tasks?: number; readonly payment?: number } = {},
): Run | undefined {
  const steps = run.pending.indexOf(to) + 1
  return steps === 0 || isFinal(stateAt(run, now)) ? undefined : step({ ...run, ...known }, steps, now)
}

/**
 * The same life at another pace: the state it is in begins again, as it were, and those to come follow as the pace says. What
 * was held before a state is so no longer.
 */
export function changePace(run: Run, pace: Pace, now: Micros): Run {
  const entered = entriesAt(run, now)
  const plan = run.plan ?? [...run.timeline.map(([state]) => state), ...run.pending]
  const rest = plan.slice(entered.length)
  const base = { ...withoutFollows(run), failure: run.plannedFailure || run.failure }
  if (pace.by === 'time' || pace.by === 'states') {
    // A failure has the share of the state in whose place it comes.
    const times = schedule(
      pace,
      plan.map((state, index) => [state, shares[index]?.[1] ?? 1]),
    ).slice(entered.length - 1)
    const timeline = [...entered, ...rest.map((state, index): Entry => [state, now + times[index + 1]! - times[0]!])]
    return cutByTimeouts({ ...base, timeline, pending: [], polls: null })
  }
  const polls = pace.by === 'polls' && rest.length > 0 ? { total: pace.total, seen: 0, steps: rest.length } : null
  return cutByTimeouts({ ...base, timeline: entered, pending: rest, polls })
}

/** Ends a life at the first limit that it would run past. */
function cutByTimeouts(run: Run): Run {
  const limit = (from: JobState, to: JobState, seconds: number, what: string) => {
    const start = enteredAt(run, from)
    if (seconds === 0 || start === null) return undefined
    const at = start + seconds * microsPerSecond
    const end = enteredAt(run, to) ?? enteredAt(run, 'JOB_STATE_FAILED')
    return end !== null && end <= at ? undefined : { at, failure: `${what} of ${seconds} s exceeded` }
  }
  const limits = [
    limit('JOB_STATE_STARTED', 'JOB_STATE_COMPLETE', run.jobTimeout, 'jobTimeout'),
    // A task that is really run has a limit of its own, in the machine's time.
    run.blocks === undefined
      ? limit('JOB_STATE_PARTITIONED', 'JOB_STATE_TASKS_COMPLETED', run.taskTimeout, 'taskTimeout')
      : undefined,
  ].filter((found) => found !== undefined)
  if (limits.length === 0) return run
  const { at, failure } = limits.reduce((a, b) => (b.at < a.at ? b : a))
  // What waits for polls or gates keeps waiting until then.
  const timeline: Entry[] = [...run.timeline.filter(([, entered]) => entered < at), ['JOB_STATE_FAILED', at]]
  return { ...run, timeline, failure }
}

/**
 * How many tasks run at a moment: all of them in PARTITIONED, where tasks run (documented), none otherwise. That all end at
 * once, when TASKS_COMPLETED is entered, is chosen: so what was seen once stays true, even if the job is then aborted.
 */
export const runningTasks = (run: Run | null, now: Micros): number =>
  stateAt(run, now) === 'JOB_STATE_PARTITIONED' ? run!.tasks : 0

/** The fields that show a job's life at a moment. */
export interface Progress {
  readonly state: JobState
  readonly submittedAt: Micros | null
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
  /** Seconds from run to end, once it has ended. */
  readonly duration: number | null
  readonly numChunks: number
  readonly errorMessage: string
  readonly stateTimestamps: Record<string, string>
}

/** A job's life as it stands at a moment. `startedAt` is when the first upload of a chunk begins (documented). */
export function progressAt(run: Run | null, createdAt: Micros, now: Micros): Progress {
  const entered = entriesAt(run, now)
  const at = (state: JobState): Micros | null => entered.find(([name]) => name === state)?.[1] ?? null
  const state = entered.at(-1)?.[0] ?? 'JOB_STATE_NEW'
  const submittedAt = at('JOB_STATE_STARTED')
  const endedAt = isFinal(state) ? entered.at(-1)![1] : null
  return {
    state,
    submittedAt,
    startedAt: at('JOB_STATE_UPLOADING'),
    endedAt,
    duration: endedAt === null || submittedAt === null ? null : (endedAt - submittedAt) / microsPerSecond,
    numChunks: at('JOB_STATE_PARTITIONED') === null ? 0 : run!.tasks,
    errorMessage: state === 'JOB_STATE_FAILED' ? run!.failure : '',
    stateTimestamps: Object.fromEntries(
      [['JOB_STATE_NEW', createdAt] as const, ...entered].map(([name, moment]) => [name, formatTimestamp(moment)]),
    ),
  }
}

/** A life that has reached a state already, for jobs of a seed: every state up to it, all entered at one moment. */
export function runUpTo(state: JobState, now: Micros, outcome: Outcome): Run | null {
  if (state === 'JOB_STATE_NEW') return null
  const all = shares.map(([name]) => name)
  const reached = state === 'JOB_STATE_FAILED' ? all.slice(0, 4) : all.slice(0, all.indexOf(state) + 1)
  const timeline = [...reached, ...(state === 'JOB_STATE_FAILED' ? [state] : [])].map((name): Entry => [name, now])
  return {
    timeline,
    pending: isFinal(state) ? [] : all.slice(reached.length),
    polls: null,
    tasks: outcome.tasks,
    payment: outcome.payment,
    failure: state === 'JOB_STATE_FAILED' ? 'failed in the seed' : '',
    plannedFailure: '',
    taskTimeout: 0,
    jobTimeout: 0,
  }
}

/** The part of a scenario that stays with the run beyond its timeline. */
export const Script = Type.Object({
  scenario: Type.String({ description: 'Id of the scenario, or of the built-in template that is one' }),
  results: Type.Optional(Type.Array(ScenarioResult, { description: 'In place of those that the template produces' })),
  logs: Type.Optional(Type.Array(Type.String(), { description: 'Lines that each task prints' })),
})
export type Script = ReadonlyDeep<Static<typeof Script>>
