import { createInterface } from 'node:readline'
import type { StoredLine } from '../../domain/runs/log-lines.ts'
import { lookTwice } from './folders.ts'
import { open } from 'node:fs/promises'
import { unlessMissing } from '../failures.ts'

/**
 * The lines of a log, one by one; none if there is no such file. A line that is being written counts as not there.
 *
 * @param path tells where it lies now
 */
export async function* readLines(path: () => string): AsyncGenerator<StoredLine> {
  const file = await lookTwice(() => unlessMissing(() => open(path())))
  if (file === undefined) return
  const input = file.createReadStream({ encoding: 'utf8' })
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    try {
      yield JSON.parse(line) as StoredLine
    } catch {
      return
    }
  }
}
