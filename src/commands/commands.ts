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
    { flags: '--url <URL>', help: 'address of the emulator, instead of --host and --port' },
    { flags: '--world <NAME>', help: 'name of the world (default: default)' },
  ],
} as const satisfies Pick<Subcommand, 'settings' | 'settingsHelp' | 'options'>

const asJson: CommandOption = { flags: '--json', help: 'print JSON, for programs' }

/** The commands besides `start`, in the order of the help. */
export const subcommands: readonly Subcommand[] = [
  {
    name: 'exec',
    args: '<command...>',
    usage: '[options] -- <command> [arguments...]',
    passThrough: true,
    summary: 'run a program against a fresh emulator, even if the address of the API is hard-coded in it',
    settings: execSettings,
    // A run of a sweep is short, and does not depend on the clock.
    defaults: ({ sweep }) => ({ keys: 'open', ...(sweep === true ? { pace: { by: 'polls', total: 2 } } : {}) }),
    options: [
      { flags: '--offline', help: `let the program reach only this machine and the emulated ${vendorHost}` },
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
    summary: 'run the building blocks of a template once on this machine, without a server; results go to a folder',
    description:
      'The blocks run as programs of yours, with your rights. Their logs go to stderr. Exits with 0 if the job is COMPLETE, else with 1.',
    settings: ['apps', 'python', 'runParallel'],
    options: [
      { flags: '--source <FILE>', help: 'the file that the job reads (default: none, as with the source bypass)' },
      {
        flags: '--param <SECTION.NAME=VALUE>',
        help: 'a parameter of app, partitioner or assembler; read as JSON if it is valid, else as text; may be repeated',
        repeatable: true,
      },
      { flags: '--out <DIR>', help: 'folder for the results, created if needed (default: results)' },
      { flags: '--keep', help: 'keep the working folder of the blocks, and print its path' },
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
    description:
      'Exits with 0 when the emulator is ready or the job is COMPLETE, and with 1 if the job failed or the time is over.',
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
    summary: 'print variables that direct clients to the emulator, for eval in a shell',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [
      { flags: '--unset', help: 'unset the variables instead' },
      { flags: '--shell <NAME>', help: 'sh, bash, zsh, fish or powershell (default: sh)' },
      { flags: '--format <FORM>', help: 'dotenv or github, instead of the syntax of a shell' },
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
    summary: 'add the templates and jobs of a seed file to a world, atomically',
    ...running,
    examples: ['seed seed.json', 'seed seed.json --world checkout'],
    load: async () => (await import('./worlds.ts')).seed,
  },
  {
    name: 'export',
    args: '[file]',
    summary: 'write a world to a file (jobs, templates, files, clock, pace), or its requests',
    description:
      'The file is a tar archive, by default <world>.tar; - is stdout. A clock that runs keeps running after the import. With --har it is an HTTP Archive (HAR 1.2) of the last requests, by default <world>.har, with secrets masked.',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [
      { flags: '--har', help: 'write the requests and answers of clients instead of the world' },
      ...running.options,
    ],
    examples: ['export', 'export before.tar --world checkout', 'export - | tar tv', 'export --har requests.har'],
    load: async () => (await import('./archives.ts')).exportWorld,
  },
  {
    name: 'import',
    args: '<file>',
    summary: 'create a world from an exported one, atomically',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [{ flags: '--replace', help: 'overwrite an existing world of that name' }, ...running.options],
    examples: ['import before.tar --world again', 'import before.tar --world checkout --replace'],
    load: async () => (await import('./archives.ts')).importWorld,
  },
  {
    name: 'advance',
    args: '<time>',
    summary: "advance a world's clock, and print the states that jobs enter",
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
    summary: 'explain the state of a job, and what it waits for',
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [asJson, ...running.options],
    examples: ['explain 5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60', 'explain my-job --world checkout --json'],
    load: async () => (await import('./explain.ts')).explain,
  },
  ...worldCommands(running, asJson),
  {
    name: 'doctor',
    summary: 'find what can keep the emulator from running here, with the cure',
    settings: ['port', 'host', 'data', 'inMemory', 'apps', 'python'],
    options: [asJson],
    examples: ['doctor', 'doctor --port 3000 --data /var/lib/bytenite'],
    load: async () => (await import('./doctor.ts')).doctor,
  },
]
