import { counted } from '../base/plain-text.ts'
import { ConfigError, type SettingName, type Settings } from '../settings/settings.ts'

/** The arguments and options of a call. */
export interface Invocation {
  /** The arguments in order; undefined for an optional one that is absent. */
  readonly args: readonly (string | undefined)[]
  /** The command's own options. */
  readonly options: CommandOptions
  /** From the flags that the command takes, the environment, and defaults. */
  readonly settings: Settings
  /** The environment that the command was called in. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Options by their names in camel case: a text, several for a repeatable one, or a boolean for a switch. */
export type CommandOptions = Readonly<Record<string, string | readonly string[] | boolean | undefined>>

/** An option that only some commands have; what the emulator itself is set by stands in the table of settings. */
export interface CommandOption {
  /** As in `--world <name>`. */
  readonly flags: string
  readonly help: string
  readonly repeatable?: true
}

/** A command, as the command line and its help know it. */
export interface Subcommand {
  readonly name: string
  /** As in `<job>`, `[file]` or `<command...>`. */
  readonly args?: string
  /** The usage after the name in the help, if options and arguments do not say it. */
  readonly usage?: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** Text of the command's own help, below the summary. */
  readonly description?: string
  /** Settings that it takes as flags. */
  readonly settings?: readonly SettingName[]
  /** Descriptions of options that mean something else here than to `start`. */
  readonly settingsHelp?: Partial<Readonly<Record<SettingName, string>>>
  /** Defaults of settings that differ from those of `start`, by the command's own options. */
  readonly defaults?: (options: CommandOptions) => Partial<Settings>
  readonly options?: readonly CommandOption[]
  /** The arguments of `bytenite-emulator` in examples. */
  readonly examples?: readonly string[]
  /** Everything behind the first argument belongs to it, also what looks like a flag. */
  readonly passThrough?: true
  /** Loads what the command does. Only the command that is called is loaded, so that none makes the others slower. It may answer an exit code. */
  readonly load: () => Promise<(invocation: Invocation) => Promise<number | void>>
}

/**
 * Reads the first argument of a command that has several actions; without one, its list.
 *
 * @param takes the actions, with how many arguments each has
 * @throws ConfigError for an action that there is not, or an argument that it does not take
 */
export function readAction<Action extends string>(
  command: string,
  [given = 'list', ...rest]: Invocation['args'],
  takes: Readonly<Record<Action, number>>,
): Action {
  const actions = Object.keys(takes) as Action[]
  const action = actions.find((known) => known === given)
  if (action === undefined) {
    const all = `${actions.slice(0, -1).join(', ')} or ${actions.at(-1)}`
    throw new ConfigError(`${command} ${JSON.stringify(given)}: expected ${all}`)
  }
  const extra = rest.slice(takes[action]).find((argument) => argument !== undefined)
  if (extra !== undefined) throw new ConfigError(unexpected(extra, `${command} ${action}`, takes[action]))
  return action
}

/** A sentence about the first argument that is too much. */
export const unexpected = (argument: string, command: string, most: number): string =>
  `unexpected argument ${JSON.stringify(argument)}: ${command} takes ${most === 0 ? 'none' : counted(most, 'argument')}`
