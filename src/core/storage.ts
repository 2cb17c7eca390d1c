import { isUpload } from '../domain/jobs/data-sources.ts'
import { failedPrecondition, notFound, permissionDenied, show } from '../base/errors.ts'
import { baseName, unnamedInput } from '../domain/results/file-names.ts'
import { assertAllowed } from '../domain/jobs/job.ts'
import { endAt, stateAt } from '../domain/jobs/lifecycle.ts'
import { assertCurrent, type Bucket, type Link, signLink } from '../domain/results/links.ts'
import type { Input, Recipe, ResultFile } from '../domain/results/result-file.ts'
import { type Files, type FilesOf, uploadFile } from '../store/files/files.ts'
import type { StoredResult } from '../store/files/stored.ts'
import type { JobRecord } from '../domain/jobs/job.ts'
import type { Store } from '../store/database.ts'
import type { Rows } from '../store/rows.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Catalogue } from './catalogue.ts'
import { type Micros, microsPerSecond } from '../base/timestamps.ts'
import type { Readable } from 'node:stream'
import type { Caller } from './caller.ts'
import type { Jobs } from './jobs.ts'
import type { Clocks } from './clocks.ts'
import type { Worlds } from './worlds.ts'
import type { Ids } from '../base/ids.ts'
import type { LogsRequest, LogsResponse } from '../../schemas/logs.ts'
import { failureAt, storedLogs } from '../domain/runs/log-lines.ts'
import { readLines } from '../store/files/log-lines.ts'

/** Uploads and results: what the links in answers lead to. */
export interface Storage {
  /**
   * Takes the file that a client puts to a job's temporary URL. It counts once it is there as a whole.
   *
   * @returns its size in bytes
   * @throws ApiError 403 for a link that is not good now, 404 if the job is gone, 400/9 if it takes no file now
   */
  receive(link: Link, name: string, bytes: Readable): Promise<number>
  /**
   * Names and links of what a job produced; the links are signed now, and lead to the host they are put behind.
   *
   * @returns undefined while the job has not been completed, and for ever if it failed
   * @throws ApiError 404, or 403 if it is another account's
   */
  results(caller: Caller, id: string): Promise<readonly ResultLink[] | undefined>
  /** The input of a job, as it is here; null if the job reads nothing. */
  input(world: WorldRecord, job: JobRecord): Promise<Input | null>
  /** Keeps the results that a job's blocks made, all of them or none. @param isWanted asked last; false throws them away */
  keepResults(world: WorldRecord, jobId: string, results: readonly ResultFile[], isWanted: () => boolean): Promise<void>
  /** Where the log of a job whose blocks are really run lies, or will. */
  logFile(world: WorldRecord, jobId: string): string
  /** The log of a job whose blocks are really run, as far as it has come. */
  logs(world: WorldRecord, job: JobRecord, filter: Omit<LogsRequest, 'jobId'>): Promise<LogsResponse>
  /**
   * The file that a result's link leads to.
   *
   * @throws ApiError 403 for a link that is not good now, 404 if the file is gone
   */
  find(link: Link): Promise<FoundResult>
}

interface ResultLink {
  readonly name: string
  /** Path and query. */
  readonly link: string
}

interface FoundResult {
  readonly file: StoredResult
  /** When the job ended. */
  readonly madeAt: Micros
}

/** How long the temporary bucket keeps a file: 48 hours (documented). */
const bucketKeeps = 48 * 3600 * microsPerSecond

export interface StorageSurroundings {
  readonly files: Files
  readonly worlds: Worlds
  readonly clocks: Clocks
  readonly jobs: Jobs
  readonly catalogue: Catalogue
  readonly recipe: Recipe
  readonly linkSecret: string
  readonly ids: Ids
}

