import { createInterface } from 'node:readline'
import type { StoredLine } from '../../domain/runs/log-lines.ts'
import { open } from 'node:fs/promises'
import { unlessMissing } from '../failures.ts'

/**
 * The lines of a log, one by one; none if there is no such file. A line that is being written counts as not there.
 *
 * @param path tells where it lies now
 */
export async function* readLines(path: () => string): AsyncGenerator<StoredLine> {
  // An act may give the world another place while a thread looks: then the file is in that one.
  const look = () => unlessMissing(() => open(path()))
  const file = (await look()) ?? (await look())
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
