import type { Clock } from '../../base/clock.ts'
import type { Sightings } from '../intercept/interception.ts'
import { createLimit } from '../deadline.ts'
import { createTail } from '../output-tail.ts'
import type { Emulator } from '../../index.ts'
import { isFinal } from '../../domain/jobs/lifecycle.ts'
import type { JobState } from '../../../schemas/jobs.ts'
import type { Case } from './cases.ts'
import { faultRules } from './kinds.ts'
import type { RunEnd } from './outcome.ts'
import { createTrace } from './trace.ts'
import type { Runner } from '../run.ts'

/** The observations of one run of a swept program. */
export interface SweepRun extends RunEnd {
  /** The end of what the program printed. */
  readonly output: string
  readonly sightings: Sightings
}

export interface SweepRunOptions {
  /** Milliseconds that the program has. */
  readonly limit: number
  /** Milliseconds that it has after the fault. */
  readonly hangAfter?: number
  readonly fault?: Pick<Case, 'world' | 'operation' | 'nth' | 'fault'>
}

/** Bytes of what a program printed that are kept. */
const keptOutput = 4096

/** Runs the program once, in a process group of its own, with nothing to read; kills it if it does not end in time. */
export async function runForSweep(
  runner: Runner,
  clock: Clock,
  { limit, hangAfter = limit, fault }: SweepRunOptions,
): Promise<SweepRun> {
  const trace = createTrace()
  const output = createTail(keptOutput)
  const deadline = createLimit()
  let startedAt = clock.now()
  try {
    return await runner.run({
      onExchange(exchange) {
        trace.note(exchange)
        if (exchange.fault !== null) deadline.restart(hangAfter)
      },
      child: {
        stdio: ['ignore', 'pipe', 'pipe'],
        terminal: false,
        group: true,
        clears: true,
        limit: deadline.signal,
        onStart({ stdout, stderr }) {
          output.follow(stdout)
          output.follow(stderr)
          startedAt = clock.now()
          deadline.restart(limit)
        },
      },
      async prepare(emulator) {
        if (fault === undefined) return
        const { world, operation, nth } = fault
        await emulator.world(world).fault({ operation, nth, ...faultRules[fault.fault] })
      },
      async conclude(emulator, { code }, sightings) {
        deadline.stop()
        return {
          exitCode: code,
          hung: deadline.signal.aborted,
          durationMs: Math.round((clock.now() - startedAt) / 1000),
          jobs: trace.createdJobs(),
          requests: trace.requests,
          output: output.text(),
          sightings,
          ...(await effectsOf(emulator, fault)),
        }
      },
    })
  } finally {
    deadline.stop()
  }
}

/** The state of the emulator when the program has ended. */
async function effectsOf(
  emulator: Emulator,
  fault: SweepRunOptions['fault'],
): Promise<Pick<SweepRun, 'left' | 'struck'>> {
  const faults = fault === undefined ? [] : await emulator.world(fault.world).faults()
  let left = 0
  for (const name of await emulator.worlds()) {
    const { jobs } = await emulator.world(name).inspect()
    for (const [state, count] of Object.entries(jobs.byState)) if (!isFinal(state as JobState)) left += count
  }
  return { left, struck: faults.some(({ used }) => used > 0) }
}
