import { type Era, eras } from '../wire/era-2023.ts'
import { isWorldName } from '../base/world-names.ts'
import { defaultPace, type Pace, parsePace } from '../domain/jobs/pace.ts'

/** A setting that cannot be used: says which, its value, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Everything that can be set from outside, with its type. */
export interface Settings {
  port: number
  host: string
  data: string
  inMemory: boolean
  seed: string | undefined
  init: string | undefined
  templates: 'closed' | 'open'
  strict: boolean
  pace: Pace
  unset: 'emit' | 'omit'
  era: Era
  apiKey: ReadonlyMap<string, string>
  keys: 'closed' | 'open' | undefined
  logLevel: LogLevel | undefined
  logFormat: 'line' | 'json'
  silent: boolean
  portFile: string | undefined
}

interface Setting<Value> {
  /** The placeholder after the flag in the help; none for a switch. */
  readonly placeholder?: string
  /** May be given several times; in the environment, separated by commas. */
  readonly repeatable?: true
  readonly help: string
  readonly default: Value
  /** How the default reads in the help, where its value does not say it. */
  readonly defaultText?: string
  /** @throws ConfigError without the name of the flag, which the caller adds */
  readonly parse: (text: string, previous: Value) => Value
}

const oneOf =
  <const Choice extends string>(choices: readonly Choice[]) =>
  (text: string): Choice => {
    const choice = choices.find((known) => known === text)
    if (choice === undefined) throw new ConfigError(`expected ${choices.join(' or ')}`)
    return choice
  }

const toSwitch = (text: string): boolean => {
  if (/^(true|1|yes|on)$/i.test(text)) return true
  if (/^(false|0|no|off|)$/i.test(text)) return false
  throw new ConfigError('expected true or false')
}

const nonEmpty = (text: string): string => {
  if (text.trim() === '') throw new ConfigError('expected some text')
  return text
}

/** The table of settings: flags, environment names, defaults, help and types all come from here. */
export const settings: { readonly [Name in keyof Settings]: Setting<Settings[Name]> } = {
  port: {
    placeholder: 'NUMBER',
    help: 'port to listen on; 0 picks a free one',
    default: 2983,
    parse(text) {
      if (!/^\d+$/.test(text) || Number(text) > 65_535) throw new ConfigError('expected a number from 0 to 65535')
      return Number(text)
    },
  },
  host: { placeholder: 'ADDRESS', help: 'address to listen on', default: '127.0.0.1', parse: nonEmpty },
  data: {
    placeholder: 'DIR',
    help: 'directory of the database and of uploaded files',
    default: './.bytenite-emulator',
    parse: nonEmpty,
  },
  inMemory: { help: 'keep everything in memory; nothing survives the end', default: false, parse: toSwitch },
  seed: {
    placeholder: 'FILE',
    help: 'JSON file with templates and jobs that every world starts from',
    default: undefined,
    defaultText: 'none',
    parse: nonEmpty,
  },
  init: {
    placeholder: 'DIR',
    help: 'folder of such files: all *.json in the order of their names, before the one of --seed',
    default: undefined,
    defaultText: 'none',
    parse: nonEmpty,
  },
  templates: {
    placeholder: 'MODE',
    help: 'closed: an unknown templateId is 404; open: any templateId will do',
    default: 'closed',
    parse: oneOf(['closed', 'open']),
  },
  strict: {
    help: 'refuse what the service merely ignored: unknown fields, job ids that are no UUIDs, API keys in place of tokens',
    default: false,
    parse: toSwitch,
  },
  pace: {
    placeholder: 'PACE',
    help: 'how fast a job gets from run to COMPLETE: a duration, polls:N (the N-th status read) or manual (when told to)',
    default: defaultPace,
    defaultText: '3s',
    parse: parsePace,
  },
  unset: {
    placeholder: 'MODE',
    help: 'emit: answers show unset fields, as the service did; omit: they leave them out',
    default: 'emit',
    parse: oneOf(['emit', 'omit']),
  },
  era: {
    placeholder: 'YEAR',
    help: '2025: answers of mid-2025; 2023: what clients of 2023 read (completedAt, counts as strings, empty results)',
    default: '2025',
    parse: oneOf(eras),
  },
  apiKey: {
    placeholder: 'KEY=WORLD',
    repeatable: true,
    help: 'a further API key and the world it opens; may be repeated',
    default: new Map(),
    defaultText: 'none beside test_<world>',
    parse(text, previous) {
      // The vendor's keys end in "=", so the last one divides.
      const divider = text.lastIndexOf('=')
      const [key, world] = [text.slice(0, Math.max(0, divider)), text.slice(divider + 1)]
      if (key.trim() === '' || !isWorldName(world)) {
        throw new ConfigError('expected KEY=WORLD, where WORLD is 1 to 64 of letters, digits, ".", "_" and "-"')
      }
      return new Map(previous).set(key, world)
    },
  },
  keys: {
    placeholder: 'MODE',
    help: 'closed: only test_<world> and the keys of --api-key are good; open: any other key opens the world default',
    default: undefined,
    defaultText: 'closed, but open for exec',
    parse: oneOf(['closed', 'open']),
  },
  logLevel: {
    placeholder: 'LEVEL',
    help: `${logLevels.join(', ')}; at info, one line a request`,
    default: undefined,
    defaultText: 'info on a terminal, else warn',
    parse: oneOf(logLevels),
  },
  logFormat: {
    placeholder: 'FORMAT',
    help: 'line: to be read by people; json: by machines. Logs go to stderr',
    default: 'line',
    parse: oneOf(['line', 'json']),
  },
  silent: { help: 'no logs, only the line that says it is ready', default: false, parse: toSwitch },
  portFile: {
    placeholder: 'FILE',
    help: 'file to write the port number to, once the emulator answers; removed at the end',
    default: undefined,
    defaultText: 'none',
    parse: nonEmpty,
  },
}

