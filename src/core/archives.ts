import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileName, inPart, type Manifest, manifestName, rowsName, writeManifest } from '../store/archives/format.ts'
import { type Clock, type ClockPosition, toSeconds } from '../base/clock.ts'
import { makeFolder } from '../base/folders.ts'
import { alreadyExists, ApiError, invalidArgument, show } from '../base/errors.ts'
import { version } from '../base/package.ts'
import {
  type ArchiveFile,
  archiveSize,
  type ArrivedArchive,
  readArchive,
  writeArchive,
} from '../store/archives/archive.ts'
import { logName, uploadFile, type Files } from '../store/files/files.ts'
import { readRows, writeRows } from '../store/archives/row-files.ts'
import { assertStored } from '../store/archives/stored-rows.ts'
import type { WorldRow } from '../store/world-tables.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Clocks } from './clocks.ts'
import { type Check, loadCheck } from '../store/archives/check.ts'
import type { Worlds } from './worlds.ts'
import type { StoredBlock } from '../domain/blocks/manifest.ts'
import type { JobDetails, Upload } from '../domain/jobs/job.ts'
import { encodeDocument } from '../wire/encode.ts'
import type { Rows } from '../store/rows.ts'

/** Worlds as files. */
export interface Archives {
  /**
   * All of a world in one file: rows, clock, pace, uploads and results made so far, as they are at this moment, whatever
   * happens while it is read. What tests decide (scenarios, faults) is not in it, nor are tokens.
   *
   * @throws ApiError 404
   */
  export(name: string): ExportedWorld
  /**
   * Makes a world of such a file. All of it or nothing.
   *
   * @param bytes read to the end if all is well
   * @throws ApiError 409 if the world exists and is not to be replaced, 400 for a file that is broken or of another schema
   */
  import(name: string, bytes: AsyncIterable<Uint8Array>, replace: boolean): Promise<WorldRecord>
}

interface ExportedWorld {
  /** Bytes. */
  readonly size: number
  readonly bytes: AsyncIterable<Uint8Array>
  /** Releases what the export holds. Call if it will not be read to the end. */
  readonly discard: () => Promise<void>
}

export interface ArchiveSurroundings {
  readonly wall: Clock
  readonly schema: number
  readonly worlds: Worlds
  readonly clocks: Clocks
  readonly rows: Pick<Rows, 'worlds' | 'ofWorld' | 'jobs' | 'wallet'>
  readonly files: Files
}

