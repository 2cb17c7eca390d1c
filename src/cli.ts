#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import {
  ConfigError,
  defaultTextOf,
  environmentNameOf,
  flagOf,
  type Flags,
  readSettings,
  type SettingName,
  settingNames,
  settings,
} from './settings/settings.ts'
import { type CommandOptions, type Invocation, type Subcommand, unexpected } from './commands/subcommand.ts'
import { subcommands } from './commands/commands.ts'
import { didYouMean } from './base/nearest.ts'
import { version } from './base/package.ts'

/** Exit codes: 0 done, 1 the task failed, 2 the command line or the environment is wrong. */
const wrongUse = 2

const exitCodes =
  'Exit codes: 0 done, 1 it failed, 2 the command line or the environment is wrong; exec ends with those of its program.'

/** The arguments of the examples in the help. */
const mainExamples = [
  '',
  '--port 3000 --in-memory',
  '--pace polls:5 --seed seed.json',
  'wait --timeout 10s',
  'export before.tar',
]

/** An option for a setting, from the table. */
function optionOf(name: SettingName, help = settings[name].help): Option {
  const { placeholder, repeatable } = settings[name]
  const flags = placeholder === undefined ? flagOf(name) : `${flagOf(name)} <${placeholder}>`
  const preset = placeholder === undefined ? '' : ` (default: ${defaultTextOf(name)})`
  const option = new Option(flags, `${help}${preset} [${environmentNameOf(name)}]`)
  return repeatable ? option.argParser(append) : option
}

const append = (value: string, previous: readonly string[] = []): string[] => [...previous, value]

/**
 * Resolves at the first signal to end; a second one ends the program at once, as is usual. Listens before the server is
 * loaded: the kernel drops signals that the first process of a container does not handle.
 */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.once(signal, () => resolve())
  })
}

const program = new Command('bytenite-emulator')
  .description('A local emulator of the ByteNite HTTP API')
  .version(version, '-v, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand('help [command]', 'print the help of a command')
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(clearer(text)) })

const startCommand = program
  .command('start', { isDefault: true })
  .description('run the emulator until it is interrupted (the default without a command)')
  .action(async (flags: Flags) => {
    const settings = readSettings(flags, process.env)
    const stopped = signalled()
    const { start } = await import('./commands/start.ts')
    await start(settings, stopped, { flags, environment: process.env })
  })
for (const name of settingNames) startCommand.addOption(optionOf(name))
for (const subcommand of subcommands) program.addCommand(commandOf(subcommand))
program
  .command('version')
  .description('print the version')
  .action(() => void process.stdout.write(`${version}\n`))
for (const command of program.commands) {
  command.exitOverride().allowExcessArguments(false).copyInheritedSettings(program)
  command.showHelpAfterError(`See bytenite-emulator ${command.name()} --help.`)
}
startCommand.showHelpAfterError('See bytenite-emulator --help.')

/** An error of the command line; an option that there is, but not here or not with a value, is not taken for a slip of the pen. */
function clearer(text: string): string {
  return text
    .replace(/^error: /, 'bytenite-emulator: ')
    .replace(
      /too many arguments for '(\w+)'\. Expected (\d+) arguments? but got \d+\./,
      (whole, name: string, most: string) => {
        const given = program.commands.find((command) => command.name() === name)?.args[Number(most)]
        return given === undefined ? whole : unexpected(given, name, Number(most))
      },
    )
    .replace(/unknown option '(--[\w-]+)(=.*?)?'(\n\(Did you mean .*\))?$/ms, (whole, flag: string, value?: string) => {
      if (value !== undefined && isSwitch(flag)) return `option '${flag}' takes no value`
      return settingNames.some((name) => flagOf(name) === flag)
        ? `unknown option '${flag}': it belongs to bytenite-emulator start, not to this command`
        : whole
    })
}

const isSwitch = (flag: string): boolean =>
  program.commands.some(({ options }) => options.some((option) => option.long === flag && option.isBoolean()))

/** A command out of the table. */
function commandOf(subcommand: Subcommand): Command {
  const {
    name,
    args,
    usage,
    summary,
    description,
    settings = [],
    settingsHelp = {},
    options = [],
    examples = [],
    passThrough,
    defaults,
    load,
  } = subcommand
  const command = new Command(name).summary(summary).passThroughOptions(passThrough === true)
  command.description(description === undefined ? summary : `${summary}\n\n${description}`)
  if (args !== undefined) command.arguments(args)
  if (usage !== undefined) command.usage(usage)
  for (const setting of settings) command.addOption(optionOf(setting, settingsHelp[setting]))
  for (const { flags, help, repeatable } of options) {
    const option = new Option(flags, help)
    command.addOption(repeatable ? option.argParser(append) : option)
  }
  if (examples.length > 0) command.addHelpText('after', `\n${examplesText(examples)}`)
  return command.action(async (...given: unknown[]) => {
    const flags = command.opts<Flags & CommandOptions>()
    const invocation: Invocation = {
      args: given.slice(0, command.registeredArguments.length).flat() as (string | undefined)[],
      options: flags,
      settings: readSettings(flags, process.env, defaults?.(flags), settings),
      environment: process.env,
    }
    const act = await load()
    process.exitCode = (await act(invocation)) ?? 0
  })
}

function examplesText(examples: readonly string[]): string {
  return `Examples:\n${examples.map((example) => `  $ bytenite-emulator ${example}`.trimEnd()).join('\n')}`
}

/** The settings belong to `start`, which is what runs without a command; so the help shows them without asking for it. */
function settingsText(): string {
  const help = startCommand.createHelp()
  help.prepareContext({ helpWidth: process.stdout.columns })
  const options = help.visibleOptions(startCommand)
  const width = Math.max(...options.map((option) => help.optionTerm(option).length))
  const lines = options.map((option) =>
    help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help),
  )
  return ['Settings of start:', ...lines].join('\n')
}
program.addHelpText('after', () => `\n${settingsText()}\n\n${examplesText(mainExamples)}\n\n${exitCodes}`)

/** Without a command everything goes to `start`, and it would only say that it takes no arguments. */
function refuseUnknownCommand([first]: readonly string[]): void {
  const names = [...program.commands.map((command) => command.name()), 'help']
  if (first === undefined || first.startsWith('-') || names.includes(first)) return
  program.error(
    `error: unknown command ${JSON.stringify(first)}${didYouMean(first, names)}\n` + 'See bytenite-emulator --help.',
  )
}

// A log whose reader has gone is lost, and nothing else.
process.stderr.on('error', () => undefined)

// A reader that has seen enough, as `head` has, is not a failure.
process.stdout.once('error', (error: Error & { code?: string }) => {
  if (error.code === 'EPIPE') process.exit()
  process.stderr.write(`bytenite-emulator: cannot write the output: ${error.message}\n`)
  process.exit(1)
})

/** The message of an error; a current folder that was removed fails wherever a path is made whole. */
function sentenceOf(error: unknown): string {
  if ((error as { syscall?: string }).syscall === 'uv_cwd') {
    return 'the current folder does not exist any more; change to another one and try again'
  }
  return error instanceof Error ? error.message : String(error)
}

async function main(): Promise<void> {
  try {
    refuseUnknownCommand(process.argv.slice(2))
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : wrongUse
    else {
      process.stderr.write(`bytenite-emulator: ${sentenceOf(error)}\n`)
      process.exitCode = error instanceof ConfigError ? wrongUse : 1
    }
  }
}
void main()
