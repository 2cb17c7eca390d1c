import { type Digest, etagOf, hashing } from './digest.ts'
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isUuid } from '../../base/ids.ts'
import type { Bytes, ResultFile } from '../../domain/results/result-file.ts'
import { failureOf, unlessMissing } from '../failures.ts'
import { removeTemporary, temporaryFolder } from './temporary-folders.ts'
import { entriesOf, flushFolder, type LinkedFile, linkJobs, jobFolder, linkAll, lookTwice, mode } from './folders.ts'

/** Whose files. */
interface FilesOf {
  /** Internal key of the world. */
  readonly world: number
  readonly jobId: string
}

/** A file that has arrived as a whole, but lies where nobody looks for it yet. */
interface Arrival {
  /** Bytes. */
  readonly size: number
  /** Gives it a name in the job's folder that no other file has. Call inside the act that records it. */
  place(name: string): void
  /** Makes sure that it stays there. Call after the commit, before the answer. */
  flush(): Promise<void>
  /** Takes it away again, also if it was placed and the act was rolled back. */
  discard(): Promise<void>
}

/** Files that nobody finds any more. */
interface SetAside {
  /** Removes them for good. Call after the commit. */
  remove(): void
  /** Puts them back, where the act came to nothing. */
  putBack(): void
}

/** A file of a job. */
interface StoredFile {
  /** Bytes. */
  readonly size: number
  /**
   * Opens it, for a part or as a whole.
   *
   * @throws Error with code ENOENT if it was removed meanwhile
   */
  read(range?: { readonly start: number; readonly end: number }): Promise<Readable>
}

/** The part of a job's row that names its upload. */
type UploadRow = { readonly file?: string | undefined } | null

/** Name of a job's upload on disk. */
export const uploadFile = (upload: UploadRow): string => upload?.file ?? 'upload.bin'

/** Name of the log of a job that is really run. Archives leave it out. */
export const logName = 'log.ndjson'

export interface StoredResult extends StoredFile {
  readonly name: string
  readonly contentType: string
  /** Hash of the bytes. */
  readonly etag: string
}

/**
 * Uploads and results on disk. Every job has one folder, so that everything of it can go at once:
 *
 *     worlds/<key>/<job>/upload-<uuid>.bin           upload.bin in earlier versions
 *     worlds/<key>/<job>/results/index.json, 0, 1, …
 *     worlds/<key>/<job>/log.ndjson                   of a job that is really run
 *     incoming/<number>                               not finished, or on its way out
 *
 * Names that clients choose are never part of a path.
 */
export interface Files {
  /**
   * Streams an upload to disk, holding a few pieces of it at a time.
   *
   * @throws what the stream throws, and ApiError 500 if the disk fails; nothing is left behind then
   */
  receive(owner: FilesOf, bytes: Readable): Promise<Arrival>
  /** The upload of a job, as its row names it, or undefined. */
  upload(owner: FilesOf, upload: UploadRow): Promise<StoredFile | undefined>
  /** Removes the upload that another one has replaced. Call after the commit. */
  removeFormerUpload(owner: FilesOf, former: UploadRow): void
  /** A job's results in their order, or undefined if they were not made yet. */
  results(owner: FilesOf): Promise<readonly StoredResult[] | undefined>
  /**
   * Makes a job's results: all of them or none.
   *
   * @param isWanted asked last, when nothing can come between any more; false throws them away
   */
  makeResults(owner: FilesOf, results: readonly ResultFile[], isWanted: () => boolean): Promise<void>
  /** Where the log of a job lies, or will: what its blocks print, if they are really run. */
  logFile(owner: FilesOf): string
  /** Removes what belongs to a job; at once, as far as anybody can see. */
  removeJob(owner: FilesOf): void
  /** Takes away what belongs to a world's jobs, inside the act that empties the world. */
  setWorldAside(world: number): SetAside
  /**
   * Gives a world that has no files those of another one, inside the act that copies its rows, so that nobody ever sees the
   * ones without the others. They share the room on disk, as files never change.
   */
  copyWorld(from: number, into: number): void
  /** A folder of its own, where nobody looks. Whoever asked for it removes it; the next start does, where that failed. */
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
   * Removes what the program could not when it was killed: uploads that were cut, at once, then folders of jobs that are
   * gone, and uploads that no row names. Call once at start-up.
   */
  sweep(jobOf: (owner: FilesOf) => { readonly upload: UploadRow } | undefined): Promise<void>
  close(): void
}

/** A folder for a piece of work. */
export interface Scratch {
  readonly folder: string
  /** Streams a file into it, whose name may have folders. @throws Error with code EEXIST if it is there already */
  write(name: string, bytes: Bytes): Promise<Digest>
  discard(): Promise<void>
}

/** A result as the index of a job's results has it. */
export interface IndexEntry {
  readonly name: string
  readonly contentType: string
  readonly size: number
  readonly etag: string
}

/**
 * Opens the place for files; makes it when it is first needed.
 *
 * @param directory the data directory; null: a directory for temporary files that lives as long as the emulator
 */
