import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import {
  type ArchivePart,
  inPart,
  type Manifest,
  manifestName,
  partOf,
  readManifest,
  sumLine,
  sumsName,
} from './format.ts'
import { ApiError, invalidArgument, show } from '../../base/errors.ts'
import { resultNameProblem } from '../../domain/results/file-names.ts'
import { parseJson } from '../../wire/json.ts'
import { readTar, tarEnd, type TarEntry, tarHeader, tarPadding, tarSize } from './tar.ts'
import type { Scratch } from '../files/files.ts'
import type { IndexEntry } from '../files/stored.ts'
import { type Digest, etagOf } from '../files/digest.ts'
import { jobFolder } from '../files/folders.ts'
import type { Check } from './check.ts'

/** A file of an archive: its bytes, or its path. */
export interface ArchiveFile {
  readonly name: string
  readonly size: number
  readonly source: Buffer | string
}

const sumsSize = (files: readonly ArchiveFile[]): number =>
  files.reduce((sum, { name }) => sum + sumLine('0'.repeat(64), name).length, 0)

/** Bytes of the archive that `writeArchive` makes. */
export const archiveSize = (files: readonly ArchiveFile[]): number =>
  files.reduce((sum, { size }) => sum + tarSize(size), tarSize(sumsSize(files)) + tarEnd.length)

/**
 * Writes an archive, piece by piece.
 *
 * @param seconds when it is made, since 1970
 * @param release called when all files were read, before the archive ends, so that its reader finds no traces
 */
export async function* writeArchive(
  files: readonly ArchiveFile[],
  seconds: number,
  release: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const sums: string[] = []
  for (const { name, size, source } of files) {
    yield tarHeader(name, size, seconds)
    const hash = createHash('sha256')
    for await (const bytes of typeof source === 'string' ? createReadStream(source) : [source]) {
      hash.update(bytes as Uint8Array)
      yield bytes as Uint8Array
    }
    yield tarPadding(size)
    sums.push(sumLine(hash.digest('hex'), name))
  }
  const text = Buffer.from(sums.join(''))
  yield tarHeader(sumsName, text.length, seconds)
  yield text
  yield tarPadding(text.length)
  await release()
  yield tarEnd
}

/** The files of a job in an archive. */
interface JobFiles {
  /** Bytes of the upload. */
  upload?: number
  readonly results: Map<number, Digest>
  index?: readonly IndexEntry[]
}

/** An archive that has arrived as a whole. Nothing of it counts yet. */
export interface ArrivedArchive {
  readonly manifest: Manifest
  /** Where the rows of a table lie, by its name. */
  readonly rows: ReadonlyMap<string, string>
  readonly files: ReadonlyMap<string, JobFiles>
  /** A folder with a folder a job, as `Files.placeWorld` takes it. */
  readonly folder: string
}

/** Bytes of `world.json`, of an index of results. */
const longest = { manifest: 64 * 1024, index: 64 * 1024 * 1024 } as const

/**
 * Reads an archive into a scratch folder, and checks all that can be told of it without the database.
 *
 * @param check compares values with schemas
 * @param known the tables that there are
 * @param schema the number of the last migration
 * @throws ApiError 400 for what is not a whole archive, and names the part; 500 if the disk fails
 */
