import type { SettingInForce } from '../../schemas/settings.ts'
import type { PaceName } from '../../schemas/names.ts'
import type { Seed } from '../../schemas/seed.ts'
import { type Clock } from '../base/clock.ts'
import { show } from '../base/errors.ts'
import {
  ConfigError,
  expected,
  type LogLevel,
  logLevels,
  settings,
  type ServiceSettings,
  serviceDefaults,
  serviceReaders,
} from './settings.ts'
import { address } from './values.ts'
import type { Ids } from '../base/ids.ts'
import type { StoredLine } from '../domain/runs/log-lines.ts'
import type { Observer } from '../control/journal.ts'
import { isWorldName } from '../base/world-names.ts'
import { type LoggerOptions, loggerOptions } from './log.ts'
import { didYouMean } from '../base/nearest.ts'
import { type Pace } from '../domain/jobs/pace.ts'
import { readSeeds } from './seed-files.ts'
import { isObject } from '../base/objects.ts'
import { seedOf, type SeedSource } from '../domain/seed.ts'

/** The options of `startEmulator()`, all optional. */
export interface EmulatorOptions extends Partial<Omit<ServiceSettings, 'pace'>> {
  /** 0 or absent: a free one; null: none, so that the emulator is reached by `inject()` and `world()` only. */
  readonly port?: number | null
  /** Absent: 127.0.0.1. */
  readonly host?: string
  /** Directory of the database and of files; null or absent: everything in memory. */
  readonly data?: string | null
  /** The content that every world starts from: in the words of the API, or the path of a seed file, or several. */
  readonly seed?: Seed | string | readonly string[]
  /** The pace of jobs, as `--pace` writes it (`'10s'`, `'polls:3'`, `'manual'`), or as an object; absent: `'3s'`. */
  readonly pace?: PaceName | Pace
  /** Keys besides `test_<world>`, each with its world. */
  readonly apiKeys?: ReadonlyMap<string, string> | Readonly<Record<string, string>>
  /** Logs to stderr: true for level info, or a level; or a level and a stream. Absent or false: none. */
  readonly logger?: LoggerOptions | LogLevel | boolean
  /** True if the open port keeps the process from ending; absent: false, so that no test hangs that forgets `close()`. */
  readonly keepAlive?: boolean
  readonly clock?: Clock
  readonly ids?: Ids
  /** @internal Called with every exchange, for the report of `exec`. */
  readonly onExchange?: Observer
  /** @internal The settings of the command line, with where each comes from. */
  readonly inForce?: readonly SettingInForce[]
  /** @internal For the command `run`. */
  readonly runHooks?: RunHooks
}

/** Ways to look at the blocks that run. */
interface RunHooks {
  /** Called with every line of a job's log. */
  readonly onLine: (jobId: string, line: StoredLine) => void
  /** A job's run has come to its end. */
  readonly onEnd: (jobId: string) => void
  /** Called with the folder of an ended job, which is kept; absent: the folder is removed. */
  readonly onKept?: (folder: string) => void
}

/** Options after they were checked, as the rest of the program gets them. */
export interface CheckedOptions extends ServiceSettings {
  readonly port: number | null
  readonly host: string
  readonly data: string | null
  readonly seed: SeedSource
  readonly apiKeys: ReadonlyMap<string, string>
  readonly logger: LoggerOptions | false
  readonly keepAlive: boolean
  readonly clock?: Clock
  readonly ids?: Ids
  readonly onExchange?: Observer
  readonly inForce?: readonly SettingInForce[]
  readonly runHooks?: RunHooks
}

const isRecordOfFunctions = (value: unknown, name: string): boolean =>
  isObject(value) && typeof value[name] === 'function'

type Readers = { readonly [Name in keyof EmulatorOptions]-?: (value: unknown) => CheckedOptions[Name] }

/** Reads each option: those of the table by its rows, the others here. Plain JavaScript has no compiler to tell of a mistake. */
const readers: Readers = {
  port: (value) =>
    value === null || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535)
      ? (value as number | null)
      : expected('a number from 0 to 65535, or null for no port at all'),
  host: address,
  data: (value) =>
    value === null || (typeof value === 'string' && value !== '')
      ? value
      : expected('the path of a directory, or null to keep everything in memory'),
  seed: (value) => {
    const files = [value].flat()
    if (files.length > 0 && files.every((file) => typeof file === 'string')) return readSeeds(files)
    return isObject(value) ? seedOf(value) : expected('an object with templates and jobs, or the paths of seed files')
  },
  ...serviceReaders,
  apiKeys: (value) => {
    const entries = value instanceof Map ? [...value] : isObject(value) ? Object.entries(value) : []
    const isRight = entries.every(
      ([key, world]) => typeof key === 'string' && key !== '' && typeof world === 'string' && isWorldName(world),
    )
    if (!(value instanceof Map || isObject(value)) || !isRight) {
      return expected('an object or a Map of keys, each with the name of the world that it opens')
    }
    return new Map(entries as [string, string][])
  },
  logger: (value) => {
    if (typeof value === 'boolean') return value && loggerOptions('info', 'line')
    if (typeof value === 'string' && (logLevels as readonly string[]).includes(value)) {
      return loggerOptions(value as LogLevel, 'line')
    }
    if (isObject(value) && (logLevels as readonly unknown[]).includes(value['level'])) {
      if (isRecordOfFunctions(value['stream'], 'write')) return value as unknown as LoggerOptions
    }
    return expected(`true, false, a level (${logLevels.join(', ')}), or { level, stream }`)
  },
  keepAlive: settings.strict.read,
  clock: (value) => (isRecordOfFunctions(value, 'now') ? (value as Clock) : expected('an object with now()')),
  ids: (value) => (isRecordOfFunctions(value, 'uuid') ? (value as Ids) : expected('an object with uuid()')),
  inForce: (value) => (Array.isArray(value) ? (value as SettingInForce[]) : expected('a list of settings')),
  runHooks: (value) =>
    isRecordOfFunctions(value, 'onLine') ? (value as RunHooks) : expected('an object with onLine()'),
  onExchange: (value) => (typeof value === 'function' ? (value as Observer) : expected('a function')),
}

/** The defaults of `startEmulator()`: in memory, on a free port, without keeping the process from ending. */
export const defaults: CheckedOptions = {
  ...serviceDefaults,
  port: 0,
  host: settings.host.default,
  data: null,
  seed: seedOf({}),
  apiKeys: settings.apiKey.default,
  logger: false,
  keepAlive: false,
}

/**
 * Reads the options of `startEmulator()`. An option that is undefined counts as left out.
 *
 * @throws ConfigError that names the option, its value, and what was expected
 */
export function readOptions(options: unknown): CheckedOptions {
  if (!isObject(options)) throw new ConfigError(`startEmulator: expected an object of options, not ${inspect(options)}`)
  const read: Record<string, unknown> = { ...defaults }
  const known = Object.keys(readers)
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) {
      throw new ConfigError(
        `startEmulator: unknown option ${name}${didYouMean(name, known)}; known are ${known.join(', ')}`,
      )
    }
    if (value === undefined) continue
    try {
      read[name] = readers[name as keyof Readers](value)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw new ConfigError(`startEmulator: option ${name} ${inspect(value)}: ${error.message}`)
    }
  }
  return read as unknown as CheckedOptions
}

function inspect(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return value instanceof Map ? 'a Map' : show(value)
}