export function openFiles(directory: string | null): Files {
  let root = directory === null ? undefined : join(directory, 'files')
  let closed = false
  let count = 0

  /** A fresh name outside of what is in use, on the same file system. */
  function aside(): string {
    if (closed) throw new Error('the emulator is closed')
    try {
      clear()
      root ??= temporaryFolder()
      const incoming = join(root, 'incoming')
      mkdirSync(incoming, { recursive: true, mode })
      return join(incoming, String(++count))
    } catch (error) {
      throw failureOf(error)
    }
  }

  /** Removes uploads that were cut when the program was killed, before there are new ones. */
  function clear(): void {
    if (root !== undefined && count === 0) rmSync(join(root, 'incoming'), { recursive: true, force: true })
  }

  const worldFolder = (world: number): string | undefined =>
    root === undefined ? undefined : join(root, 'worlds', String(world))

  const folderOf = ({ world, jobId }: FilesOf): string | undefined => {
    const folder = worldFolder(world)
    return folder === undefined ? undefined : join(folder, jobFolder(jobId))
  }

  /** Puts what was made aside into a job's folder. */
  function move(from: string, owner: FilesOf, name: string): void {
    const folder = folderOf(owner)!
    try {
      mkdirSync(folder, { recursive: true, mode })
      renameSync(from, join(folder, name))
    } catch (error) {
      throw failureOf(error)
    }
  }

  function setWorldAside(world: number): SetAside {
    const folder = worldFolder(world)
    const target = folder !== undefined && existsSync(folder) ? aside() : undefined
    if (folder !== undefined && target !== undefined) renameSync(folder, target)
    return {
      remove() {
        if (target !== undefined) void rm(target, { recursive: true, force: true }).catch(() => undefined)
      },
      putBack() {
        // What the act put there goes, also where nothing was there before. The place may have been made since.
        const place = worldFolder(world)
        if (place !== undefined) rmSync(place, { recursive: true, force: true })
        if (place !== undefined && target !== undefined) renameSync(target, place)
      },
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

  const durable = directory !== null
  const write = (bytes: Bytes | Readable, path: string) =>
    pipeline(bytes, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: durable }))

  async function writeHashed(bytes: Bytes, path: string): Promise<Digest> {
    const { counted, sum } = hashing(bytes)
    await write(counted, path)
    return sum()
  }

  return {
    async receive(owner, bytes) {
      const path = aside()
      let placed: string | undefined
      const discard = () => rm(placed ?? path, { force: true })
      try {
        await write(bytes, path)
        const { size } = await stat(path)
        return {
          size,
          place(name) {
            move(path, owner, name)
            placed = join(folderOf(owner)!, name)
          },
          flush: async () => {
            const folder = folderOf(owner)!
            if (durable) for (const changed of [folder, dirname(folder)]) await flushFolder(changed)
          },
          discard,
        }
      } catch (error) {
        await discard()
        throw failureOf(error)
      }
    },

    async upload(owner, upload) {
      const folder = folderOf(owner)
      if (folder === undefined) return undefined
      const path = join(folder, uploadFile(upload))
      const size = await lookTwice(() => unlessMissing(async () => (await stat(path)).size))
      return size === undefined ? undefined : stored(path, size)
    },

    async results(owner) {
      const folder = folderOf(owner)
      if (folder === undefined) return undefined
      const results = join(folder, 'results')
      const index = await lookTwice(() => unlessMissing(() => readFile(join(results, 'index.json'), 'utf8')))
      if (index === undefined) return undefined
      return (JSON.parse(index) as IndexEntry[]).map((entry, number) => ({
        ...entry,
        ...stored(join(results, String(number)), entry.size),
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
        // A fork may have brought the job's results meanwhile; they stay as they are.
        if (isWanted() && !existsSync(join(folderOf(owner)!, 'results'))) move(folder, owner, 'results')
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
    removeFormerUpload(owner, former) {
      const folder = folderOf(owner)
      if (folder !== undefined && former !== null) remove(join(folder, uploadFile(former)))
    },
    removeJob: (owner) => remove(folderOf(owner)),
    setWorldAside,
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
            await mkdir(dirname(path), { recursive: true, mode })
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
        mkdirSync(dirname(target), { recursive: true, mode })
        renameSync(folder, target)
      } catch (error) {
        throw failureOf(error)
      }
    },
    async flushWorld(world) {
      const folder = worldFolder(world)!
      if (durable) for (const changed of [folder, dirname(folder)]) await flushFolder(changed)
    },

    async sweep(jobOf) {
      if (root === undefined) return
      clear()
      for await (const world of entriesOf(join(root, 'worlds'))) {
        for await (const jobId of entriesOf(join(root, 'worlds', world))) {
          if (closed) return
          // Of other names, which only tests give, the id cannot be told any more.
          if (!isUuid(jobId)) continue
          const folder = join(root, 'worlds', world, jobId)
          const owner = { world: Number(world), jobId }
          if (jobOf(owner) === undefined) remove(folder)
          else {
            for await (const name of entriesOf(folder)) {
              const job = jobOf(owner)
              if (job !== undefined && name.startsWith('upload') && name !== uploadFile(job.upload)) {
                remove(join(folder, name))
              }
            }
          }
        }
      }
    },

    close() {
      closed = true
      if (!durable && root !== undefined) removeTemporary(root)
    },
  }
}

const stored = (path: string, size: number): StoredFile => ({
  size,
  async read(range) {
    const file = (await lookTwice(() => unlessMissing(() => open(path)))) ?? (await open(path))
    return file.createReadStream(range ?? {})
  },
})