export function createArchives(surroundings: ArchiveSurroundings): Archives {
  const { wall, schema, worlds, clocks, files } = surroundings
  const { worlds: rows, ofWorld: tables, jobs, wallet } = surroundings.rows

  function assertFree(name: string, replace: boolean): void {
    if (!replace && rows.find(name) !== undefined) {
      throw alreadyExists(`world ${show(name)} exists already; say replace=true to write over it`)
    }
  }

  /** All files of an archive but the last. In one turn, so that they are of one moment. */
  function collect(world: WorldRecord, folder: string): ArchiveFile[] {
    const { key, name, pace } = world
    const { offset, frozenAt } = clocks.position(world)
    const manifest = writeManifest({
      emulator: version,
      schema,
      world: name,
      at: clocks.now(world),
      clock: { offset, frozenAt },
      pace,
    })
    const live: string[] = []
    function* noting(table: string): Generator<WorldRow> {
      for (const row of tables.rows(key, table)) {
        if (table === 'jobs' && row['deleted_at'] === null) live.push(row['id'] as string)
        yield table === 'jobs' ? archivedJob(row) : row
      }
    }
    const ofTables = tables.exported.map((table): ArchiveFile => {
      const source = join(folder, table)
      return { name: rowsName(table), size: writeRows(source, noting(table)), source }
    })
    const held = join(folder, 'held')
    mkdirSync(held)
    const ofJobs = files.linkJobs(key, live, held).flatMap(({ jobId, name, path, size }): ArchiveFile[] => {
      if (name === logName) return []
      if (!name.startsWith('upload')) return [{ name: fileName(jobId, name), size, source: path }]
      const { upload } = jobs.find(key, jobId)!
      const isCurrent = upload !== null && name === uploadFile(upload)
      return isCurrent ? [{ name: fileName(jobId, 'upload.bin'), size, source: path }] : []
    })
    return [{ name: manifestName, size: manifest.length, source: manifest }, ...ofTables, ...ofJobs]
  }

  /** Call inside an act. */
  function load(check: Check, world: WorldRecord, { manifest, rows, files }: ArrivedArchive): void {
    const now = clocks.now(world)
    const owners = new Set(files.keys())
    for (const table of tables.exported) {
      const path = rows.get(table)
      // An older export knows nothing of a table that came later.
      if (path === undefined && manifest.schema < (tablesSince[table] ?? 0)) continue
      if (path === undefined) throw invalidArgument(`${rowsName(table)} is missing`)
      let line = 1
      try {
        for (const row of readRows(path)) {
          assertStored(check, table, row)
          tables.add(world.key, table, table === 'blocks' ? untrusted(row) : row)
          if (table === 'jobs') owners.delete(recompute(world, row['id'] as string, now, files))
          line++
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        throw inPart(`${rowsName(table)}, row ${line}`, error)
      }
    }
    wallet.recompute(world.key)
    const [stray] = owners
    if (stray !== undefined) throw invalidArgument(`files/${stray}: the world has no such job`)
  }

  /** Recomputes the columns that follow from a job's timeline, rather than trusting the file. */
  function recompute(world: WorldRecord, id: string, now: number, files: ArrivedArchive['files']): string {
    const found = jobs.find(world.key, id)!
    const job = { ...found, upload: archivedUpload(found.upload) }
    jobs.update(world.key, job, now)
    const there = files.get(id)
    if (job.deletedAt !== null && there !== undefined) throw invalidArgument(`job ${id} was deleted, but has files`)
    if (job.upload !== null && there?.upload !== undefined && there.upload !== job.upload.size) {
      throw invalidArgument(`job ${id}: upload.bin has ${there.upload} bytes, expected ${job.upload.size}`)
    }
    return id
  }

  let loaded: Promise<Check> | undefined

  return {
    export(name) {
      const world = worlds.get(name)
      const scratch = files.scratch()
      const discard = () => scratch.discard()
      try {
        const held = collect(world, scratch.folder)
        return { size: archiveSize(held), bytes: writeArchive(held, toSeconds(wall.now()), discard), discard }
      } catch (error) {
        void discard()
        throw error
      }
    },

    async import(name, bytes, replace) {
      assertFree(name, replace)
      const scratch = files.scratch()
      try {
        const check = await (loaded ??= loadCheck())
        const archive = await readArchive(check, bytes, scratch, tables.exported, schema)
        makeFolder(archive.folder)
        const { pace } = archive.manifest
        const position = { clock: positionOf(archive.manifest, wall), pace }
        const world = await worlds.make(name, position, replace, {
          rows: (world) => load(check, world, archive),
          files: ({ key }) => files.placeWorld(key, archive.folder),
        })
        await files.flushWorld(world.key)
        return world
      } finally {
        await scratch.discard()
      }
    },
  }
}

/** The migration that brought a table, for those that exports of earlier versions may lack. */
const tablesSince: Readonly<Record<string, number>> = { blocks: 7 }

/** The clock as it was; ahead by so much that time does not go back, if the wall clock here is behind. */
function positionOf({ clock, at }: Manifest, wall: Clock): ClockPosition {
  const corrected = clock.frozenAt === null ? Math.max(0, at - wall.now() - clock.offset) : 0
  return { offset: clock.offset + corrected, frozenAt: clock.frozenAt, corrected }
}

/** In an archive every upload has the same name, whatever its file is called on disk. */
const archivedUpload = (upload: Upload | null): Upload | null =>
  upload === null ? null : { name: upload.name, size: upload.size, completed: upload.completed }

/** Every client of the control API can import, so imported code is never run. */
function untrusted(row: WorldRow): WorldRow {
  return { ...row, doc: JSON.stringify({ ...(JSON.parse(row['doc'] as string) as StoredBlock), mayRun: undefined }) }
}

function archivedJob(row: WorldRow): WorldRow {
  const doc = JSON.parse(row['doc'] as string) as JobDetails
  return doc.upload?.file === undefined
    ? row
    : { ...row, doc: encodeDocument({ ...doc, upload: archivedUpload(doc.upload) }, doc.params) }
}
