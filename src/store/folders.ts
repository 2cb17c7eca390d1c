import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isUuid } from '../ids.ts'
import { failureOf, unlessMissing } from './file-errors.ts'

/** Nobody but the user who runs the emulator has business here. */
export const mode = 0o700

/** A folder that is safe on every file system: a UUID as it is, of another id its hash. */
export const jobFolder = (jobId: string): string =>
  isUuid(jobId) ? jobId : `id-${createHash('sha256').update(jobId).digest('hex').slice(0, 40)}`

/** A file of a job, held apart. */
export interface HeldFile {
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
export function holdJobs(source: string, jobIds: Iterable<string>, into: string): HeldFile[] {
  try {
    if (!existsSync(source)) return []
    const there = new Set(readdirSync(source))
    return [...jobIds]
      .filter((jobId) => there.has(jobFolder(jobId)))
      .flatMap((jobId, number) =>
        holdFolder(join(source, jobFolder(jobId)), join(into, String(number)), '').map((file) => ({ jobId, ...file })),
      )
  } catch (error) {
    throw failureOf(error)
  }
}

function holdFolder(source: string, into: string, prefix: string): Omit<HeldFile, 'jobId'>[] {
  mkdirSync(into, { mode })
  return readdirSync(source, { withFileTypes: true }).flatMap((entry) => {
    const [from, to, name] = [join(source, entry.name), join(into, entry.name), `${prefix}${entry.name}`]
    if (entry.isDirectory()) return holdFolder(from, to, `${name}/`)
    try {
      linkSync(from, to)
    } catch {
      // Some file systems know no links.
      copyFileSync(from, to)
    }
    return [{ name, path: to, size: statSync(to).size }]
  })
}

/** What was put in the place of something else, until it is known whether that counts. */
export interface Replacement {
  /** Puts back what was there. Call where the act came to nothing. */
  undo(): void
  /** Makes sure that it stays there, and removes what it replaced. Call after the commit, before the answer. */
  settle(): Promise<void>
}

/** @param former a name on the same file system, for what is there until the replacement counts */
export function replaceFolder(target: string, folder: string, former: string, durable: boolean): Replacement {
  const isThere = existsSync(target)
  try {
    mkdirSync(dirname(target), { recursive: true, mode })
    if (isThere) renameSync(target, former)
    renameSync(folder, target)
  } catch (error) {
    if (isThere && !existsSync(target)) renameSync(former, target)
    throw failureOf(error)
  }
  return {
    undo() {
      renameSync(target, folder)
      if (isThere) renameSync(former, target)
    },
    async settle() {
      if (durable) for (const changed of [target, dirname(target)]) await flushFolder(changed)
      await rm(former, { recursive: true, force: true })
    },
  }
}

/** The same tree with the same files in it; what is removed meanwhile is left out. */
export async function linkAll(source: string, target: string): Promise<void> {
  const entries = (await unlessMissing(() => readdir(source, { withFileTypes: true }))) ?? []
  if (entries.length > 0) await mkdir(target, { recursive: true, mode })
  // The index of results sorts behind them, so that it is never there without them.
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)]
    if (entry.isDirectory()) await linkAll(from, to)
    else await unlessMissing(() => linkOrCopy(from, to))
  }
}

/** Some file systems know no links. A file that is there already is newer. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') await copyFile(from, to)
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
