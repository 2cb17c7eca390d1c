import type { LogLevel } from './settings.ts'

/** The logger options of Fastify: a level, and the stream that lines go to. */
export interface LoggerOptions {
  readonly level: LogLevel
  readonly stream: { write(line: string): void }
}

const ignore = (): void => undefined

/** Logs to stderr, as stdout belongs to what programs read. */
export function loggerOptions(level: LogLevel, format: 'line' | 'json'): LoggerOptions {
  // A line whose reader has gone is lost; without a listener it would end the program.
  process.stderr.off('error', ignore).on('error', ignore)
  const write = (text: string): void => {
    process.stderr.write(text)
  }
  return { level, stream: { write: format === 'json' ? write : (line) => write(toLine(line)) } }
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
  readonly err?: { readonly stack?: string }
}

/** One JSON log line in a form for people: `22:31:05.120 info  POST /v1/customer/jobs 200 1.4 ms`. */
export function toLine(json: string): string {
  const { level, time, msg = '', method, url, status, ms, err } = JSON.parse(json) as LogEntry
  const text = method === undefined || status === undefined ? msg : `${method} ${url} ${status} ${ms} ms`
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`
  return `${new Date(time).toISOString().slice(11, 23)} ${(levelNames[level] ?? String(level)).padEnd(5)} ${text}${stack}\n`
}
