import { type Static, Type } from '@sinclair/typebox'
import { Nullable } from '../../../schemas/proto.ts'
import { ApiError, invalidArgument, show } from '../../base/errors.ts'
import { requestedId } from '../../domain/jobs/job.ts'
import { parseJson } from '../../wire/json.ts'
import { parsePace } from '../../domain/jobs/pace.ts'
import { endOfTime } from '../../base/timestamps.ts'
import { Moment } from '../../domain/jobs/lifecycle.ts'
import type { Check } from './check.ts'

/**
 * An exported world is a tar archive, so that any machine can look into it and check it (`tar xf`, `sha256sum -c SHA256SUMS`),
 * and so that it can be written and read as a stream: a tar says how long a file is before the file comes, which a zip says at
 * its end, and it takes bytes as they are, which JSON does not.
 *
 *     world.json                     format, versions, clock, pace
 *     rows/<table>.ndjson            a row a line, by its columns
 *     files/<job>/upload.bin         what was uploaded for a job
 *     files/<job>/results/0, 1, …    what it produced
 *     files/<job>/results/index.json names, types, sizes
 *     SHA256SUMS                     of all files above, in their order; it is the last one, so none is missing
 */
export const manifestName = 'world.json'
export const sumsName = 'SHA256SUMS'
export const rowsName = (table: string): string => `rows/${table}.ndjson`
export const fileName = (jobId: string, name: string): string => `files/${jobId}/${name}`

/** A line of `SHA256SUMS`, as `sha256sum` writes it. */
export const sumLine = (sha256: string, name: string): string => `${sha256}  ${name}\n`

const format = 'bytenite-emulator world'

/** The version of the format; increases when older emulators can no longer read it. */
const formatVersion = 1

/** `world.json`. Moments are in microseconds since 1970. */
const Manifest = Type.Object({
  format: Type.String(),
  version: Type.Integer(),
  emulator: Type.String({ description: 'Version of the emulator that wrote it' }),
  schema: Type.Integer({ description: 'Number of the last migration' }),
  world: Type.String({ description: 'Its name when it was exported' }),
  at: Moment(),
  // A clock that stood still for a while is behind the machine's.
  clock: Type.Object({
    offset: Type.Integer({ minimum: -endOfTime, maximum: endOfTime }),
    frozenAt: Nullable(Moment()),
  }),
  pace: Nullable(Type.String()),
})
export type Manifest = Static<typeof Manifest>

export const writeManifest = (manifest: Omit<Manifest, 'format' | 'version'>): Buffer =>
  Buffer.from(`${JSON.stringify({ format, version: formatVersion, ...manifest } satisfies Manifest, null, 2)}\n`)

/** The first schema whose exports are read: all that was added since may be absent. */
const oldestSchema = 4

/**
 * Reads `world.json`.
 *
 * @param schema the number of this emulator's last migration
 * @throws ApiError 400 if it is not such a file, or has another format or schema; it says what to do
 */
export function readManifest(check: Check, bytes: Buffer, schema: number): Manifest {
  const value = parsedManifest(bytes)
  const head = check(Type.Pick(Manifest, ['format', 'version']), value, manifestName)
  if (head !== undefined) throw invalidArgument(head)
  const { format: foundFormat, version, emulator } = value as Partial<Manifest>
  if (foundFormat !== format)
    throw invalidArgument(`${manifestName}: format ${show(foundFormat)}: expected "${format}"`)
  const writer = `bytenite-emulator ${typeof emulator === 'string' ? emulator : '(unknown)'}`
  if (version !== formatVersion) {
    throw invalidArgument(
      `${manifestName}: version ${show(version)} of the format: this emulator reads version ${formatVersion} only; ` +
        `the file was written by ${writer}`,
    )
  }
  const problem = check(Manifest, value, manifestName)
  if (problem !== undefined) throw invalidArgument(problem)
  const manifest = value as Manifest
  if (manifest.schema > schema) {
    throw invalidArgument(
      `${manifestName}: schema ${manifest.schema} is newer than this emulator, which has ${schema}: use ${writer} or later`,
    )
  }
  if (manifest.schema < oldestSchema) {
    throw invalidArgument(
      `${manifestName}: schema ${manifest.schema} is older than ${oldestSchema}, the oldest that this emulator reads: import the file with ` +
        `${writer} and --data DIR, start this emulator on the same directory, and export again`,
    )
  }
  if (manifest.pace !== null) {
    try {
      parsePace(manifest.pace)
    } catch (error) {
      throw invalidArgument(`${manifestName}: pace ${show(manifest.pace)}: ${(error as Error).message}`)
    }
  }
  return manifest
}

function parsedManifest(bytes: Buffer): unknown {
  try {
    return parseJson(bytes)
  } catch (error) {
    throw error instanceof ApiError ? inPart(manifestName, error) : error
  }
}

/** The part of an archive that a name stands for. */
export type ArchivePart =
  | { readonly kind: 'manifest' }
  | { readonly kind: 'sums' }
  | { readonly kind: 'rows'; readonly table: string }
  | { readonly kind: 'upload'; readonly jobId: string }
  | { readonly kind: 'index'; readonly jobId: string }
  | { readonly kind: 'result'; readonly jobId: string; readonly number: number }

/** @throws ApiError 400 for a name that none can have; no part of a name ever becomes a path unchecked */
export function partOf(name: string): ArchivePart {
  if (name === manifestName) return { kind: 'manifest' }
  if (name === sumsName) return { kind: 'sums' }
  const [, table] = /^rows\/([a-z_]+)\.ndjson$/.exec(name) ?? []
  if (table !== undefined) return { kind: 'rows', table }
  const [, jobId, rest, number] =
    /^files\/([^/]+)\/(upload\.bin|results\/(?:index\.json|(0|[1-9]\d{0,8})))$/.exec(name) ?? []
  if (jobId === undefined || !isJobId(jobId)) throw invalidArgument(`an exported world has no file ${show(name)}`)
  if (rest === 'upload.bin') return { kind: 'upload', jobId }
  return number === undefined ? { kind: 'index', jobId } : { kind: 'result', jobId, number: Number(number) }
}

function isJobId(id: string): boolean {
  try {
    return requestedId(id, false) === id
  } catch {
    return false
  }
}

/** The same error, which happened in a part of the archive. */
export const inPart = (part: string, error: ApiError): ApiError => invalidArgument(`${part}: ${error.message}`)
