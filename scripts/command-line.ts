// docs/command-line.md: every command and option, from the tables that the command line itself is made from.
import { subcommands } from '../src/commands/commands.ts'
import type { Subcommand } from '../src/commands/subcommand.ts'
import { defaultTextOf, flagOf, type SettingName, settingNames, settings } from '../src/settings/settings.ts'
import { code, generated, page, table } from './markdown.ts'

/** An option as the page shows it: flags and meaning. */
type Row = readonly [flags: string, meaning: string]

/** Options with the same text in at least this many commands are explained once. */
const manyCommands = 5

const head = `\`npx bytenite-emulator\` works inside a checkout and in a project that has [installed](../README.md#install) the package. The examples below omit \`npx\`, which only a global installation does not need. In a checkout, \`npm start -- OPTIONS\` builds if needed and then runs \`start\`.

\`bytenite-emulator --help\` lists the commands, \`bytenite-emulator COMMAND --help\` the options of a command. \`bytenite-emulator --version\` prints the version. For a misspelt command or option, the message names the nearest one.

Every option that is also a [setting](local-development.md#settings) can be given as an environment variable: \`--log-level warn\` is \`BYTENITE_EMULATOR_LOG_LEVEL=warn\`. The option wins. Results go to stdout, everything else to stderr. Under \`exec\` without \`--sweep\`, stdout belongs to the program: the report, in any format, goes to stderr with the rest, and \`--report-file\` writes it alone.

| Exit code | Meaning |
| --- | --- |
| 0 | success |
| 1 | failure; the message on stderr says why |
| 2 | the command line or the environment is wrong |
| any | \`exec\` ends with the exit code of its program, see [exit codes and signals](interception.md#exit-codes-and-signals) |`

/** Text of the help as Markdown: what would be a tag or emphasis there stays as it is. */
const literal = (text: string): string => text.replace(/[<*]/g, '\\$&')

/** A link to more about a command, for commands that have their own page. */
const more: Readonly<Record<string, string>> = {
  start: 'More: [settings](local-development.md#settings), [CI and containers](ci-and-containers.md).',
  exec: 'More: [interception](interception.md), also for the report and the sweep.',
  run: 'More: [building blocks](building-blocks.md).',
  wait: 'In CI: [without a container](ci-and-containers.md#without-a-container).',
  advance: 'More: [the clock](time-and-scenarios.md#the-clock).',
  explain: 'More: [why is this job in this state?](time-and-scenarios.md#why-is-this-job-in-this-state)',
  doctor: 'More: [troubleshooting](troubleshooting.md).',
}

const start: Subcommand = {
  name: 'start',
  summary: 'run the emulator until it is interrupted (the default without a command)',
  settings: settingNames,
  examples: ['start', 'start --port 3000 --in-memory', 'start --pace polls:5 --seed seed.json'],
  load: () => Promise.reject(new Error('only its options are read here')),
}

export function commandLinePage(): string {
  const commands = [start, ...subcommands]
  const uses = new Map<string, number>()
  for (const row of commands.flatMap(optionsOf)) uses.set(row.join(), (uses.get(row.join()) ?? 0) + 1)
  const isShared = (row: Row): boolean => (uses.get(row.join()) ?? 0) >= manyCommands
  const shared = new Map(commands.flatMap(optionsOf).filter(isShared))
  return page(
    '# Command line',
    generated,
    head,
    table(
      ['Command', 'Does'],
      commands.map(({ name, summary }) => [`[${code(name)}](#${name})`, summary]),
    ),
    '## Which emulator, which world',
    'Commands that talk to a running emulator have these options. The defaults are the world `default` and the emulator on the usual port:',
    table(
      ['Option', 'Meaning'],
      [...shared.entries()].map(([flags, meaning]) => [code(flags), meaning]),
    ),
    ...commands.map((command) => commandSection(command, isShared)),
  )
}

function commandSection(command: Subcommand, isShared: (row: Row) => boolean): string {
  const { name, args, usage, summary, description = '', examples = [] } = command
  const own = optionsOf(command).filter((row) => !isShared(row))
  const common = optionsOf(command).filter(isShared)
  const flags = common.map(([text]) => code(text.replace(/ .*/, ''))).join(', ')
  const rows = own.map(([text, meaning]) => [code(text), meaning])
  if (common.length > 0) rows.push([flags, '[which emulator, which world](#which-emulator-which-world)'])
  const synopsis = ['bytenite-emulator', name, usage ?? ['[options]', args].filter(Boolean).join(' ')].join(' ')
  return page(
    `## ${name}`,
    `${code(synopsis)}: ${literal(`${summary}. ${description}`)}`.trim(),
    table(['Option', 'Meaning'], rows),
    ['```console', ...examples.map((example) => `$ bytenite-emulator ${example}`), '```'].join('\n'),
    more[name] ?? '',
  ).trimEnd()
}

/** The options of a command, in the order of its help. */
const optionsOf = ({ settings: names = [], settingsHelp = {}, options = [] }: Subcommand): Row[] => [
  ...names.map((name) => settingRow(name, settingsHelp[name])),
  ...options.map(({ flags, help }): Row => [flags, literal(help)]),
]

function settingRow(name: SettingName, help = settings[name].help): Row {
  const { placeholder } = settings[name]
  if (placeholder === undefined) return [flagOf(name), literal(help)]
  return [`${flagOf(name)} <${placeholder}>`, literal(`${help} (default: ${defaultTextOf(name)})`)]
}
