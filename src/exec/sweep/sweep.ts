import type { BudgetReason } from '../../../schemas/sweep-names.ts'
import type { Sweep, SweptCase } from '../../../schemas/sweep.ts'
import { type Clock, systemClock } from '../../base/clock.ts'
import { exitCodeOf } from '../child.ts'
import { counted } from '../../base/plain-text.ts'
import { version } from '../../base/package.ts'
import { type Case, casesOf } from './cases.ts'
import { formatSweep } from './format.ts'
import { baselineOf, differencesOf, limitFor, outcomesOf } from './outcome.ts'
import { selected } from './selection.ts'
import { failuresOf } from './verdict.ts'
import { formatTimestamp } from '../../base/timestamps.ts'
import type { Runner } from '../run.ts'
import { writeReport } from '../report/report-file.ts'
import type { Terminal } from '../report/reporter.ts'
import { sightingsText } from '../report/sightings.ts'
import type { SweepFlags } from './flags.ts'
import { runForSweep, type SweepRun } from './run.ts'

/** Where a sweep speaks. */
export interface Voices {
  /** The verdicts. */
  readonly out: Pick<Terminal, 'write'>
  /** How far it is, and what keeps it from going on. */
  readonly aside: Terminal
}

/**
 * Runs a program twice as it is, then once for each of its requests and each fault that the request may meet, each time against a
 * fresh emulator.
 *
 * @returns the exit code: 0; 1 if a case makes the program hang, create a job twice or leave one behind, or has what --fail-on
 *   names, or if there is nothing to sweep; that of the program if it fails without a fault; that of a shell for a signal
 * @throws ConfigError if --only names no case; Error if the program cannot be started or the file not be written
 */
export async function sweep(
  runner: Runner,
  command: readonly string[],
  flags: SweepFlags,
  voices: Voices = { out: process.stdout, aside: process.stderr },
  clock: Clock = systemClock(),
): Promise<number> {
  const startedAt = clock.now()
  const elapsed = (): number => (clock.now() - startedAt) / 1000
  const { aside } = voices
  const show = (text: string): void => {
    if (flags.report && aside.isTTY === true) aside.write(`\r\u001b[K${text}`)
  }
  const interrupted = (): number | undefined => {
    const signal = runner.heard()
    return signal === undefined ? undefined : exitCodeOf(signal)
  }

  const clean: SweepRun[] = []
  while (clean.length < cleanRuns) {
    show(`run ${clean.length + 1} without a fault`)
    const run = await runForSweep(runner, clock, { limit: Math.max(1, flags.time - elapsed()) })
    show('')
    const refusal = interrupted() ?? refuse(run, clean.length === 0, aside)
    if (refusal !== undefined) return refusal
    clean.push(run)
  }
  const baseline = baselineOf(clean)
  const cases = selected(casesOf(clean[0]!.requests), flags.only)
  const limit = limitFor(baseline.durationMs)

  const swept: SweptCase[] = []
  let notRunBecause: BudgetReason | null = null
  for (const one of cases) {
    if (cleanRuns + swept.length >= flags.maxRuns) notRunBecause = 'max-runs'
    else if (elapsed() >= flags.time) notRunBecause = 'time'
    if (notRunBecause !== null) break
    show(`${swept.length + 1} of ${cases.length}: ${one.id}`)
    const run = await runForSweep(runner, clock, { limit, hangAfter: flags.hangAfter ?? limit, fault: one })
    show('')
    if (interrupted() !== undefined) {
      notRunBecause = 'interrupted'
      break
    }
    swept.push(toSwept(one, run, outcomesOf(baseline, run)))
  }

  const found: Omit<Sweep, 'failedOn'> = {
    version,
    startedAt: formatTimestamp(startedAt),
    durationMs: Math.round(elapsed()),
    command: [...command],
    runs: cleanRuns + swept.length,
    baseline,
    differences: differencesOf(clean[0]!, clean[1]!),
    cases: swept,
    notRun: cases.slice(swept.length).map(({ id }) => id),
    notRunBecause,
  }
  const result: Sweep = { ...found, failedOn: failuresOf(found, flags.failOn) }
  if (flags.report) voices.out.write(formatSweep(result, { options: flags.replay, output: flags.showOutput }))
  if (flags.reportFile !== undefined) await writeReport(flags.reportFile, result)
  return interrupted() ?? (result.failedOn.length > 0 ? 1 : 0)
}

/** Enough to see whether a program does the same each time. */
const cleanRuns = 2

/** Says why a run without a fault leaves nothing to sweep. Returns the exit code; undefined if all is well. */
function refuse(run: SweepRun, isFirst: boolean, aside: Terminal): number | undefined {
  const say = (text: string): void => void aside.write(`bytenite-emulator: ${text}\n`)
  if (isFirst) aside.write(sightingsText(run.sightings))
  if (run.hung) {
    aside.write(run.output)
    say(`the program did not end within --time, though it met no fault${unfinished(run)}`)
    return 1
  }
  if (isFirst && run.exitCode !== 0) {
    aside.write(run.output)
    say(`the program ended with ${run.exitCode}, though it met no fault: there is nothing to sweep${unfinished(run)}`)
    return run.exitCode
  }
  if (run.requests.length === 0) {
    say('the program sent no request with a valid key: there is nothing to sweep')
    return 1
  }
  return undefined
}

/** Words about the jobs that a program may have waited for in vain. */
const unfinished = ({ left }: SweepRun): string =>
  left === 0 ? '' : `; ${counted(left, 'job')} had not ended, never run or still under way`

const toSwept = (one: Case, run: SweepRun, outcomes: SweptCase['outcomes']): SweptCase => ({
  ...one,
  outcomes,
  exitCode: run.hung ? null : run.exitCode,
  durationMs: run.durationMs,
  jobs: run.jobs,
  left: run.left,
  output: outcomes.includes('passes') ? '' : run.output,
})
