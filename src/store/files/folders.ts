import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { open, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../base/folders.ts'
import { isUuid } from '../../base/ids.ts'
import { failureOf, unlessMissing } from '../failures.ts'

/** Only the user who runs the emulator has access. */
export const mode = 0o700

/** A folder that is safe on every file system: a UUID as it is, of another id its hash. */
export const jobFolder = (jobId: string): string =>
  isUuid(jobId) ? jobId : `id-${createHash('sha256').update(jobId).digest('hex').slice(0, 40)}`

/** The highest number of a place in a data directory, or 0. Also counts those that a killed program left without a row. */
export function lastPlace(directory: string | null): number {
  const worlds = directory === null ? undefined : join(directory, 'files', 'worlds')
  if (worlds === undefined || !existsSync(worlds)) return 0
  return readdirSync(worlds).reduce((last, name) => Math.max(last, Number(name) || 0), 0)
}

/** A file of a job, held apart. */
export interface LinkedFile {
  readonly jobId: string
  /** `upload.bin`, `results/0`, … `results/index.json` */
  readonly name: string
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/**
 * Links the files of jobs at one moment, so that what happens to them later does not touch what is held.
 *
 * @param source a folder with a folder a job
 * @param into a folder that is there
 */
export function linkJobs(source: string, jobIds: Iterable<string>, into: string): LinkedFile[] {
  try {
    if (!existsSync(source)) return []
    const there = new Set(readdirSync(source))
    return [...jobIds]
      .filter((jobId) => there.has(jobFolder(jobId)))
      .flatMap((jobId, number) =>
        linkFolder(join(source, jobFolder(jobId)), join(into, String(number)), '').map((file) => ({ jobId, ...file })),
      )
  } catch (error) {
    throw failureOf(error)
  }
}

function linkFolder(source: string, into: string, prefix: string): Omit<LinkedFile, 'jobId'>[] {
  mkdirSync(into, { mode })
  return readdirSync(source, { withFileTypes: true }).flatMap((entry) => {
    const [from, to, name] = [join(source, entry.name), join(into, entry.name), `${prefix}${entry.name}`]
    if (entry.isDirectory()) return linkFolder(from, to, `${name}/`)
    linkOrCopy(from, to)
    return [{ name, path: to, size: statSync(to).size }]
  })
}

/** The same tree with the same files in it. */
export function linkAll(source: string, target: string): void {
  makeFolder(target, mode)
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)]
    if (entry.isDirectory()) linkAll(from, to)
    else linkOrCopy(from, to)
  }
}

/** Some file systems know no links. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to)
  }
}

/** A rename survives a power failure once its folder is on disk, too. Windows has no such thing. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await unlessMissing(() => open(folder))
  if (handle === undefined) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Names in a folder; none if it is not there. */
export async function* entriesOf(folder: string): AsyncGenerator<string> {
  const directory = await unlessMissing(() => opendir(folder))
  for await (const entry of directory ?? []) yield entry.name
}
