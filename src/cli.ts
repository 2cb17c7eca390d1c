#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { addReportOptions, type ReportFlags } from './commands/report-options.ts'
import {
  ConfigError,
  defaultTextOf,
  environmentNameOf,
  execSettings,
  flagOf,
  type Flags,
  readSettings,
  type SettingName,
  settingNames,
  settings,
} from './config.ts'
import { vendorHost } from './exec/vendor.ts'
import { version } from './package.ts'

/** Exit codes: 0 done, 1 the task failed, 2 the command line or the environment is wrong. */
const wrongUse = 2

/** An option for a setting, from the table. */
function optionOf(name: SettingName): Option {
  const { placeholder, repeatable, help } = settings[name]
  const flags = placeholder === undefined ? flagOf(name) : `${flagOf(name)} <${placeholder}>`
  const preset = placeholder === undefined ? '' : ` (default: ${defaultTextOf(name)})`
  const option = new Option(flags, `${help}${preset} [${environmentNameOf(name)}]`)
  return repeatable ? option.argParser((value: string, previous: string[] = []) => [...previous, value]) : option
}

/**
 * Resolves at the first SIGINT or SIGTERM; the second one ends the program at once, as is usual. Listens before the server is
 * loaded: the kernel drops signals that the first process of a container does not handle.
 */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

const program = new Command('bytenite-emulator')
  .description('A local emulator of the ByteNite HTTP API')
  .version(version)
  .helpCommand(false)
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'bytenite-emulator: ')) })

const startCommand = program
  .command('start', { isDefault: true })
  .description('run the emulator until it is told to stop (what happens without a command)')
  .action(async (flags: Flags) => {
    const settings = readSettings(flags, process.env)
    const stopped = signalled()
    const { start } = await import('./commands/start.ts')
    await start(settings, stopped)
  })
for (const name of settingNames) startCommand.addOption(optionOf(name))

const healthcheckCommand = program
  .command('healthcheck')
  .description('exit with 0 if an emulator answers on the port, else with 1')
  .action(async (flags: Flags) => {
    const { healthcheck } = await import('./commands/healthcheck.ts')
    await healthcheck(readSettings(flags, process.env))
  })
for (const name of ['port', 'host'] as const) healthcheckCommand.addOption(optionOf(name))

const execCommand = program
  .command('exec')
  .usage('[options] -- <command> [arguments...]')
  .description('run a program against a fresh emulator, whatever address of the API it has written into it')
  .argument('<command...>', 'the program and its arguments')
  .passThroughOptions()
  .option('--offline', `let the program reach nothing but ${vendorHost}, emulated, and this machine`)
  .addHelpText('after', () => execExamples)
  .action(async (command: string[], { offline = false, report, reportFile, failOn, ...flags }: ExecFlags) => {
    const settings = readSettings(flags, process.env)
    const { exec } = await import('./commands/exec.ts')
    process.exitCode = await exec(settings, command, {
      offline,
      environment: process.env,
      report: { report, reportFile, failOn },
    })
  })
addReportOptions(execCommand)
for (const name of execSettings) execCommand.addOption(optionOf(name))

type ExecFlags = Flags & ReportFlags & { offline?: boolean }

const execExamples = `
Examples:
  bytenite-emulator exec -- npm test
  bytenite-emulator exec --pace polls:1 -- python submit_job.py
  bytenite-emulator exec --report --fail-on polled-too-fast -- npm test
  bytenite-emulator exec --offline --strict -- sh -c 'curl https://${vendorHost}/v1/customer/jobs'
`

for (const command of [startCommand, healthcheckCommand, execCommand]) {
  command
    .exitOverride()
    .allowExcessArguments(command === execCommand)
    .showHelpAfterError('See bytenite-emulator --help.')
}

// The settings belong to `start`, which is what runs without a command; so the help shows them without asking for it.
program.addHelpText(
  'after',
  () =>
    `\n${startCommand
      .helpInformation()
      .replace(/^Usage.*\n\n.*\n\n/, 'Settings of start:\n')
      .replace('Options:\n', '')}`,
)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : wrongUse
  else {
    process.stderr.write(`bytenite-emulator: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = error instanceof ConfigError ? wrongUse : 1
  }
}
