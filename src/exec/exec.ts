import { randomBytes } from 'node:crypto'
import { isatty } from 'node:tty'
import type { Settings } from '../settings/settings.ts'
import { CommandError } from './child.ts'
import { createRunner, type Runner } from './run.ts'
import { createReporter } from './report/reporter.ts'
import type { ReportFlags } from './report/flags.ts'
import { sightingsText } from './report/sightings.ts'
import { nodeHook } from './intercept/interception.ts'
import { sweep } from './sweep/sweep.ts'
import type { SweepFlags } from './sweep/flags.ts'

export interface ExecOptions {
  readonly offline: boolean
  /** The text to print at the end. */
  readonly report?: ReportFlags
  /** Run it many times, with a fault each, in place of once. */
  readonly sweep?: SweepFlags | undefined
  /** The environment that the program would have without `exec`. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Runs a program against a fresh emulator, though it may have the vendor's host written into it.
 *
 * @returns the exit code: the program's own, that of a shell for one that was killed or could not be run, or 1 if the report
 *   has what it is to fail on; for a sweep, see there
 * @throws Error that says in a sentence why the program was not started
 */
export async function exec(settings: Settings, command: readonly string[], options: ExecOptions): Promise<number> {
  const { environment, offline, report = {} } = options
  const hint = permissionHint(command)
  if (hint !== undefined && !settings.silent) process.stderr.write(`bytenite-emulator: ${hint}\n`)
  const runner = createRunner(command, { settings, offline, environment, now: Date.now(), random: randomBytes })
  try {
    if (options.sweep === undefined) return await runOnce(runner, settings, report)
    return await sweep(runner, command, settings.silent ? { ...options.sweep, report: false } : options.sweep)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    process.stderr.write(`bytenite-emulator: ${error.message}\n`)
    return error.code
  } finally {
    runner.release()
  }
}

/** A hint for a program whose permissions may keep Node.js from loading the hook. */
function permissionHint(command: readonly string[]): string | undefined {
  const flag = command.find((argument) => /^--(?:experimental-)?permission$/.test(argument))
  const allowed = command.filter((argument) => argument.startsWith('--allow-fs-read='))
  if (flag === undefined || allowed.some((argument) => argument.endsWith('=*') || argument.includes(nodeHook))) return
  return `${flag} keeps Node.js from the file that leads it here: add --allow-fs-read=${nodeHook} if it ends with ERR_ACCESS_DENIED`
}

function runOnce(runner: Runner, { silent }: Settings, report: ReportFlags): Promise<number> {
  // Not by `process.stdin`, which would begin to read what is the program's.
  const terminal = [0, 1, 2].some((descriptor) => isatty(descriptor))
  const reporter = createReporter({ ...report, report: report.report ?? (silent ? false : undefined) })
  return runner.run({
    onExchange: reporter.note,
    child: {
      stdio: 'inherit',
      terminal,
      // In a group of its own it would lose the terminal, whose keys reach all that the program has started anyway.
      group: !terminal,
    },
    conclude(emulator, { code }, sightings) {
      if (!silent && !reporter.isShown) process.stderr.write(sightingsText(sightings))
      return reporter.finish(emulator, code, sightings)
    },
  })
}