export function createStorage({
  files,
  worlds,
  clocks,
  jobs,
  catalogue,
  recipe,
  linkSecret,
  ids,
}: StorageSurroundings): Storage {
  /** @throws ApiError 403 for a link that is not good for this use now, 404 if its job is gone */
  async function follow(link: Link, bucket: Bucket, method: string): Promise<{ world: WorldRecord; job: JobRecord }> {
    if (link.bucket !== bucket) throw permissionDenied(`the signature of this link is not for ${method}`)
    const world = await worlds.open(link.world)
    assertCurrent(link, clocks.now(world))
    return { world, job: jobs.find(world, link.jobId) }
  }

  function assertTakesFile(job: JobRecord, now: Micros): void {
    assertAllowed('upload', job, now)
    if (!isUpload(job.dataSource)) {
      throw failedPrecondition(
        `job ${job.id} reads no uploaded file: its data source is ${show(job.dataSource?.dataSourceDescriptor ?? null)}`,
      )
    }
  }

  async function inputOf(world: WorldRecord, job: JobRecord): Promise<Input | null> {
    const { dataSource, upload } = job
    if (dataSource === null || dataSource.dataSourceDescriptor === 'bypass') return null
    const field = (name: string): string => {
      const value = dataSource.params?.[name]
      return typeof value === 'string' ? value : ''
    }
    if (!isUpload(dataSource)) {
      return {
        name: baseName(field('name')) ?? baseName(pathOf(field('url'))) ?? unnamedInput,
        size: null,
        bytes: null,
      }
    }
    const file = await files.upload(files.of(world.key, job.id), upload)
    const given = upload === null || upload.name === unnamedInput ? '' : upload.name
    return {
      name: baseName(given) ?? baseName(field('name')) ?? unnamedInput,
      size: file?.size ?? null,
      bytes: file === undefined ? null : () => readAll(file.read()),
    }
  }

  /** Results being made, so that two who ask at once get the same ones. */
  const making = new Map<string, Promise<void>>()

  /**
   * A job's results, made when they are first asked for; from then on they stay as they are. Undefined if its world was emptied or
   * replaced meanwhile.
   */
  async function resultsOf(world: WorldRecord, job: JobRecord): Promise<readonly StoredResult[] | undefined> {
    const owner = files.of(world.key, job.id)
    const kept = await files.results(owner)
    if (kept !== undefined) return kept
    const key = `${owner.place}/${job.id}`
    let made = making.get(key)
    if (made === undefined) {
      made = make(world, job, owner).finally(() => making.delete(key))
      making.set(key, made)
    }
    await made
    const results = await files.results(owner)
    return results === undefined && files.of(world.key, job.id).place === owner.place ? [] : results
  }

  async function make(world: WorldRecord, job: JobRecord, owner: FilesOf): Promise<void> {
    const input = await inputOf(world, job)
    const results = recipe(catalogue.find(world.key, job.templateId), job, input)
    // Also throws if the job was deleted meanwhile.
    await files.makeResults(owner, results, () => jobs.find(world, job.id).createdAt === job.createdAt)
  }

  const isComplete = (world: WorldRecord, job: JobRecord): boolean =>
    stateAt(job.run, clocks.now(world)) === 'JOB_STATE_COMPLETE'

  async function resultsFor(caller: Caller, id: string): Promise<readonly ResultLink[] | undefined> {
    const { world } = caller
    const job = jobs.get(caller, id)
    if (!isComplete(world, job)) return undefined
    // Nothing leaves a job whose output is bypassed (documented).
    if (job.dataDestination?.dataSourceDescriptor === 'bypass') return []
    const results = await resultsOf(world, job)
    // The world has another job of that id now, or none.
    if (results === undefined) return resultsFor(caller, id)
    const present = clocks.now(world)
    return results.map(({ name }) => {
      const target = { bucket: 'bytenite-results-prod', world: world.name, jobId: job.id, file: name } as const
      return { name, link: signLink(target, present, linkSecret) }
    })
  }

  async function find(link: Link): Promise<FoundResult> {
    const { world, job } = await follow(link, 'bytenite-results-prod', 'GET')
    const gone = (why: string) => notFound(`file ${show(link.file)} of job ${job.id} ${why}`)
    const madeAt = endAt(job.run)
    if (madeAt === null || !isComplete(world, job)) throw gone('does not exist')
    const { dataSourceDescriptor = 'bucket' } = job.dataDestination ?? {}
    if (dataSourceDescriptor === 'bucket' && clocks.now(world) >= madeAt + bucketKeeps) {
      throw gone('is gone: the temporary bucket keeps results for 48 hours')
    }
    const results = await resultsOf(world, job)
    if (results === undefined) return find(link)
    const file = results.find(({ name }) => name === link.file)
    if (file === undefined) throw gone('does not exist')
    return { file, madeAt }
  }

  return {
    async receive(link, name, bytes) {
      const { world, job } = await follow(link, 'bytenite-uploads-prod', 'PUT')
      assertTakesFile(job, clocks.now(world))
      const arrival = await files.receive(bytes)
      // A name that no other upload has: the former file stays with the former row until this one is committed.
      const file = `upload-${ids.uuid()}.bin`
      try {
        await jobs.uploaded(world, job.id, { name, size: arrival.size, file }, () =>
          arrival.place(files.of(world.key, job.id), file),
        )
      } catch (error) {
        await arrival.discard()
        throw error
      }
      await arrival.flush()
      return arrival.size
    },

    results: resultsFor,
    find,

    input: inputOf,
    keepResults: (world, jobId, results, isWanted) => files.makeResults(files.of(world.key, jobId), results, isWanted),

    logFile: (world, jobId) => files.logFile(files.of(world.key, jobId)),

    logs(world, job, filter) {
      const lines = readLines(() => files.logFile(files.of(world.key, job.id)))
      return storedLogs(job.id, lines, failureAt(job.run, clocks.now(world)), filter)
    },
  }
}

/** The path of a URL as it stands, without its query. */
const pathOf = (url: string): string => url.replace(/[?#].*$/s, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')

async function* readAll(file: Promise<Readable>): AsyncGenerator<Uint8Array> {
  yield* (await file) as AsyncIterable<Uint8Array>
}

/**
 * Names the files that a job leaves behind by a change: all of a job that is deleted, and an upload that is replaced or dropped.
 *
 * @param owner the files of the job in the act
 * @returns what removes them, to be called after the commit
 */
export function filesLeft(files: Files, owner: FilesOf, before: JobRecord, after: JobRecord): (() => void) | undefined {
  if (after.deletedAt !== null) return () => files.removeJob(owner)
  const { upload } = before
  if (upload === null || (after.upload !== null && uploadFile(after.upload) === uploadFile(upload))) return undefined
  return () => files.removeUpload(owner, upload)
}

/** Name of the setting that holds the secret. */
const secretName = 'link-secret'

/**
 * The secret that signs links to storage.
 *
 * @param make called once for each database
 */
export const linkSecretOf = (
  { act }: Pick<Store, 'act'>,
  { settings }: Pick<Rows, 'settings'>,
  make: () => string,
): string => settings.get(secretName) ?? act(() => settings.setOnce(secretName, make()))
