import type { SettingName, Settings } from '../config.ts'

/** What a command was called with. */
export interface Invocation {
  /** What stands behind the command's name, in order; undefined where an optional argument is absent. */
  readonly args: readonly (string | undefined)[]
  /** The command's own options by their names in camel case: a text, or true for a switch. */
  readonly options: Readonly<Record<string, string | true | undefined>>
  /** From the flags that the command takes, the environment, and defaults. */
  readonly settings: Settings
  /** The variables of the process. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** An option that only some commands have; what the emulator itself is set by stands in the table of settings. */
export interface CommandOption {
  /** As in `--world <name>`. */
  readonly flags: string
  readonly help: string
}

/** A command, as the command line and its help know it. */
export interface Subcommand {
  readonly name: string
  /** As in `<job>`, `[file]` or `<command...>`. */
  readonly args?: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What the command's own help says below the summary. */
  readonly description?: string
  /** Settings that it takes as flags. */
  readonly settings?: readonly SettingName[]
  readonly options?: readonly CommandOption[]
  /** What stands behind `bytenite-emulator` in examples. */
  readonly examples?: readonly string[]
  /** Everything behind the first argument belongs to it, also what looks like a flag. */
  readonly passThrough?: true
  /** Loads what the command does. Only the command that is called is loaded, so that none makes the others slower. */
  readonly load: () => Promise<(invocation: Invocation) => Promise<void>>
}
