import { type Clock } from '../base/clock.ts'
import { ConfigError, type LogLevel, logLevels } from './settings.ts'
import { type Era, eras } from '../wire/era-2023.ts'
import type { Ids } from '../base/ids.ts'
import type { Observer } from '../control/journal.ts'
import { isWorldName } from '../base/world-names.ts'
import { type LoggerOptions, loggerOptions } from './log.ts'
import { nearest } from '../base/nearest.ts'
import { defaultPace, formatPace, type Pace, parsePace } from '../domain/jobs/pace.ts'
import { readSeed } from './seed-files.ts'

/** The options of `startEmulator()`, all optional. */
export interface EmulatorOptions {
  /** 0 or absent: a free one; null: none, so that the emulator is reached by `inject()` and `world()` only. */
  readonly port?: number | null
  /** Absent: 127.0.0.1. */
  readonly host?: string
  /** Directory of the database and of files; null or absent: everything in memory. */
  readonly data?: string | null
  /** The content that every world starts from: in the words of the API, or the path of a seed file. */
  readonly seed?: unknown
  /** `open` accepts any `templateId`; absent: `closed`. */
  readonly templates?: 'closed' | 'open'
  /** Refuse what the service merely ignored; absent: false. */
  readonly strict?: boolean
  /** The pace of jobs, as `--pace` writes it (`'10s'`, `'polls:3'`, `'manual'`), or as an object; absent: `'3s'`. */
  readonly pace?: string | Pace
  /** Keys beside `test_<world>`, with the world each opens. */
  readonly apiKeys?: ReadonlyMap<string, string> | Readonly<Record<string, string>>
  /** `open`: any other key opens the world `default`, too; absent: `closed`. */
  readonly keys?: 'closed' | 'open'
  /** `omit` leaves unset fields out of answers; absent: `emit`. */
  readonly unset?: 'emit' | 'omit'
  /** Whose answers clients get; absent: `2025`. */
  readonly era?: Era
  /** Logs to stderr: true for level info, or a level; or a level and a stream. Absent or false: none. */
  readonly logger?: LoggerOptions | LogLevel | boolean
  /** True if the open port keeps the process from ending; absent: false, so that no test hangs that forgets `close()`. */
  readonly keepAlive?: boolean
  readonly clock?: Clock
  readonly ids?: Ids
  /** @internal Is told of every exchange, for the report of `exec`. */
  readonly onExchange?: Observer
}

/** Options as the rest of the program takes them. */
export interface CheckedOptions {
  readonly port: number | null
  readonly host: string
  readonly data: string | null
  readonly seed: unknown
  readonly templates: 'closed' | 'open'
  readonly strict: boolean
  readonly pace: Pace
  readonly apiKeys: ReadonlyMap<string, string>
  readonly keys: 'closed' | 'open'
  readonly unset: 'emit' | 'omit'
  readonly era: Era
  readonly logger: LoggerOptions | false
  readonly keepAlive: boolean
  readonly clock?: Clock
  readonly ids?: Ids
  readonly onExchange?: Observer
}

/** Says what an option should have been; its name and value are added by the caller. */
class Expected extends Error {}

const expected = (what: string): never => {
  throw new Expected(what)
}

const toBoolean = (value: unknown): boolean => (typeof value === 'boolean' ? value : expected('true or false'))

const oneOf =
  <const Choice extends string>(choices: readonly Choice[]) =>
  (value: unknown): Choice =>
    choices.find((choice) => choice === value) ?? expected(choices.map((choice) => `'${choice}'`).join(' or '))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isRecordOfFunctions = (value: unknown, name: string): boolean =>
  isObject(value) && typeof value[name] === 'function'

type Readers = { readonly [Name in keyof EmulatorOptions]-?: (value: unknown) => CheckedOptions[Name] }

/** How each option is read. Whoever writes plain JavaScript has no compiler that would tell of a mistake. */
const readers: Readers = {
  port: (value) =>
    value === null || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535)
      ? (value as number | null)
      : expected('a number from 0 to 65535, or null for no port at all'),
  host: (value) => (typeof value === 'string' && value !== '' ? value : expected('an address such as 127.0.0.1')),
  data: (value) =>
    value === null || (typeof value === 'string' && value !== '')
      ? value
      : expected('the path of a directory, or null to keep everything in memory'),
  seed: (value) => {
    if (typeof value === 'string') return readSeed(value)
    return isObject(value) ? value : expected('an object with templates and jobs, or the path of a seed file')
  },
  templates: oneOf(['closed', 'open']),
  strict: toBoolean,
  pace: (value) => {
    try {
      // What can be written as a text and read again is a pace.
      return parsePace(typeof value === 'string' ? value : formatPace(value as Pace))
    } catch (error) {
      if (typeof value !== 'string') return expected('a text such as 3s, polls:3 or manual, or an object of that kind')
      return expected((error as Error).message.replace(/^expected /, ''))
    }
  },
  apiKeys: (value) => {
    const entries = value instanceof Map ? [...value] : isObject(value) ? Object.entries(value) : []
    const isRight = entries.every(([key, world]) => typeof key === 'string' && key !== '' && isWorldName(String(world)))
    if (!(value instanceof Map || isObject(value)) || !isRight) {
      return expected('an object or a Map of keys, each with the name of the world that it opens')
    }
    return new Map(entries as [string, string][])
  },
  keys: oneOf(['closed', 'open']),
  unset: oneOf(['emit', 'omit']),
  era: oneOf(eras),
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
  keepAlive: toBoolean,
  clock: (value) => (isRecordOfFunctions(value, 'now') ? (value as Clock) : expected('an object with now()')),
  ids: (value) => (isRecordOfFunctions(value, 'uuid') ? (value as Ids) : expected('an object with uuid()')),
  onExchange: (value) => (typeof value === 'function' ? (value as Observer) : expected('a function')),
}

const defaults: CheckedOptions = {
  port: 0,
  host: '127.0.0.1',
  data: null,
  seed: {},
  templates: 'closed',
  strict: false,
  pace: defaultPace,
  apiKeys: new Map(),
  keys: 'closed',
  unset: 'emit',
  era: '2025',
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
      const meant = nearest(name, known)
      throw new ConfigError(
        `startEmulator: unknown option ${name}${meant === undefined ? '' : ` (did you mean ${meant}?)`}; ` +
          `known are ${known.join(', ')}`,
      )
    }
    if (value === undefined) continue
    try {
      read[name] = readers[name as keyof Readers](value)
    } catch (error) {
      if (!(error instanceof Expected)) throw error
      throw new ConfigError(`startEmulator: option ${name} ${inspect(value)}: expected ${error.message}`)
    }
  }
  return read as unknown as CheckedOptions
}

function inspect(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  const text = value instanceof Map ? 'a Map' : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
