import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { invalidArgument } from '../../base/errors.ts'
import { parseJson } from '../../wire/json.ts'
import { failureOf } from '../failures.ts'
import type { WorldRow } from '../world-tables.ts'

/** Characters written at once, and bytes read. */
const piece = 256 * 1024

/** Longest row, in bytes: some times what a request can bring. */
const longestRow = 32 * 1024 * 1024

/**
 * Writes rows to a file, one JSON object a line, in one turn, so that all are of the same moment.
 *
 * @returns the file's size in bytes
 */
export function writeRows(path: string, rows: Iterable<WorldRow>): number {
  const file = openSync(path, 'wx', 0o600)
  let [size, text] = [0, '']
  const flush = (): void => {
    const bytes = Buffer.from(text)
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
    size += bytes.length
    text = ''
  }
  try {
    for (const row of rows) {
      text += `${JSON.stringify(row)}\n`
      if (text.length >= piece) flush()
    }
    flush()
    return size
  } catch (error) {
    throw failureOf(error)
  } finally {
    closeSync(file)
  }
}

/**
 * Reads such a file, one row at a time.
 *
 * @throws ApiError 400 for a line that is not a JSON object
 */
export function* readRows(path: string): Generator<WorldRow> {
  for (const line of linesOf(path)) {
    const row = parseJson(line)
    if (typeof row !== 'object' || row === null || Array.isArray(row)) throw invalidArgument('expected a JSON object')
    yield row as WorldRow
  }
}

function* linesOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r')
  const buffer = Buffer.alloc(piece)
  let pieces: Buffer[] = []
  let length = 0
  try {
    for (;;) {
      const count = readSync(file, buffer)
      if (count === 0) break
      let start = 0
      for (;;) {
        const end = buffer.subarray(0, count).indexOf(0x0a, start)
        pieces.push(Buffer.from(buffer.subarray(start, end === -1 ? count : end)))
        length += (end === -1 ? count : end) - start
        if (length > longestRow) throw invalidArgument(`the row is longer than ${longestRow} bytes`)
        if (end === -1) break
        yield Buffer.concat(pieces)
        pieces = []
        length = 0
        start = end + 1
      }
    }
    if (length > 0) throw invalidArgument('the last line does not end')
  } finally {
    closeSync(file)
  }
}
