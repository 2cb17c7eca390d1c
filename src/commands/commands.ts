import { execSettings } from '../settings/exec-settings.ts'
import { vendorHost } from '../exec/intercept/vendor.ts'
import type { CommandOption, Subcommand } from './subcommand.ts'
import { worldCommands } from './world-commands.ts'
import { readReportFlags, reportOptions } from './report-options.ts'
import { readSweepFlags, sweepOptions } from './sweep-options.ts'

/** Options of commands that talk to a running emulator; `reach` reads them. */
const running = {
  settings: ['port', 'host'],
  settingsHelp: { port: 'port on which the emulator answers', host: 'address on which the emulator answers' },
  options: [
    { flags: '--url <URL>', help: 'address of the emulator, in place of --host and --port' },
    { flags: '--world <NAME>', help: 'the world that is meant (default: default)' },
  ],
} as const satisfies Pick<Subcommand, 'settings' | 'settingsHelp' | 'options'>

const asJson: CommandOption = { flags: '--json', help: 'print JSON, for programs' }

/** The commands beside `start`, in the order of the help. */
export const subcommands: readonly Subcommand[] = [
  {
    name: 'exec',
    args: '<command...>',
    usage: '[options] -- <command> [arguments...]',
    passThrough: true,
    summary: 'run a program against a fresh emulator, whatever address of the API it has written into it',
    settings: execSettings,
    // A run of a sweep is short, and does not depend on the clock.
    defaults: ({ sweep }) => ({ keys: 'open', ...(sweep === true ? { pace: { by: 'polls', total: 2 } } : {}) }),
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
      const { exec } = await import('../exec/exec.ts')
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
    name: 'run',
    args: '<template>',
    summary: 'run the building blocks of a template once, on this machine: no server, results in a folder',
    description:
      'The blocks run as programs of yours, with your rights. Their logs go to stderr. Exits with 0 if the job is COMPLETE, else with 1.',
    settings: ['apps', 'python', 'runParallel'],
    options: [
      { flags: '--source <FILE>', help: 'the file that the job reads (default: none, as with the source bypass)' },
      {
        flags: '--param <SECTION.NAME=VALUE>',
        help: 'a parameter of app, partitioner or assembler; JSON if it parses, else text; may be repeated',
        repeatable: true,
      },
      { flags: '--out <DIR>', help: 'folder for the results, which is made (default: results)' },
      { flags: '--keep', help: 'leave the folder in which the blocks worked, and say where it is' },
    ],
    examples: [
      'run shout-template --apps ./blocks --source notes.txt --param app.case=lower --out results',
      'run hello-world-template --apps ./hello-world --source hello.txt --python .venv/bin/python',
    ],
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'healthcheck',
    summary: 'exit with 0 if an emulator answers on the port, else with 1',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    examples: ['healthcheck', 'healthcheck --port 3000'],
    load: async () => {
      const { healthcheck } = await import('./healthcheck.ts')
      return ({ settings }) => healthcheck(settings)
    },
  },
  {
    name: 'wait',
    summary: 'wait until an emulator answers, or a job has ended',
    description: 'Exits with 0 once it is ready or the job is COMPLETE, with 1 if the job failed or the time is over.',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [
      { flags: '--for <WHAT>', help: 'ready, job or job:ID (default: ready)' },
      { flags: '--job <ID>', help: 'the job, with --for job' },
      { flags: '--timeout <TIME>', help: 'how long, in real time (default: 30s)' },
      ...running.options,
    ],
    examples: ['wait', 'wait --for job:5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60 --timeout 2m'],
    load: async () => (await import('./wait.ts')).wait,
  },
  {
    name: 'env',
    summary: 'print the variables that point clients at the emulator, for a shell to evaluate',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [
      { flags: '--unset', help: 'take the variables away instead' },
      { flags: '--shell <NAME>', help: 'sh, bash, zsh, fish or powershell (default: sh)' },
      { flags: '--format <FORM>', help: 'dotenv or github, in place of what a shell evaluates' },
      ...running.options,
    ],
    examples: [
      'env --world checkout',
      'env --shell fish | source',
      'env --format github >> "$GITHUB_ENV"',
      'env --unset',
    ],
    load: async () => (await import('./env.ts')).env,
  },
  {
    name: 'reset',
    summary: 'put a world back to the seed',
    ...running,
    examples: ['reset', 'reset --world checkout'],
    load: async () => (await import('./worlds.ts')).reset,
  },
  {
    name: 'seed',
    args: '<file>',
    summary: 'add the templates and jobs of a seed file to a world; all of them or none',
    ...running,
    examples: ['seed seed.json', 'seed seed.json --world checkout'],
    load: async () => (await import('./worlds.ts')).seed,
  },
  {
    name: 'export',
    args: '[file]',
    summary: 'write a world to a file: jobs, templates, files, clock, pace; or its requests',
    description:
      'The file is a tar archive, <world>.tar unless named; - is stdout. A running clock runs on in the file. With --har it is an HTTP Archive (HAR 1.2) of the last requests, <world>.har unless named, with secrets masked.',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [{ flags: '--har', help: 'write what clients sent and got, in place of the world' }, ...running.options],
    examples: ['export', 'export before.tar --world checkout', 'export - | tar tv', 'export --har requests.har'],
    load: async () => (await import('./archives.ts')).exportWorld,
  },
  {
    name: 'import',
    args: '<file>',
    summary: 'make a world of an exported one; all of it or nothing',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [{ flags: '--replace', help: 'write over a world that has the name' }, ...running.options],
    examples: ['import before.tar --world again', 'import before.tar --world checkout --replace'],
    load: async () => (await import('./archives.ts')).importWorld,
  },
  {
    name: 'advance',
    args: '<time>',
    summary: "move a world's clock on, and print what happened on the way",
    description: 'The time is a duration (90s, 10m, 2h, 1d), next (state of any job), or job:ID (until that job ends).',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [asJson, ...running.options],
    examples: ['advance 10m', 'advance next', 'advance job:5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60'],
    load: async () => (await import('./worlds.ts')).advance,
  },
  {
    name: 'explain',
    args: '<job>',
    summary: 'tell why a job is where it is, and what moves it on',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [asJson, ...running.options],
    examples: ['explain 5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60', 'explain my-job --world checkout --json'],
    load: async () => (await import('./explain.ts')).explain,
  },
  ...worldCommands(running, asJson),
  {
    name: 'doctor',
    summary: 'check what can keep the emulator from running here, and say the way out',
    settings: ['port', 'host', 'data', 'inMemory', 'apps', 'python'],
    options: [asJson],
    examples: ['doctor', 'doctor --port 3000 --data /var/lib/bytenite'],
    load: async () => (await import('./doctor.ts')).doctor,
  },
]
