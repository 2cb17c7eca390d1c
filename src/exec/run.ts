import { createAuthority, type Authority } from './intercept/certificates.ts'
import { type ChildExit, type ChildOptions, exitCodeOf, runChild } from './child.ts'
import { openInterception, type Sightings } from './intercept/interception.ts'
import { vendorHost } from './intercept/vendor.ts'
import { hearSignals, type HeardSignals } from './signals.ts'
import { serviceSettings, type Settings } from '../settings/settings.ts'
import { type Emulator, startEmulator } from '../index.ts'
import type { Observer } from '../control/journal.ts'
import { loggerOptions } from '../settings/log.ts'
import type { EmulatorOptions } from '../settings/options.ts'

/** The options that all runs of a command share. */
export interface Runner {
  /**
   * Runs the command against a fresh emulator of its own, which is gone at the end.
   *
   * @throws Error that says in a sentence why the command was not started; CommandError if it cannot be
   */
  run<Result>(run: Run<Result>): Promise<Result>
  /** The first signal that asked this program to end. */
  readonly heard: () => NodeJS.Signals | undefined
}

interface Run<Result> {
  readonly onExchange: Observer
  readonly child: Pick<ChildOptions, 'stdio' | 'terminal' | 'group' | 'clears' | 'limit' | 'onStart'>
  /** Prepares the emulator before the command is started. */
  readonly prepare?: (emulator: Emulator) => Promise<void>
  /** Once the command has ended and all that it sent is seen, while the emulator still answers. */
  readonly conclude: (emulator: Emulator, exit: ChildExit, sightings: Sightings) => Promise<Result>
}

export interface RunnerOptions {
  readonly settings: Settings
  readonly offline: boolean
  /** The environment that the command would have without `exec`. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** For the certificate authority that all runs share. */
  readonly now: number
  readonly random: (size: number) => Buffer
}

/**
 * Handles signals until it is released, so that everything that is started here is also stopped.
 *
 * @throws Error if the seed cannot be read
 */
export function createRunner(
  command: readonly string[],
  options: RunnerOptions,
): Runner & Pick<HeardSignals, 'release'> {
  const { settings, offline, environment, now, random } = options
  const heard = hearSignals(process, (signal) => process.kill(process.pid, signal))
  const forAll = emulatorOptions(settings)
  let made: Promise<Authority> | undefined
  return {
    heard: heard.first,
    release: heard.release,
    async run({ onExchange, child, prepare, conclude }) {
      const [authority, emulator] = await Promise.all([
        (made ??= createAuthority([vendorHost], now, random)),
        startEmulator({ ...forAll, onExchange }),
      ])
      try {
        await prepare?.(emulator)
        const interception = await openInterception(emulator, authority, {
          environment,
          apiKey: emulator.apiKey,
          offline,
        })
        try {
          const signal = heard.first()
          const exit =
            signal === undefined
              ? await runChild(command, { ...child, env: interception.environment, signals: process })
              : { code: exitCodeOf(signal), signal }
          // What it left in its connections counts, too.
          await interception.close()
          return await conclude(emulator, exit, interception.seen())
        } finally {
          await interception.close()
        }
      } finally {
        await emulator.close()
      }
    },
  }
}

const emulatorOptions = (settings: Settings): EmulatorOptions => ({
  ...(settings.seed === undefined ? {} : { seed: settings.seed }),
  ...serviceSettings(settings),
  apiKeys: settings.apiKey,
  logger: loggerOptions(settings.silent ? 'silent' : (settings.logLevel ?? 'warn'), settings.logFormat),
})
