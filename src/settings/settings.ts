import { type Era, eras } from '../wire/era-2023.ts'
import { isWorldName, worldNameForm } from '../base/world-names.ts'
import {
  address,
  baseUrl,
  choice,
  ConfigError,
  expected,
  hostName,
  originOf,
  parallel,
  path,
  text,
  toggle,
} from './values.ts'
import { defaultPace, formatPace, type Pace, parsePace } from '../domain/jobs/pace.ts'

export { ConfigError, expected } from './values.ts'

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** The settings of the service itself. Every door has them, under the same name. */
export interface ServiceSettings {
  /** `open` accepts any `templateId`; absent: `closed`. */
  readonly templates: 'closed' | 'open'
  /** Refuse what the service merely ignored; absent: false. */
  readonly strict: boolean
  /** The pace of jobs in worlds that have none of their own. */
  readonly pace: Pace
  /** `omit` leaves unset fields out of answers; absent: `emit`. */
  readonly unset: 'emit' | 'omit'
  /** The year whose answers clients get; absent: `2025`. */
  readonly era: Era
  /** `open`: any other key opens the world `default`, too; absent: `closed`. */
  readonly keys: 'closed' | 'open'
  /** Accepted host names besides local ones; `.lan` allows all names that end so; absent: none. */
  readonly allowHost: readonly string[]
  /** The address that links in answers begin with; absent: the one that the client used. */
  readonly publicUrl: string | undefined
  /** Origins whose pages may ask, such as `http://localhost:5173`; absent: none. */
  readonly cors: readonly string[]
  /** Folders with building blocks and templates; absent: none. */
  readonly apps: readonly string[]
  /** `process`: jobs really run the blocks of `apps`, as programs of this machine; absent: `off`, jobs are played. */
  readonly runApps: 'off' | 'process' | 'process,pushed'
  /** The interpreter of blocks in Python; absent: `python3`. */
  readonly python: string
  /** A folder with the sources of jobs that run blocks: `{host}/{path}` for a URL, `{bucket}/{name}`; absent: none. */
  readonly sources: string | undefined
  /** Jobs that are really run may fetch URLs over the network; absent: false. */
  readonly fetchSources: boolean
  /** Blocks that run at once; absent: as many as there are cores. */
  readonly runParallel: number | undefined
}

/** Everything that the command line and the environment can set. */
export interface Settings extends ServiceSettings {
  readonly port: number
  readonly host: string
  readonly data: string
  readonly inMemory: boolean
  readonly seed: string | undefined
  readonly init: string | undefined
  readonly apiKey: ReadonlyMap<string, string>
  readonly logLevel: LogLevel | undefined
  readonly logFormat: 'line' | 'json'
  readonly silent: boolean
  readonly portFile: string | undefined
  readonly exitWithParent: boolean
}

interface Setting<Value> {
  /** Reads a flag or an environment variable. @throws ConfigError without the name of the setting, which the caller adds */
  readonly parse: (text: string, previous: Value) => Value
  /** The placeholder after the flag in the help; none for a switch. */
  readonly placeholder?: string
  /** May be given several times; in the environment, separated by commas. */
  readonly repeatable?: true
  readonly help: string
  readonly default: Value
  /** The default as the help shows it, if its value does not say it. */
  readonly defaultText?: string
}

/** A setting that `startEmulator()` has, too. */
interface SharedSetting<Value> extends Setting<Value> {
  /** Reads an option. @throws ConfigError without the name of the setting */
  readonly read: (value: unknown) => Value
}

type Row<Name extends keyof Settings> = Name extends keyof ServiceSettings
  ? SharedSetting<Settings[Name]>
  : Setting<Settings[Name]>

