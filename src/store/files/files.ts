import { type Digest, etagOf, hashing } from './digest.ts'
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { makeFolder } from '../../base/folders.ts'
import { isUuid } from '../../base/ids.ts'
import type { Bytes, ResultFile } from '../../domain/results/result-file.ts'
import { failureOf, unlessMissing } from '../failures.ts'
import { removeTemporary, temporaryFolder } from './temporary-folders.ts'
import { entriesOf, flushFolder, type LinkedFile, linkJobs, jobFolder, linkAll, mode } from './folders.ts'
import { numberedIn, removeNumbered } from './numbered.ts'
import { type IndexEntry, stored, type StoredFile, type StoredResult } from './stored.ts'

/** The files of a job in one place of its world. */
export interface FilesOf {
  /** Internal key of the world. */
  readonly world: number
  readonly place: number
  readonly jobId: string
}

/** A file that has arrived as a whole, but is not in its place yet. */
interface Arrival {
  /** Bytes. */
  readonly size: number
  /** Gives it a name in the job's folder that no other file has. Call inside the act that records it. */
  place(owner: FilesOf, name: string): void
  /** Makes sure that it stays there. Call after the commit, before the answer. */
  flush(): Promise<void>
  /** Takes it away again, also if it was placed and the act was rolled back. */
  discard(): Promise<void>
}

/** The part of a job's row that names its upload. */
type UploadRow = { readonly file?: string | undefined } | null

/** Name of a job's upload on disk. */
export const uploadFile = (upload: UploadRow): string => upload?.file ?? 'upload.bin'

/** Name of the log of a job that is really run. Archives leave it out. */
export const logName = 'log.ndjson'

/**
 * Uploads and results on disk. Every job has one folder, so that everything of it can go at once:
 *
 *     worlds/<place>/<job>/upload-<uuid>.bin           upload.bin in earlier versions
 *     worlds/<place>/<job>/results/index.json, 0, 1, …
 *     worlds/<place>/<job>/log.ndjson                   of a job that is really run
 *     incoming/<number>                                 not finished, or on its way out
 *
 * The place of a world's files stands in its row, and an act that empties or replaces a world names another one there. So the
 * files of a world change in the moment in which its rows do, also for a program that is killed before or after that.
 *
 * Names that clients choose are never part of a path.
 */
export interface Files {
  /**
   * Names the files of a job in the place that its world has now, during an act as the act has it. Call in the turn in which the
   * job's row is read: once the world has another place, its job of that id is another one.
   */
  of(world: number, jobId: string): FilesOf
  /**
   * Streams an upload to disk, holding a few pieces of it at a time.
   *
   * @throws what the stream throws, and ApiError 500 if the disk fails; nothing is left behind then
   */
  receive(bytes: Readable): Promise<Arrival>
  /** The upload of a job, as its row names it, or undefined. */
  upload(owner: FilesOf, upload: UploadRow): Promise<StoredFile | undefined>
  /** A job's results in their order, or undefined if they were not made yet. */
  results(owner: FilesOf): Promise<readonly StoredResult[] | undefined>
  /**
   * Makes a job's results: all of them or none. If its world has another place by then, they are thrown away.
   *
   * @param isWanted asked last, when nothing can come between any more; false throws them away
   */
  makeResults(owner: FilesOf, results: readonly ResultFile[], isWanted: () => boolean): Promise<void>
  /** Where the log of a job lies, or will: what its blocks print, if they are really run. */
  logFile(owner: FilesOf): string
  /** Removes an upload that no row names any more. Call after the commit. */
  removeUpload(owner: FilesOf, upload: UploadRow): void
  /** Removes what belongs to a job; at once, as far as anybody can see. */
  removeJob(owner: FilesOf): void
  /** Removes a place that no row names, or will. */
  removePlace(place: number): void
  /**
   * Gives a world that has no files those of another one, inside the act that copies its rows, so that nobody ever sees the
   * ones without the others. They share the room on disk, as files never change.
   */
  copyWorld(from: number, into: number): void
  /** A private scratch folder. The caller removes it; leftovers are removed at the next start. */
  scratch(): Scratch
  /**
   * Holds the files of a world's jobs as they are at this moment: what happens to them later does not touch what is held.
   *
   * @param into a folder that is there
   */
  linkJobs(world: number, jobIds: Iterable<string>, into: string): LinkedFile[]
  /**
   * Gives a world that has no files a folder with a folder a job, as `jobFolder` names them, inside the act that makes the
   * world.
   */
  placeWorld(world: number, folder: string): void
  /** Makes sure that a world's files stay where they were placed. Call after the commit, before the answer. */
  flushWorld(world: number): Promise<void>
  /**
   * Removes what the program could not when it was killed: uploads that were cut, at once, then places that no world has,
   * folders of jobs that are gone, and uploads that no row names. Call once at start-up.
   */
  sweep(owners: Owners): Promise<void>
  close(): void
}

