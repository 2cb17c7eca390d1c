import { WriteStream } from 'node:tty'
import { plain } from '../base/plain-text.ts'
import { defaultWorld } from '../base/world-names.ts'
import type { LogLevel } from './settings.ts'

/** The logger options of Fastify: a level, and the stream that lines go to. */
export interface LoggerOptions {
  readonly level: LogLevel
  readonly stream: { write(line: string): void }
}

const ignore = (): void => undefined

/** Logs to stderr; stdout is for programs. */
export function loggerOptions(level: LogLevel, format: 'line' | 'json'): LoggerOptions {
  // A line whose reader has gone is lost; without a listener it would end the program.
  process.stderr.off('error', ignore).on('error', ignore)
  const write = (text: string): void => {
    process.stderr.write(text)
  }
  const paint = hasColours(process.stderr.isTTY, process.env) ? painted : unpainted
  return { level, stream: { write: format === 'json' ? write : (line) => write(toLine(line, paint)) } }
}

const levelNames: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

interface LogEntry {
  readonly level: number
  readonly time: number
  readonly msg?: string
  readonly method?: string
  readonly url?: string
  readonly status?: number
  readonly ms?: number
  readonly world?: string
  readonly fault?: string
  /** The first sentence of the error that was answered. */
  readonly reason?: string
  readonly job?: string
  readonly states?: readonly string[]
  readonly err?: { readonly stack?: string }
}

type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'dim'
type Paint = (colour: Colour, text: string) => string

const colourCodes: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, dim: 2 }

/** The text in a colour of the terminal. */
export const painted: Paint = (colour, text) => `\x1b[${colourCodes[colour]}m${text}\x1b[0m`
const unpainted: Paint = (_colour, text) => text

/** Tells if lines are coloured: on a terminal that has colours, unless `NO_COLOR` is set, and wherever `FORCE_COLOR` is, by Node.js's own rules. */
export const hasColours = (isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): boolean =>
  (isTerminal || environment['FORCE_COLOR'] !== undefined) && WriteStream.prototype.getColorDepth(environment) > 1

/**
 * One JSON log line in a form for people, in the local time:
 *
 *     22:31:05.120 400   POST /v1/customer/jobs 1.4 ms [checkout] templateId is required
 *     22:31:05.210 job   my-job STARTED
 *     22:31:06.000 warn  any other message
 */
export function toLine(json: string, paint: Paint = unpainted): string {
  const entry = JSON.parse(json) as LogEntry
  const { level, time, msg = '', method, status, job, err } = entry
  const stack = err?.stack === undefined ? '' : `\n${err.stack.split('\n').map(plain).join('\n')}`
  const [sort, colour, text] =
    method !== undefined && status !== undefined
      ? ([status === 0 ? 'lost' : String(status), colourOf(status), requestText(entry, paint)] as const)
      : job !== undefined
        ? (['job', jobColour(entry), jobText(entry, paint)] as const)
        : ([levelNames[level] ?? String(level), levelColour(level), plain(msg)] as const)
  return `${paint('dim', localTime(time))} ${paint(colour, sort.padEnd(5))} ${text}${stack}\n`
}

const colourOf = (status: number): Colour => {
  if (status === 0 || status >= 500) return 'red'
  if (status >= 400) return 'yellow'
  return status >= 300 ? 'cyan' : 'green'
}

const levelColour = (level: number): Colour => {
  if (level >= 50) return 'red'
  return level >= 40 ? 'yellow' : 'blue'
}

const jobColour = ({ states = [] }: LogEntry): Colour => {
  const state = states.at(-1)
  if (state === 'FAILED') return 'red'
  return state === 'COMPLETE' ? 'green' : 'blue'
}

const requestText = ({ method, url = '', ms, world, fault, reason }: LogEntry, paint: Paint): string =>
  [
    plain(`${method} ${url}`),
    ...(ms === undefined ? [] : [paint('dim', `${ms} ms`)]),
    ...worldText(world, paint),
    ...(fault === undefined ? [] : [paint('dim', `(fault ${fault})`)]),
    ...(reason === undefined ? [] : [plain(reason)]),
  ].join(' ')

/** States that are written one by one; of more, the first and the last. */
const mostStates = 3

const jobText = ({ job = '', states = [], world }: LogEntry, paint: Paint): string =>
  [
    plain(job),
    (states.length > mostStates ? [states[0], '…', states.at(-1)] : states).join(' → '),
    ...worldText(world, paint),
  ].join(' ')

const worldText = (world: string | undefined, paint: Paint): string[] =>
  world === undefined || world === defaultWorld ? [] : [paint('cyan', `[${world}]`)]

const localTime = (time: number): string => {
  const date = new Date(time)
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'))
  return `${clock.join(':')}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