export async function readArchive(
  check: Check,
  bytes: AsyncIterable<Uint8Array>,
  scratch: Scratch,
  known: readonly string[],
  schema: number,
): Promise<ArrivedArchive> {
  let manifest: Manifest | undefined
  const rows = new Map<string, string>()
  const files = new Map<string, JobFiles>()
  const sums = createHash('sha256')
  let isWhole = false

  function filesOf(jobId: string): JobFiles {
    const there = files.get(jobId) ?? { results: new Map<number, Digest>() }
    files.set(jobId, there)
    return there
  }

  async function take(part: ArchivePart, { name, size, bytes }: TarEntry): Promise<Digest> {
    const inFolder = (jobId: string): string => join('jobs', jobFolder(jobId), name.slice(`files/${jobId}/`.length))
    switch (part.kind) {
      case 'manifest':
      case 'sums': {
        if (manifest !== undefined || part.kind === 'sums') throw invalidArgument(`${name} is in the wrong place`)
        const text = await whole(bytes, size, longest.manifest)
        manifest = readManifest(check, text, schema)
        return { size, sha256: createHash('sha256').update(text).digest('hex') }
      }
      case 'rows': {
        if (!known.includes(part.table)) {
          throw invalidArgument(`there is no table ${show(part.table)}; known are ${known.join(', ')}`)
        }
        rows.set(part.table, join(scratch.folder, 'rows', part.table))
        return scratch.write(join('rows', part.table), bytes)
      }
      case 'upload': {
        const digest = await scratch.write(inFolder(part.jobId), bytes)
        filesOf(part.jobId).upload = digest.size
        return digest
      }
      case 'result': {
        const digest = await scratch.write(inFolder(part.jobId), bytes)
        filesOf(part.jobId).results.set(part.number, digest)
        return digest
      }
      case 'index': {
        if (size > longest.index) throw tooLong(size, longest.index)
        const digest = await scratch.write(inFolder(part.jobId), bytes)
        filesOf(part.jobId).index = readIndex(check, await readFile(join(scratch.folder, inFolder(part.jobId))))
        return digest
      }
    }
  }

  for await (const entry of readTar(bytes)) {
    const part = partOf(entry.name)
    if (isWhole) throw invalidArgument(`${entry.name}: nothing may follow ${sumsName}`)
    if (manifest === undefined && part.kind !== 'manifest') {
      throw invalidArgument(`not an exported world: it does not begin with ${manifestName}`)
    }
    if (part.kind === 'sums') {
      const hash = createHash('sha256')
      for await (const piece of entry.bytes) hash.update(piece)
      if (!hash.digest().equals(sums.digest())) {
        throw invalidArgument(`${sumsName} does not agree with the files: the file was damaged or changed`)
      }
      isWhole = true
      continue
    }
    try {
      sums.update(sumLine((await take(part, entry)).sha256, entry.name))
    } catch (error) {
      if ((error as { code?: string }).code === 'EEXIST') throw invalidArgument(`${entry.name} occurs twice`)
      throw error instanceof ApiError && error.kind === 'invalidArgument' && part.kind !== 'manifest'
        ? inPart(entry.name, error)
        : error
    }
  }
  if (!isWhole || manifest === undefined) throw invalidArgument(`not a complete exported world: ${sumsName} is missing`)
  for (const [jobId, job] of files) assertResults(jobId, job)
  return { manifest, rows, files, folder: join(scratch.folder, 'jobs') }
}

const tooLong = (size: number, most: number) => invalidArgument(`it has ${size} bytes, which is more than ${most}`)

async function whole(bytes: AsyncIterable<Uint8Array>, size: number, most: number): Promise<Buffer> {
  if (size > most) throw tooLong(size, most)
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

const Index = Type.Array(
  Type.Object({ name: Type.String(), contentType: Type.String(), size: Type.Integer(), etag: Type.String() }),
)

function readIndex(check: Check, bytes: Buffer): readonly IndexEntry[] {
  const value = parseJson(bytes)
  const problem = check(Index, value, 'index')
  if (problem !== undefined) throw invalidArgument(problem)
  const index = value as IndexEntry[]
  const names = new Set<string>()
  for (const { name, contentType } of index) {
    const wrong = names.has(name) ? 'occurs twice' : resultNameProblem(name)
    if (wrong !== undefined) throw invalidArgument(`name ${show(name)} ${wrong}`)
    names.add(name)
    // It becomes a header.
    if (!/^[\x20-\x7e]*$/.test(contentType))
      throw invalidArgument(`contentType ${show(contentType)}: expected plain text`)
  }
  return index
}

function assertResults(jobId: string, { index, results }: JobFiles): void {
  const fits =
    (index?.length ?? 0) === results.size &&
    (index ?? []).every(({ size, etag }, number) => {
      const digest = results.get(number)
      return digest?.size === size && etagOf(digest.sha256) === etag
    })
  if (!fits) throw invalidArgument(`files/${jobId}/results: the files are not those of index.json`)
}
