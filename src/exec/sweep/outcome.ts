import type { Outcome } from '../../../schemas/sweep-names.ts'
import { isRead, keyOf, targetOf, type TracedRequest } from './trace.ts'

/** How a run of the program ended. */
export interface RunEnd {
  /** As a shell tells it. */
  readonly exitCode: number
  /** True if it had to be killed because it did not end. */
  readonly hung: boolean
  readonly durationMs: number
  /** Jobs that it created. */
  readonly jobs: number
  /** Jobs that were not run or still ran when it ended. */
  readonly left: number
  /** True if the fault met its request. */
  readonly struck: boolean
  readonly requests: readonly TracedRequest[]
}

/** How runs without faults ended; the larger numbers of them. */
export type Baseline = Pick<RunEnd, 'exitCode' | 'durationMs' | 'jobs' | 'left'>

export const baselineOf = (runs: readonly RunEnd[]): Baseline => ({
  exitCode: runs[0]!.exitCode,
  durationMs: Math.max(...runs.map(({ durationMs }) => durationMs)),
  jobs: Math.max(...runs.map(({ jobs }) => jobs)),
  left: Math.max(...runs.map(({ left }) => left)),
})

/** The effect of a fault on the program. If its request did not come, the run tells nothing. */
export function outcomesOf(baseline: Baseline, run: RunEnd): Outcome[] {
  if (!run.struck) return ['not-reached']
  const found: Outcome[] = []
  if (run.hung) found.push('hangs')
  else if (run.exitCode !== baseline.exitCode) found.push('fails')
  if (run.jobs > baseline.jobs) found.push('duplicates')
  // It is not known what a killed program would have done with its jobs.
  if (!run.hung && run.left > baseline.left) found.push('leaves')
  return found.length === 0 ? ['passes'] : found
}

/** How long a program may take, in milliseconds: enough for a few retries with waits between them. */
export const limitFor = (cleanRunMs: number): number => Math.max(10_000, 5 * cleanRunMs)

/**
 * The differences between two runs without faults, as far as they matter for cases: how often each operation was asked for, where
 * reads of the same path count once. The order does not matter, as parts of a program may run side by side.
 */
export function differencesOf(first: RunEnd, second: RunEnd): string[] {
  const [before, after] = [countOperations(first.requests), countOperations(second.requests)]
  const operations = [...new Set([...before.keys(), ...after.keys()])].flatMap((operation) =>
    differ(`requests of ${operation}`, before.get(operation) ?? 0, after.get(operation) ?? 0),
  )
  return [
    ...operations,
    ...differ('exit code', first.exitCode, second.exitCode),
    ...differ('jobs created', first.jobs, second.jobs),
    ...differ('jobs left behind', first.left, second.left),
  ]
}

const differ = (what: string, first: number, second: number): string[] =>
  first === second ? [] : [`${what}: ${first}, then ${second}`]

function countOperations(requests: readonly TracedRequest[]): Map<string, number> {
  const counts = new Map<string, number>()
  const reads = new Set<string>()
  for (const request of requests) {
    const target = targetOf(request)
    if (isRead(request) && reads.has(target)) continue
    reads.add(target)
    const key = keyOf(request)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