/** The table of settings. Flags, environment names, defaults, help and the options of `startEmulator()` come from here. */
export const settings: { readonly [Name in keyof Settings]: Row<Name> } = {
  port: {
    placeholder: 'NUMBER',
    help: 'port to listen on; 0 picks a free one',
    default: 2983,
    parse(text) {
      return /^\d+$/.test(text) && Number(text) <= 65_535 ? Number(text) : expected('a number from 0 to 65535')
    },
  },
  host: {
    placeholder: 'ADDRESS',
    help: 'address to listen on',
    default: '127.0.0.1',
    parse: address,
  },
  data: {
    placeholder: 'DIR',
    help: 'directory of the database and of uploaded files',
    default: './.bytenite-emulator',
    ...text,
  },
  inMemory: { help: 'keep everything in memory; everything is lost at the end', default: false, ...toggle },
  seed: {
    placeholder: 'FILE',
    help: 'JSON file with templates and jobs that every world starts from',
    default: undefined,
    defaultText: 'none',
    ...text,
  },
  init: {
    placeholder: 'DIR',
    help: 'folder of seed files: all *.json in the order of their names, before the one of --seed',
    default: undefined,
    defaultText: 'none',
    ...text,
  },
  templates: {
    placeholder: 'MODE',
    help: 'closed: an unknown templateId is 404; open: any templateId is accepted',
    default: 'closed',
    ...choice(['closed', 'open']),
  },
  strict: {
    help: 'refuse what the service ignored: unknown fields, job ids that are not UUIDs, API keys instead of tokens',
    default: false,
    ...toggle,
  },
  pace: {
    placeholder: 'PACE',
    help: 'how a job gets from run to COMPLETE: after a duration, at the N-th read of the job (polls:N), or by release (manual)',
    default: defaultPace,
    defaultText: '3s',
    parse: parsePace,
    read(value) {
      try {
        // A pace that can be written as a text and read again is right.
        return parsePace(typeof value === 'string' ? value : formatPace(value as Pace))
      } catch (error) {
        if (typeof value === 'string') throw new ConfigError((error as Error).message)
        return expected('a text such as 3s, polls:3 or manual, or an object of that kind')
      }
    },
  },
  unset: {
    placeholder: 'MODE',
    help: 'emit: answers contain unset fields, as with the service; omit: they do not',
    default: 'emit',
    ...choice(['emit', 'omit']),
  },
  era: {
    placeholder: 'YEAR',
    help: '2025: answers of mid-2025; 2023: what clients of 2023 read (completedAt, counts as strings, empty results)',
    default: '2025',
    ...choice(eras),
  },
  apiKey: {
    placeholder: 'KEY=WORLD',
    repeatable: true,
    help: 'another API key and its world; may be repeated',
    default: new Map(),
    defaultText: 'none besides test_<world>',
    parse(text, previous) {
      // The vendor's keys end in "=", so the last one divides.
      const divider = text.lastIndexOf('=')
      const [key, world] = [text.slice(0, Math.max(0, divider)), text.slice(divider + 1)]
      if (key.trim() === '' || !isWorldName(world)) {
        return expected(`KEY=WORLD, with a WORLD of ${worldNameForm}`)
      }
      return new Map(previous).set(key, world)
    },
  },
  keys: {
    placeholder: 'MODE',
    help: 'closed: only test_<world> and the keys of --api-key are valid; open: any other key opens the world default',
    default: 'closed',
    defaultText: 'closed, but open for exec',
    ...choice(['closed', 'open']),
  },
  allowHost: {
    placeholder: 'NAME',
    repeatable: true,
    help: 'a host name that the emulator accepts besides local ones; .SUFFIX for all subdomains; may be repeated',
    default: [],
    defaultText: 'none',
    parse: (text, previous) => [...previous, hostName(text)],
    read: (value) =>
      Array.isArray(value) ? value.map(hostName) : expected('a list of host names such as emulator.ci.example'),
  },
  publicUrl: {
    placeholder: 'URL',
    help: 'the base URL of links in answers, such as that of a proxy; its host is accepted as with --allow-host',
    default: undefined,
    defaultText: 'the address that the client used',
    parse: baseUrl,
    read: baseUrl,
  },
  cors: {
    placeholder: 'ORIGIN',
    repeatable: true,
    help: 'an origin whose web pages may use the emulator, its control API too; may be repeated',
    default: [],
    defaultText: 'none',
    parse: (text, previous) => [...previous, originOf(text)],
    read: (value) =>
      Array.isArray(value) ? value.map(originOf) : expected('a list of origins such as http://localhost:5173'),
  },
  apps: {
    placeholder: 'DIR',
    repeatable: true,
    help: 'a folder with building blocks (folders with a manifest.json) and templates (*.json) for all worlds; may be repeated',
    default: [],
    defaultText: 'none',
    parse: (text, previous) => [...previous, path(text)],
    read: (value) => (Array.isArray(value) ? value.map(path) : expected('a list of folders such as ./blocks')),
  },
  runApps: {
    placeholder: 'MODE',
    help: 'off: jobs are only played; process: jobs run the blocks of --apps as programs on this machine; process,pushed: also those that were pushed with a key of --api-key',
    default: 'off',
    ...choice(['off', 'process', 'process,pushed']),
  },
  python: {
    placeholder: 'PATH',
    help: 'the interpreter of blocks in Python, such as .venv/bin/python',
    default: 'python3',
    ...text,
    read: (value) => (typeof value === 'string' && value.trim() !== '' ? value : expected('the path of a program')),
  },
  sources: {
    placeholder: 'DIR',
    help: 'a folder with the sources of jobs that run blocks: HOST/PATH for a URL, BUCKET/NAME for a bucket',
    default: undefined,
    defaultText: 'none',
    ...text,
    read: (value) => (value === undefined ? undefined : path(value)),
  },
  fetchSources: {
    help: 'let jobs that run blocks fetch the URLs of their sources over the network',
    default: false,
    ...toggle,
  },
  runParallel: {
    placeholder: 'NUMBER',
    help: 'maximum number of blocks that run at once',
    default: undefined,
    defaultText: 'as many as there are cores',
    parse: (text) => parallel(/^\d+$/.test(text) ? Number(text) : text),
    read: parallel,
  },
  logLevel: {
    placeholder: 'LEVEL',
    help: `${logLevels.join(', ')}; at info, a line for each request and each state of a job`,
    default: undefined,
    defaultText: 'info on a terminal and in the image, else warn',
    ...choice(logLevels),
  },
  logFormat: {
    placeholder: 'FORMAT',
    help: 'line: for people; json: for machines. Logs go to stderr',
    default: 'line',
    ...choice(['line', 'json']),
  },
  silent: { help: 'no logs, only the line that reports the address', default: false, ...toggle },
  portFile: {
    placeholder: 'FILE',
    help: 'file for the port number, written when the emulator answers and removed at the end',
    default: undefined,
    defaultText: 'none',
    ...text,
  },
  exitWithParent: {
    help: 'end when the parent process has ended; on Linux, npx and sh -c in between are skipped',
    default: false,
    ...toggle,
  },
}

