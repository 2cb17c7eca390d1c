import type { SweepFlags } from '../exec/sweep/flags.ts'
import { execSettings } from '../settings/exec-settings.ts'
import { ConfigError, flagOf } from '../settings/settings.ts'
import { parseDuration } from '../base/durations.ts'
import { nearest } from '../base/nearest.ts'
import { type SweepFailureName, sweepFailureNames } from '../exec/sweep/verdict.ts'
import type { CommandOption, CommandOptions } from './subcommand.ts'

const defaults = { maxRuns: 200, time: '10m' }

/** The options of `exec` that belong to a sweep. */
export const sweepOptions: readonly CommandOption[] = [
  {
    flags: '--sweep',
    help: 'run the program once for each of its requests and each possible fault, and list the faults that it does not handle',
  },
  {
    flags: '--only <CASE>',
    repeatable: true,
    help: 'with --sweep: the cases to run, by id; * matches any text; repeatable',
  },
  {
    flags: '--max-runs <NUMBER>',
    help: `with --sweep: maximum number of runs (default: ${defaults.maxRuns})`,
  },
  { flags: '--time <TIME>', help: `with --sweep: start no run after this time (default: ${defaults.time})` },
  {
    flags: '--hang-after <TIME>',
    help: 'with --sweep: longest run after a fault (default: 5 times a run without one, at least 10s)',
  },
  { flags: '--show-output', help: 'with --sweep: show the last output of the program if it failed' },
]

const ownOptions = ['only', 'maxRuns', 'time', 'hangAfter', 'showOutput'] as const

/**
 * @returns undefined without --sweep
 * @throws ConfigError for a value that cannot be, and for options that go with --sweep only
 */
export function readSweepFlags(options: CommandOptions): SweepFlags | undefined {
  if (options['sweep'] !== true) {
    const stray = ownOptions.find((name) => options[name] !== undefined)
    if (stray !== undefined) throw new ConfigError(`${flagOf(stray)} goes with --sweep`)
    return undefined
  }
  if (options['reportFormat'] !== undefined) throw new ConfigError('--report-format does not go with --sweep')
  const { only = [], maxRuns, time = defaults.time, hangAfter, showOutput, report, reportFile, failOn = [] } = options
  return {
    only: only as string[],
    maxRuns: maxRuns === undefined ? defaults.maxRuns : readRuns(maxRuns as string),
    time: readTime('--time', time as string),
    hangAfter: hangAfter === undefined ? undefined : readTime('--hang-after', hangAfter as string),
    showOutput: showOutput === true,
    report: report !== false,
    reportFile: reportFile as string | undefined,
    failOn: (failOn as string[]).map(readFailureName),
    replay: [...execSettings, 'offline', 'hangAfter'].flatMap((name) => toFlags(name, options[name])),
  }
}

function readRuns(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= leastRuns) return Number(text)
  throw new ConfigError(
    `--max-runs ${JSON.stringify(text)}: expected a number from ${leastRuns}, as the program is run twice without a fault`,
  )
}

/** Two without a fault, one with. */
const leastRuns = 3

/** Milliseconds; at most what a timer can wait. */
function readTime(flag: string, text: string): number {
  const duration = parseDuration(text)
  if (duration === undefined || duration <= 0 || duration > longest) {
    throw new ConfigError(`${flag} ${JSON.stringify(text)}: expected a duration such as 90s or 10m, at most 24d`)
  }
  return duration / 1000
}

const longest = 24 * 86_400_000_000

function readFailureName(text: string): SweepFailureName {
  const name = sweepFailureNames.find((known) => known === text)
  if (name !== undefined) return name
  const meant = nearest(text, sweepFailureNames)
  throw new ConfigError(
    `--fail-on ${JSON.stringify(text)}: ${meant === undefined ? '' : `did you mean ${meant}? `}` +
      `with --sweep known are ${sweepFailureNames.join(', ')}`,
  )
}

/** An option, as it is written on a command line. */
function toFlags(name: string, value: CommandOptions[string]): string[] {
  if (value === undefined || value === false) return []
  if (value === true) return [flagOf(name)]
  return [value].flat().flatMap((text) => [flagOf(name), text])
}
