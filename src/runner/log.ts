import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogLevel, LogService } from '../../schemas/logs.ts'
import type { StoredLine } from '../domain/runs/log-lines.ts'
import { makeFolder } from '../base/folders.ts'
import type { Micros } from '../base/timestamps.ts'

/** Bytes of a job's log, and of one line of it, at most. */
const most = { log: 64 * 1024 ** 2, line: 64 * 1024 } as const

/** The log of a job while its blocks run. */
export interface RunLog {
  /** A line of the emulator itself, or several. */
  say(service: LogService, chunk: number, level: LogLevel, ...lines: string[]): Promise<void>
  /**
   * Takes what one process prints: lines of level UNKNOWN, as the service showed them.
   *
   * @param secrets texts that are masked, if they are longer than 7 characters
   */
  output(service: LogService, chunk: number, secrets?: readonly string[]): BlockOutput
  close(): Promise<void>
}

/** Takes the output of one process, and makes lines of it. */
interface BlockOutput {
  write(bytes: Buffer): Promise<void>
  /** The last line, if nothing ended it. */
  end(): Promise<void>
}

/**
 * Opens a job's log, one JSON object a line, capped.
 *
 * @param now the world's present
 * @param onLine hears of every line, also those beyond the cap
 */
export async function openRunLog(
  path: string,
  now: () => Micros,
  onLine: (line: StoredLine) => void = () => undefined,
): Promise<RunLog> {
  makeFolder(dirname(path), 0o700)
  const file: FileHandle = await open(path, 'w', 0o600)
  let written = 0
  let isFull = false
  let last: Promise<unknown> = Promise.resolve()

  /** Writes are sequential; each caller waits for its own. */
  function add(lines: readonly StoredLine[]): Promise<void> {
    for (const line of lines) onLine(line)
    if (isFull) return Promise.resolve()
    let text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    written += Buffer.byteLength(text)
    if (written > most.log) {
      isFull = true
      const log = `the log is full: of all that this job's blocks print, ${most.log / 1024 ** 2} MiB are kept`
      text = `${JSON.stringify({ ...lines[0]!, level: 'WARN', log } satisfies StoredLine)}\n`
    }
    const write = last.then(() => file.appendFile(text))
    last = write.catch(() => undefined)
    return write
  }

  return {
    say: (service, chunk, level, ...lines) => add(lines.map((log) => ({ at: now(), service, chunk, level, log }))),
    output(service, chunk, secrets = []) {
      const masked = secrets.filter(({ length }) => length > 7)
      let rest = Buffer.alloc(0)
      const toLine = (bytes: Buffer): StoredLine => {
        const cut = bytes.length > most.line ? ' … (cut)' : ''
        const text = bytes.subarray(0, most.line).toString('utf8').replaceAll('\r', ' ')
        const log = masked.reduce((line, secret) => line.replaceAll(secret, '***'), text) + cut
        return { at: now(), service, chunk, level: 'UNKNOWN', log }
      }
      return {
        async write(bytes) {
          const lines: StoredLine[] = []
          let start = 0
          for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
            lines.push(toLine(Buffer.concat([rest, bytes.subarray(start, end)])))
            rest = Buffer.alloc(0)
            start = end + 1
          }
          // One byte more than a line may have, to tell that it is too long.
          if (rest.length <= most.line) {
            rest = Buffer.concat([rest, bytes.subarray(start, start + most.line + 1 - rest.length)])
          }
          if (lines.length > 0) await add(lines)
        },
        async end() {
          if (rest.length > 0) await add([toLine(rest)])
          rest = Buffer.alloc(0)
        },
      }
    },
    async close() {
      await last
      await file.close()
    },
  }
}