export type SettingName = keyof Settings

export const settingNames = Object.keys(settings) as SettingName[]

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
 * Reads settings from flags, then the environment, then defaults.
 *
 * @param defaults those of a command that differ from the table's
 * @param names the settings that the command uses; others keep their defaults, whatever the environment says
 * @throws ConfigError that names the flag or the variable, the value, and what was expected
 */
export function readSettings(
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
  defaults: Partial<Settings> = {},
  names: readonly SettingName[] = settingNames,
): Settings {
  if (names.length === settingNames.length) checkEnvironmentNames(environment)
  const entries = settingNames.map((name) => [
    name,
    (names.includes(name) ? readSetting(name, flags[name], environment) : undefined) ??
      defaults[name] ??
      settings[name].default,
  ])
  return Object.fromEntries(entries) as Settings
}

const serviceNames = settingNames.filter((name): name is keyof ServiceSettings => 'read' in settings[name])

/** The settings of the service among all. */
export const serviceSettings = (all: ServiceSettings): ServiceSettings =>
  Object.fromEntries(serviceNames.map((name) => [name, all[name]])) as unknown as ServiceSettings

/** Readers of these settings as options of `startEmulator()`. */
export const serviceReaders = Object.fromEntries(
  serviceNames.map((name) => [name, settings[name].read]),
) as unknown as {
  readonly [Name in keyof ServiceSettings]: (value: unknown) => ServiceSettings[Name]
}

/** The defaults of the settings of the service. */
export const serviceDefaults: ServiceSettings = Object.fromEntries(
  serviceNames.map((name) => [name, settings[name].default]),
) as unknown as ServiceSettings

/** The value that was given, or undefined. */
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
  if (variable === undefined || variable === '' || (name === 'port' && linkedPort.test(variable))) return undefined
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

/**
 * Variables that Kubernetes, Docker links and GitLab set in every container beside a service that is called bytenite-emulator;
 * `…_PORT` has a URL then.
 */
const serviceLink = /^BYTENITE_EMULATOR_(?:SERVICE_(?:HOST|PORT\w*)|PORT_\d+_(?:TCP|UDP)\w*|NAME|ENV_\w+)$/

export const linkedPort = /^(?:tcp|udp):\/\//

/** A misspelt variable would silently do nothing. */
function checkEnvironmentNames(environment: Readonly<Record<string, string | undefined>>): void {
  const known = settingNames.map(environmentNameOf)
  for (const name of Object.keys(environment)) {
    if (name.startsWith('BYTENITE_EMULATOR_') && !known.includes(name) && !serviceLink.test(name)) {
      throw new ConfigError(`unknown environment variable ${name}; known are ${known.join(', ')}`)
    }
  }
}
