import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Core } from '../core.ts'
import type { RunOf } from '../core/runs.ts'
import type { JobRecord } from '../domain/jobs/job.ts'
import { RunFailure } from './failure.ts'

/** Where the input of a job that was not uploaded may come from. */
export interface SourceOptions {
  /** A folder that stands for the web and for buckets; absent: none. */
  readonly sources: string | undefined
  /** URLs may be asked over the network. */
  readonly fetchSources: boolean
}

/** Bytes that are fetched from a URL at most (chosen). */
const mostFetched = 4 * 1024 ** 3

/** Puts the one file that a job reads into a folder. @throws RunFailure if it is not to be had */
export async function placeSource(
  { storage }: Core,
  { world }: RunOf,
  job: JobRecord,
  { folder, stop, ...options }: SourceOptions & { readonly folder: string; readonly stop: AbortSignal },
): Promise<void> {
  const input = await storage.input(world, job)
  if (input === null) {
    // Blocks copy the file that they find, so there is one (documented; its name and content are chosen).
    await writeFile(join(folder, 'dummy_file'), 'dummy_file')
    return
  }
  const bytes = input.bytes === null ? await elsewhere(job, options, stop) : input.bytes()
  await pipeline(bytes, createWriteStream(join(folder, input.name), { flags: 'wx' }))
}

/** The bytes of a source that is not an upload. */
async function elsewhere(
  { dataSource }: JobRecord,
  { sources, fetchSources }: SourceOptions,
  stop: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { dataSourceDescriptor = '', params } = dataSource ?? {}
  const text = (name: string): string => {
    const value = params?.[name]
    return typeof value === 'string' ? value : ''
  }
  const url = dataSourceDescriptor === 'url' ? readUrl(text('url')) : undefined
  const path = url === undefined ? join(text('bucketName'), text('name')) : join(url.host, decoded(url.pathname))
  const file = sources === undefined ? undefined : fileBelow(sources, path)
  if (file !== undefined) return createReadStream(file)
  if (url !== undefined && fetchSources) return fetched(url, text('username'), text('password'), stop)
  const found = sources === undefined ? 'a folder of --sources' : `${sources} (--sources)`
  throw new RunFailure(
    `data source ${JSON.stringify(dataSourceDescriptor)} is not fetched by the emulator: put the file into ${found} as ${path}, ` +
      `${url === undefined ? '' : 'allow --fetch-sources, '}upload it (descriptor "file"), or use "bypass"`,
  )
}

function readUrl(text: string): URL {
  try {
    const url = new URL(text)
    if (/^https?:$/.test(url.protocol)) return url
  } catch {
    // Said below.
  }
  throw new RunFailure(
    `dataSource.params.url ${JSON.stringify(text.slice(0, 200))}: expected a URL that begins with http:// or https://`,
  )
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** A file below a folder, or undefined if there is none or the path leads out of it. */
function fileBelow(root: string, path: string): string | undefined {
  const file = resolve(root, `.${sep}${path}`)
  if (!file.startsWith(resolve(root) + sep) || path.includes('\0')) return undefined
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : undefined
}

async function* fetched(url: URL, username: string, password: string, stop: AbortSignal): AsyncGenerator<Uint8Array> {
  const credentials = Buffer.from(`${username}:${password}`).toString('base64')
  let body: Readable | ReadableStream<Uint8Array> | null
  try {
    const answer = await fetch(url, {
      signal: stop,
      headers: username === '' ? {} : { authorization: `Basic ${credentials}` },
    })
    if (!answer.ok) throw new Error(`it answers ${answer.status}`)
    body = answer.body
  } catch (error) {
    stop.throwIfAborted()
    const { message, cause } = error as Error
    const reason = cause instanceof Error ? cause.message : message
    throw new RunFailure(`dataSource.params.url ${JSON.stringify(url.href.slice(0, 200))} cannot be fetched: ${reason}`)
  }
  let size = 0
  for await (const bytes of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += bytes.length
    if (size > mostFetched) throw new RunFailure(`the data source has more than ${mostFetched / 1024 ** 3} GiB`)
    yield bytes
  }
}
