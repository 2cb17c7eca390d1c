import { randomBytes } from 'node:crypto'
import type { Settings } from '../config.ts'
import { createAuthority } from '../exec/certificates.ts'
import { CommandError, exitCodeOf, passedOn, runChild } from '../exec/child.ts'
import { openInterception, type Sightings } from '../exec/interception.ts'
import { vendorHost } from '../exec/vendor.ts'
import { startEmulator } from '../index.ts'
import { loggerOptions } from '../log.ts'
import { readSeed } from '../seed.ts'

export interface ExecOptions {
  readonly offline: boolean
  /** The environment that the program would have without `exec`. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Runs a program against a fresh emulator, though it may have the vendor's host written into it.
 *
 * @returns the exit code: the program's own, or that of a shell for one that was killed or could not be run
 * @throws Error that says in a sentence why the program was not started
 */
export async function exec(settings: Settings, command: readonly string[], options: ExecOptions): Promise<number> {
  const { environment, offline } = options
  // From now on, as whatever is begun here is also to be put away.
  let heard: NodeJS.Signals | undefined
  for (const signal of passedOn) process.on(signal, () => (heard ??= signal))
  const [authority, emulator] = await Promise.all([
    createAuthority([vendorHost], Date.now(), randomBytes),
    startEmulator({
      ...(settings.seed === undefined ? {} : { seed: readSeed(settings.seed) }),
      templates: settings.templates,
      strict: settings.strict,
      pace: settings.pace,
      unset: settings.unset,
      era: settings.era,
      apiKeys: settings.apiKey,
      keys: settings.keys ?? 'open',
      logger: loggerOptions(settings.silent ? 'silent' : (settings.logLevel ?? 'warn'), settings.logFormat),
    }),
  ])
  try {
    const interception = await openInterception(emulator, authority, {
      environment,
      apiKey: emulator.apiKey,
      offline,
    })
    try {
      if (heard !== undefined) return exitCodeOf(heard)
      const { code } = await runChild(command, {
        env: interception.environment,
        stdio: 'inherit',
        signals: process,
        terminal: process.stdin.isTTY,
      })
      if (!settings.silent) process.stderr.write(account(interception.seen()))
      return code
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      process.stderr.write(`bytenite-emulator: ${error.message}\n`)
      return error.code
    } finally {
      interception.close()
    }
  } finally {
    await emulator.close()
  }
}

/** What a user should know of what happened between the program and the emulator. */
function account({ refused, untrusted, unused }: Sightings): string {
  const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
  const lines = [
    ...[...untrusted].map(
      ([reason, count]) =>
        `a client refused the certificate for ${vendorHost} ${times(count)} (${reason}): it pins certificates, or trusts ` +
        'none but those it brings',
    ),
    ...(unused === 0
      ? []
      : [
          `a client closed its connection to ${vendorHost} ${times(unused)} without a request, as one does that pins certificates`,
        ]),
    ...[...refused].map(([target, count]) => `refused ${target} ${times(count)}, because of --offline`),
  ]
  return lines.map((line) => `bytenite-emulator: ${line}\n`).join('')
}
