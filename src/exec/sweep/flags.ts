import type { SweepFailureName } from './verdict.ts'

/** How a sweep is wanted. */
export interface SweepFlags {
  /** Ids of cases; `*` stands for any text; empty: all. */
  readonly only: readonly string[]
  readonly maxRuns: number
  /** Milliseconds after which no further run is begun. */
  readonly time: number
  /** Milliseconds that the program has after a fault; undefined: derived from the runs without faults. */
  readonly hangAfter: number | undefined
  readonly showOutput: boolean
  /** False: print no report. */
  readonly report: boolean
  readonly reportFile: string | undefined
  readonly failOn: readonly SweepFailureName[]
  /** Options that a replay needs, as they are written on a command line. */
  readonly replay: readonly string[]
}
