import { execSettings, type SettingName } from '../config.ts'
import { vendorHost } from '../exec/vendor.ts'
import { readReportFlags, reportOptions } from './report-options.ts'
import type { CommandOption, Subcommand } from './subcommand.ts'
import { readSweepFlags, sweepOptions } from './sweep-options.ts'

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
      ...reportOptions,
      ...sweepOptions,
    ],
    examples: [
      'exec -- npm test',
      'exec --pace polls:1 -- python submit_job.py',
      'exec --report --fail-on polled-too-fast -- npm test',
      'exec --sweep -- python submit_job.py',
      "exec --sweep --only 'post-jobs.*' -- python submit_job.py",
      `exec --offline --strict -- sh -c 'curl https://${vendorHost}/v1/customer/jobs'`,
    ],
    load: async () => {
      const { exec } = await import('./exec.ts')
      return ({ args, options, settings, environment }) => {
        const sweep = readSweepFlags(options)
        return exec(settings, args as string[], {
          offline: options['offline'] === true,
          environment,
          ...(sweep === undefined ? { report: readReportFlags(options) } : { sweep }),
        })
      }
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
