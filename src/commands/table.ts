import { execSettings, type SettingName, type Settings } from '../config.ts'
import { vendorHost } from '../exec/vendor.ts'

/** What a command was called with. */
export interface Invocation {
  /** What stands behind the command's name, in order; undefined where an optional argument is absent. */
  readonly args: readonly (string | undefined)[]
  /** The command's own options by their names in camel case: a text, or true for a switch. */
  readonly options: Readonly<Record<string, string | true | undefined>>
  /** From the flags that the command takes, the environment, and defaults. */
  readonly settings: Settings
  /** The environment that the command was called in. */
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
  /** What stands behind the name in the help, where options and arguments do not say it. */
  readonly usage?: string
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
  /** Loads what the command does. Only the command that is called is loaded, so that none makes the others slower. It may answer an exit code. */
  readonly load: () => Promise<(invocation: Invocation) => Promise<number | void>>
}

/** Options of commands that talk to a running emulator; `src/commands/running.ts` reads them. */
const running = {
  settings: ['port', 'host'],
  url: { flags: '--url <url>', help: 'where the emulator answers, in place of --host and --port' },
  world: { flags: '--world <name>', help: 'the world (default: default)' },
} as const satisfies Record<string, CommandOption | readonly SettingName[]>

/** The commands beside `start`, in the order of the help. */
export const subcommands: readonly Subcommand[] = [
  {
    name: 'exec',
    args: '<command...>',
    usage: '[options] -- <command> [arguments...]',
    passThrough: true,
    summary: 'run a program against a fresh emulator, whatever address of the API it has written into it',
    settings: execSettings,
    options: [
      { flags: '--offline', help: `let the program reach nothing but ${vendorHost}, emulated, and this machine` },
    ],
    examples: [
      'exec -- npm test',
      'exec --pace polls:1 -- python submit_job.py',
      `exec --offline --strict -- sh -c 'curl https://${vendorHost}/v1/customer/jobs'`,
    ],
    load: async () => {
      const { exec } = await import('./exec.ts')
      return ({ args, options, settings, environment }) =>
        exec(settings, args as string[], { offline: options['offline'] === true, environment })
    },
  },
  {
    name: 'healthcheck',
    summary: 'exit with 0 if an emulator answers on the port, else with 1',
    settings: running.settings,
    examples: ['healthcheck', 'healthcheck --port 3000'],
    load: async () => {
      const { healthcheck } = await import('./healthcheck.ts')
      return ({ settings }) => healthcheck(settings)
    },
  },
]
