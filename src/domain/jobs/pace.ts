import type { JobState } from '../../../schemas/jobs.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { microsPerSecond, type Micros } from '../../base/timestamps.ts'
import { parseDuration } from '../../base/durations.ts'

/**
 * The force that moves a job along its timeline: time, with the microseconds from run to COMPLETE, or with those spent in each state;
 * polls, with the number of status reads from run to end; gates, which are released one by one; or the job's own
 * blocks, which are really run, and open the gates as they go.
 */
export type Pace =
  | { readonly by: 'time'; readonly total: Micros }
  | { readonly by: 'states'; readonly durations: Readonly<Partial<Record<JobState, Micros>>> }
  | { readonly by: 'polls'; readonly total: number }
  | { readonly by: 'gates' }
  | { readonly by: 'run'; readonly blocks: RunBlocks }

/** The building blocks that a job really runs, by their full tags; a stage without one is `passthrough`. */
export interface RunBlocks {
  readonly app: string
  readonly partitioner: string
  readonly assembler: string
}

/** Three seconds from run to COMPLETE: long enough for a client to see states go by, short enough to wait for. */
export const defaultPace: Pace = { by: 'time', total: 3 * microsPerSecond }

/** States that a job goes through after it was run, in order, and the share of the whole time at which each is entered. */
export const shares: readonly (readonly [JobState, number])[] = [
  ['JOB_STATE_STARTED', 0],
  ['JOB_STATE_UPLOADING', 0.05],
  ['JOB_STATE_PARTITIONING', 0.1],
  ['JOB_STATE_PARTITIONED', 0.2],
  // Tasks run between these two, which takes most of the time.
  ['JOB_STATE_TASKS_COMPLETED', 0.7],
  ['JOB_STATE_MERGING', 0.75],
  ['JOB_STATE_MERGED', 0.85],
  ['JOB_STATE_DOWNLOADING', 0.9],
  ['JOB_STATE_COMPLETE', 1],
]

/**
 * When each state of a plan is entered, in microseconds after the run.
 *
 * @param plan states in order, each with its share of the whole time
 */
export function schedule(
  pace: Extract<Pace, { by: 'time' | 'states' }>,
  plan: readonly (readonly [JobState, number])[],
): Micros[] {
  if (pace.by === 'time') return plan.map(([, share]) => Math.round(share * pace.total))
  let at = 0
  return plan.map(([state]) => {
    const entered = at
    at += pace.durations[state] ?? 0
    return entered
  })
}

/**
 * Reads a pace: a duration (`3s`, `1500ms`, `PT2M`), times spent in states (`PARTITIONED=5s,MERGING=2s`, the others none),
 * `polls:N`, or `manual`.
 *
 * @throws Error that says what was expected
 */
export function parsePace(text: string): Pace {
  if (text.length > longestText) throw new Error(`expected at most ${longestText} characters`)
  if (text === 'manual') return { by: 'gates' }
  const polls = /^polls:(\d{1,6})$/.exec(text)
  if (polls !== null && Number(polls[1]) > 0) return { by: 'polls', total: Number(polls[1]) }
  if (text.includes('=')) return { by: 'states', durations: parseTable(text) }
  const total = parseDuration(text)
  if (total === undefined) {
    throw new Error('expected a duration such as 3s, STATE=3s,STATE=1s, polls:N with N from 1, or manual')
  }
  if (total > longestPace) throw new Error('expected a duration of at most 100 years')
  return { by: 'time', total }
}

/**
 * Reads a pace from a request.
 *
 * @throws ApiError 400 that shows it and says what was expected
 */
export function checkedPace(text: string): Pace {
  try {
    return parsePace(text)
  } catch (error) {
    throw invalidArgument(`pace ${show(text)}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A hundred years; further on, timestamps would leave the years that RFC 3339 can write. */
const longestPace = 100 * 365 * 24 * 3600 * microsPerSecond

/** Characters of a pace. */
const longestText = 1000

const prefix = 'JOB_STATE_'

function parseTable(text: string): Partial<Record<JobState, Micros>> {
  const durations: Partial<Record<JobState, Micros>> = {}
  for (const part of text.split(',')) {
    const [name = '', duration = ''] = part.trim().split('=')
    const state = shares.map(([known]) => known).find((known) => known === name || known === prefix + name)
    const time = parseDuration(duration)
    if (state === undefined || time === undefined) {
      const known = shares.map(([known]) => known.slice(prefix.length)).join(', ')
      throw new Error(`expected STATE=duration in ${JSON.stringify(part)}; states are ${known}`)
    }
    durations[state] = time
  }
  const total = Object.values(durations).reduce((sum, time) => sum + time, 0)
  if (total > longestPace) throw new Error('expected durations of at most 100 years in all')
  return durations
}

const formatTime = (time: Micros): string =>
  time > 0 && time % microsPerSecond === 0 ? `${time / microsPerSecond}s` : `${time / 1000}ms`

/** A pace as `parsePace` reads it. */
export function formatPace(pace: Pace): string {
  switch (pace.by) {
    case 'time':
      return formatTime(pace.total)
    case 'polls':
      return `polls:${pace.total}`
    case 'gates':
      return 'manual'
    case 'run':
      return 'run'
    case 'states':
      return Object.entries(pace.durations)
        .map(([state, time]) => `${state.slice(prefix.length)}=${formatTime(time)}`)
        .join(',')
  }
}
