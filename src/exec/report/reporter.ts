import type { Report } from '../../../schemas/report.ts'
import { type Clock, systemClock } from '../../base/clock.ts'
import { ControlError, type EmulatorClient } from '../../client.ts'
import type { Observer } from '../../control/journal.ts'
import { describeFault } from '../../control/faults.ts'
import { version } from '../../base/package.ts'
import { type Account, createCollector } from './collector.ts'
import type { Sightings } from '../intercept/interception.ts'
import { formatReport } from './format.ts'
import { machineReport } from './machine-formats.ts'
import { listed } from './rule.ts'
import { formatTimestamp } from '../../base/timestamps.ts'
import { writeReport } from './report-file.ts'
import type { FailureName, ReportFlags } from './flags.ts'

/** The parts of the emulator that a report reads at the end. */
type ReportSource = Pick<EmulatorClient, 'worlds' | 'world'> & { readonly operations: () => readonly string[] }

/** Watches a run of a program and reports on it; `note` is for `startEmulator({ onExchange })`. */
export interface Reporter {
  readonly note: Observer
  /** True if the report is going to be printed. */
  readonly isShown: boolean
  /**
   * Prints and writes the report. Call it once the program has ended and while the emulator still answers.
   *
   * @param exitCode that of the program
   * @param sightings what the proxy saw besides requests
   * @returns the exit code to end with: the program's, or 1 if that is 0 and --fail-on says so
   * @throws Error if the file cannot be written
   */
  finish(emulator: ReportSource, exitCode: number, sightings?: Sightings): Promise<number>
}

/** Where a report is printed. */
export interface Terminal {
  readonly isTTY?: boolean
  /** Characters of a line, on a terminal. */
  readonly columns?: number
  write(text: string): unknown
}

/**
 * Starts watching.
 *
 * @param terminal where the report goes; stdout belongs to the program
 */
export function createReporter(
  { report: wanted, reportFile, reportFormat = 'text', failOn = [] }: ReportFlags,
  terminal: Terminal = process.stderr,
  clock: Clock = systemClock(),
): Reporter {
  const collector = createCollector()
  const startedAt = clock.now()
  // A form that was asked for without a file is to be printed.
  const isPrinted = reportFile === undefined && reportFormat !== 'text'
  const isShown = wanted ?? (isPrinted || terminal.isTTY === true)
  return {
    note: collector.note,
    isShown,
    async finish(emulator, exitCode, sightings) {
      if (!isShown && reportFile === undefined && failOn.length === 0) return exitCode
      const account = collector.summarize(emulator.operations(), sightings)
      const reasons = new Map(failOn.map((name) => [name, reasonIn(account, name)]))
      const failedOn = [...reasons.keys()].filter((name) => reasons.get(name) !== undefined)
      const report: Report = {
        version,
        startedAt: formatTimestamp(startedAt),
        durationMs: Math.round((clock.now() - startedAt) / 1000),
        exitCode,
        failedOn,
        ...account,
        ...(await worldsAfterwards(emulator)),
      }
      // On a terminal apart from what the program printed last, which may have no end of line.
      if (isShown && isPrinted) terminal.write(machineReport(report, reportFormat))
      else if (isShown)
        terminal.write(terminal.isTTY === true ? `\n${formatReport(report, widthOf(terminal))}` : formatReport(report))
      for (const name of failedOn) terminal.write(`bytenite-emulator: --fail-on ${name}: ${reasons.get(name)}\n`)
      if (reportFile !== undefined)
        await writeReport(reportFile, reportFormat === 'text' ? report : machineReport(report, reportFormat))
      return exitCode === 0 && failedOn.length > 0 ? 1 : exitCode
    },
  }
}

/** Columns of a terminal with an unknown width, as under some test programs. */
const usualWidth = 80

const widthOf = ({ columns }: Terminal): number => (columns === undefined || columns <= 0 ? usualWidth : columns)

/** Why a run fails by one name of --fail-on; undefined if it does not. */
function reasonIn({ findings, grounds }: Account, name: FailureName): string | undefined {
  const found = findings.filter(({ id }) => name === 'any' || id === name)
  const used = grounds.filter(({ ground }) => ground === name)
  if (used.length > 0) return `answers stand on ${listed(used.map(({ id }) => id))}`
  if (found.length === 0) return undefined
  return name === 'any' ? listed(found.map(({ id }) => id)) : `the program ${found[0]!.message}`
}

/** Maximum number of worlds in a report. */
const mostWorlds = 200

/** How the worlds stand at the end. */
async function worldsAfterwards(emulator: ReportSource): Promise<Pick<Report, 'worlds' | 'moreWorlds' | 'faults'>> {
  const names = await emulator.worlds()
  const worlds: Report['worlds'] = []
  const faults: Report['faults'] = []
  for (const name of names.slice(0, mostWorlds)) {
    const world = emulator.world(name)
    try {
      const { jobs } = await world.inspect()
      worlds.push({ world: name, jobs: jobs.byState })
      for (const { id, operation, used, ...rule } of await world.faults()) {
        faults.push({ world: name, id, operation, does: describeFault(rule), used })
      }
    } catch (error) {
      // Another program may have dropped it since.
      if (!(error instanceof ControlError)) throw error
    }
  }
  return { worlds, moreWorlds: Math.max(0, names.length - mostWorlds), faults }
}