export type SettingName = keyof Settings

export const settingNames = Object.keys(settings) as SettingName[]

/** The settings of an emulator that lives in memory, on a free port, for as long as one program runs. */
export const execSettings = [
  'seed',
  'templates',
  'strict',
  'pace',
  'unset',
  'era',
  'apiKey',
  'keys',
  'logLevel',
  'logFormat',
  'silent',
] as const satisfies readonly SettingName[]

/** `logLevel` -> `--log-level`. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** `logLevel` -> `BYTENITE_EMULATOR_LOG_LEVEL`. */
export const environmentNameOf = (name: SettingName): string =>
  `BYTENITE_EMULATOR_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** The default of a setting, as the help and the README print it. */
export function defaultTextOf(name: SettingName): string {
  const { defaultText, default: value } = settings[name] as Setting<unknown>
  return defaultText ?? String(value)
}

/** Flags as they were given: a text, several for a repeatable one, or true for a switch. */
export type Flags = { readonly [Name in SettingName]?: string | readonly string[] | boolean }

/**
 * Settings from flags, then the environment, then defaults.
 *
 * @throws ConfigError that names the flag or the variable, the value, and what was expected
 */
export function readSettings(flags: Flags, environment: Readonly<Record<string, string | undefined>>): Settings {
  checkEnvironmentNames(environment)
  const entries = settingNames.map((name) => [name, readSetting(name, flags[name], environment)])
  return Object.fromEntries(entries) as Settings
}

function readSetting(
  name: SettingName,
  flag: Flags[SettingName],
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  const setting = settings[name] as Setting<unknown>
  if (flag === true) return true
  if (flag !== undefined) return parseAll(setting, flagOf(name), [flag].flat() as string[])
  const variable = environment[environmentNameOf(name)]
  // An empty variable is how a shell or a compose file leaves one out.
  if (variable === undefined || variable === '') return setting.default
  return parseAll(setting, environmentNameOf(name), setting.repeatable ? variable.split(',') : [variable])
}

function parseAll(setting: Setting<unknown>, source: string, texts: readonly string[]): unknown {
  let value = setting.default
  for (const text of texts) {
    try {
      value = setting.parse(text, value)
    } catch (error) {
      throw new ConfigError(
        `${source} ${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  return value
}

/** A misspelt variable would silently do nothing. */
function checkEnvironmentNames(environment: Readonly<Record<string, string | undefined>>): void {
  const known = settingNames.map(environmentNameOf)
  for (const name of Object.keys(environment)) {
    if (name.startsWith('BYTENITE_EMULATOR_') && !known.includes(name)) {
      throw new ConfigError(`unknown environment variable ${name}; known are ${known.join(', ')}`)
    }
  }
}