/** Those whose files are kept. */
interface Owners {
  /** The world that has this place, or undefined. */
  worldAt(place: number): number | undefined
  /** The job, unless it is gone. */
  job(owner: Pick<FilesOf, 'world' | 'jobId'>): { readonly upload: UploadRow } | undefined
  /** Ids of the world's jobs. */
  jobIds(world: number): Iterable<string>
}

/** A folder for a piece of work. */
export interface Scratch {
  readonly folder: string
  /** Streams a file into it, whose name may have folders. @throws Error with code EEXIST if it is there already */
  write(name: string, bytes: Bytes): Promise<Digest>
  discard(): Promise<void>
}

/**
 * Opens the place for files; makes it when it is first needed.
 *
 * @param directory the data directory; null: a directory for temporary files that lives as long as the emulator
 * @param placeOf the place of a world, by its internal key; during an act as the act has it
 */
export function openFiles(directory: string | null, placeOf: (world: number) => number): Files {
  let root = directory === null ? undefined : join(directory, 'files')
  let closed = false
  let count = 0

  /** A fresh name outside the folders in use, on the same file system. */
  function aside(): string {
    if (closed) throw new Error('the emulator is closed')
    try {
      clear()
      root ??= temporaryFolder()
      const incoming = join(root, 'incoming')
      makeFolder(incoming, mode)
      return join(incoming, String(++count))
    } catch (error) {
      throw failureOf(error)
    }
  }

  /** Removes uploads that were cut when the program was killed, before there are new ones. */
  function clear(): void {
    if (root !== undefined && count === 0) removeNumbered(join(root, 'incoming'))
  }

  const placeFolder = (place: number): string | undefined =>
    root === undefined ? undefined : join(root, 'worlds', String(place))
  const worldFolder = (world: number): string | undefined => placeFolder(placeOf(world))

  const folderOf = ({ place, jobId }: FilesOf): string | undefined => {
    const folder = placeFolder(place)
    return folder === undefined ? undefined : join(folder, jobFolder(jobId))
  }

  /** Moves a finished file or folder into a job's folder. */
  function move(from: string, folder: string, name: string): void {
    try {
      makeFolder(folder, mode)
      renameSync(from, join(folder, name))
    } catch (error) {
      throw failureOf(error)
    }
  }

  /** Failing costs only room: what owned the files is gone already, and the next start tries again. */
  function remove(path: string | undefined): void {
    if (path === undefined || !existsSync(path)) return
    try {
      const target = aside()
      renameSync(path, target)
      rm(target, { recursive: true, force: true }).catch(() => undefined)
    } catch {
      return
    }
  }

  async function sweepWorld(world: number, place: string, owners: Owners): Promise<void> {
    // A hash does not tell the id it was made of.
    let hashed: Map<string, string> | undefined
    for await (const name of entriesOf(place)) {
      if (closed) return
      if (!isUuid(name)) hashed ??= new Map(Array.from(owners.jobIds(world), (id) => [jobFolder(id), id]))
      const owner = { world, jobId: isUuid(name) ? name : (hashed?.get(name) ?? name) }
      const folder = join(place, name)
      if (owners.job(owner) === undefined) {
        remove(folder)
        continue
      }
      for await (const file of entriesOf(folder)) {
        const kept = owners.job(owner)
        if (kept !== undefined && file.startsWith('upload') && file !== uploadFile(kept.upload)) {
          remove(join(folder, file))
        }
      }
    }
  }

  const durable = directory !== null
  const write = (bytes: Bytes | Readable, path: string) =>
    pipeline(bytes, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: durable }))

  async function writeHashed(bytes: Bytes, path: string): Promise<Digest> {
    const { counted, sum } = hashing(bytes)
    await write(counted, path)
    return sum()
  }

  return {
    of: (world, jobId) => ({ world, place: placeOf(world), jobId }),

    async receive(bytes) {
      const path = aside()
      let folder: string | undefined
      let placed: string | undefined
      const discard = () => rm(placed ?? path, { force: true })
      try {
        await write(bytes, path)
        const { size } = await stat(path)
        return {
          size,
          place(owner, name) {
            folder = folderOf(owner)!
            move(path, folder, name)
            placed = join(folder, name)
          },
          async flush() {
            if (!durable || folder === undefined) return
            for (const changed of [folder, dirname(folder)]) await flushFolder(changed)
          },
          discard,
        }
      } catch (error) {
        await discard()
        throw failureOf(error)
      }
    },

    async upload(owner, upload) {
      if (root === undefined) return undefined
      const path = join(folderOf(owner)!, uploadFile(upload))
      const size = await unlessMissing(async () => (await stat(path)).size)
      return size === undefined ? undefined : stored(path, size)
    },

    async results(owner) {
      if (root === undefined) return undefined
      const folder = join(folderOf(owner)!, 'results')
      const index = await unlessMissing(() => readFile(join(folder, 'index.json'), 'utf8'))
      if (index === undefined) return undefined
      return (JSON.parse(index) as IndexEntry[]).map((entry, number) => ({
        ...entry,
        ...stored(join(folder, String(number)), entry.size),
      }))
    },

    async makeResults(owner, results, isWanted) {
      const folder = aside()
      try {
        await mkdir(folder, { mode })
        const index: IndexEntry[] = []
        for (const [number, { name, contentType, bytes }] of results.entries()) {
          const { size, sha256 } = await writeHashed(bytes(), join(folder, String(number)))
          index.push({ name, contentType, size, etag: etagOf(sha256) })
        }
        await writeFile(join(folder, 'index.json'), JSON.stringify(index), { mode: 0o600, flush: durable })
        const target = folderOf(owner)!
        const isCurrent = placeOf(owner.world) === owner.place
        // Whoever asked at the same time has the results that are there.
        if (isCurrent && isWanted() && !existsSync(join(target, 'results'))) move(folder, target, 'results')
      } catch (error) {
        throw failureOf(error)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },

    logFile(owner) {
      if (root === undefined) aside()
      return join(folderOf(owner)!, logName)
    },
    removeUpload(owner, upload) {
      const folder = folderOf(owner)
      if (folder !== undefined) remove(join(folder, uploadFile(upload)))
    },
    removeJob: (owner) => remove(folderOf(owner)),
    removePlace: (place) => remove(placeFolder(place)),
    copyWorld(from, into) {
      const [source, target] = [worldFolder(from), worldFolder(into)]
      if (source === undefined || target === undefined || !existsSync(source)) return
      try {
        linkAll(source, target)
      } catch (error) {
        rmSync(target, { recursive: true, force: true })
        throw failureOf(error)
      }
    },

    scratch() {
      const folder = aside()
      try {
        mkdirSync(folder, { mode })
      } catch (error) {
        throw failureOf(error)
      }
      return {
        folder,
        async write(name, bytes) {
          const path = join(folder, name)
          try {
            makeFolder(dirname(path), mode)
            return await writeHashed(bytes, path)
          } catch (error) {
            throw failureOf(error)
          }
        },
        discard: () => rm(folder, { recursive: true, force: true }),
      }
    },

    linkJobs(world, jobIds, into) {
      const source = worldFolder(world)
      return source === undefined ? [] : linkJobs(source, jobIds, into)
    },

    placeWorld(world, folder) {
      const target = worldFolder(world)!
      try {
        makeFolder(dirname(target), mode)
        renameSync(folder, target)
      } catch (error) {
        throw failureOf(error)
      }
    },
    async flushWorld(world) {
      const folder = worldFolder(world)!
      if (durable) for (const changed of [folder, dirname(folder)]) await flushFolder(changed)
    },

    async sweep(owners) {
      if (root === undefined) return
      clear()
      for await (const place of numberedIn(join(root, 'worlds'))) {
        if (closed) return
        const world = owners.worldAt(Number(place))
        if (world === undefined) remove(join(root, 'worlds', place))
        else await sweepWorld(world, join(root, 'worlds', place), owners)
      }
    },

    close() {
      closed = true
      if (!durable && root !== undefined) removeTemporary(root)
    },
  }
}
