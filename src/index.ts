import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from './base/timers.ts'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { createClient, type EmulatorClient, readAnswer } from './client.ts'
import type { FastifyInstance } from 'fastify'
import { createCore } from './core.ts'
import { collectOperations } from './plugins/operations.ts'
import { urlOf } from './base/address.ts'
import { keepStarted } from './base/compiled-code.ts'
import { type CheckedOptions, type EmulatorOptions, readOptions } from './settings/options.ts'
import { optionsInForce } from './settings/in-force.ts'
import { assertMayRun } from './settings/run-rules.ts'
import type { Core } from './core.ts'
import type { BlockRegistry } from './domain/runs/block.ts'
import type { Runner } from './runner/runner.ts'

export type { EmulatorOptions } from './settings/options.ts'
export { connect, ControlError, type EmulatorClient, type World, type WorldClock } from './client.ts'

/** A request without a socket. */
export interface InjectRequest {
  /** Absent: GET. */
  readonly method?: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | string[]>>
  /** Sent as JSON, unless it is a text or bytes. */
  readonly payload?: string | object | Buffer | NodeJS.ReadableStream
}

/** Its answer. */
export interface InjectResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, number | string | string[] | undefined>>
  /** The body as text. */
  readonly payload: string
  readonly body: string
  readonly rawPayload: Buffer
  // As untyped as the body of `fetch`: it is read in the words of the API.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json<Body = any>(): Body
}

/**
 * Sends a request to the emulator without a socket, as Fastify's `inject` does. Declared here, so that users of the package
 * need not have the types of Fastify.
 *
 * @param request a path stands for a GET of it
 */
export type Inject = (request: InjectRequest | string) => Promise<InjectResponse>

/** A running emulator. */
export interface Emulator extends EmulatorClient, AsyncDisposable {
  /** 0 if none is open. */
  readonly port: number
  /** Sends a request without a socket, as Fastify's `inject` does. */
  readonly inject: Inject
  /** @internal What clients can ask for, as in `GET /v1/customer/jobs/{jobId}`. */
  readonly operations: () => readonly string[]
  /** @internal Takes connections and requests that came by another way than the port. */
  readonly server: Server
  /** Finishes the requests that are under way, for at most 0.7 seconds; closes the port and the database. May be called twice. */
  close(): Promise<void>
}

/** How long requests that are under way may hold up the end. */
const grace = 700

/** Milliseconds after which an emulator that serves others prepares what the first client would wait for. */
const idleAfter = 200

/** The URL of an emulator without a port. Names of this kind never resolve (RFC 2606). */
const noUrl = 'http://emulator.invalid'

/**
 * Starts an emulator: in memory and on a free port of this machine, unless told otherwise. It does not keep the process from
 * ending, unless told to.
 *
 * @returns once it answers
 * @throws ConfigError for an option that is unknown or wrong; Error if the port is taken, the database cannot be opened, or
 *   the seed is wrong
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const checked = readOptions(options)
  assertMayRun(checked, checked.port === null ? null : checked.host)
  const blocks = await openBlocks(checked)
  const core = createCore(blocks === undefined ? checked : { ...checked, localBlocks: blocks })
  let runner: Runner | undefined
  let operations: () => readonly string[] = () => []
  const inForce = checked.inForce ?? optionsInForce(options, checked)
  const app = buildApp(core, { ...checked, inForce }, (app) => {
    operations = collectOperations(app)
  })
  let port = 0
  for (const problem of blocks?.problems ?? []) app.log.warn(`--apps: ${problem}`)
  if (checked.runApps !== 'off') {
    const which =
      checked.runApps === 'process' ? 'the blocks of --apps' : 'the blocks of --apps, and those that are pushed,'
    app.log.warn(`--run-apps ${checked.runApps}: jobs run ${which} as your programs`)
  }
  try {
    runner = await openRunner(core, checked)
    if (checked.port === null) await app.ready()
    else port = await listen(app, checked.port, checked)
  } catch (error) {
    await app.close()
    await runner?.close()
    core.close()
    throw error
  }

  keepStarted()
  // A client's first token is not to wait for the key; nor is a test to end later for it, so the fixture makes it when asked.
  const idle = checked.keepAlive ? setTimeout(() => core.tokens.prepare(), idleAfter).unref() : undefined
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    clearTimeout(idle)
    // A client that never reads its answer must not keep the program alive.
    const impatience = setTimeout(() => app.server.closeAllConnections(), grace)
    try {
      await app.close()
    } finally {
      clearTimeout(impatience)
      await runner?.close()
      core.close()
    }
  }
  const client = createClient(port === 0 ? noUrl : urlOf(checked.host, port), async (method, path, body) => {
    const answer = await app.inject({
      method: method as 'GET',
      url: path,
      ...(body === undefined ? {} : { payload: body instanceof Uint8Array ? bufferOf(body) : (body as object) }),
    })
    return readAnswer(`${method} ${path}`, answer.statusCode, answer.headers['content-type'], answer.rawPayload)
  })
  return {
    ...client,
    port,
    operations,
    server: app.server,
    inject: async (request) => app.inject(request),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

/** The blocks of `--apps`; undefined if there are none. Their reader is loaded only if it is needed. */
async function openBlocks({ apps }: CheckedOptions): Promise<BlockRegistry | undefined> {
  if (apps.length === 0) return undefined
  const { openBlockFolders } = await import('./runner/folders.ts')
  return openBlockFolders(apps)
}

/** Runs blocks, if real runs are on; fails the jobs that an emulator before this one ran when it was killed. */
async function openRunner(core: Core, { data, runApps, ...options }: CheckedOptions): Promise<Runner | undefined> {
  const folder = data === null ? undefined : join(data, runsFolder)
  if (folder !== undefined && existsSync(folder)) {
    await core.runs.failCut()
    const { removeTree } = await import('./runner/trees.ts')
    await removeTree(folder)
  }
  if (runApps === 'off') return undefined
  const { startRunner } = await import('./runner/runner.ts')
  const { python, runParallel: parallel, sources, fetchSources, runHooks = {} } = options
  return startRunner(core, {
    folder: folder ?? null,
    python,
    sources: { sources, fetchSources },
    parallel,
    ...runHooks,
  })
}

/**
 * Name of the folder for runs in the data directory. It is there as long as an emulator runs blocks, so one that is found was left
 * by one that was killed, and is removed: a project that is used as a data directory must have no folder of this name.
 */
const runsFolder = 'emulator-runs'

/** Opens the port. Returns its number. */
async function listen(
  app: FastifyInstance,
  port: number,
  { host, keepAlive }: { readonly host: string; readonly keepAlive: boolean },
): Promise<number> {
  if (!keepAlive) app.server.on('connection', (socket) => socket.unref())
  await app.listen({ port, host })
  if (!keepAlive) app.server.unref()
  return (app.server.address() as AddressInfo).port
}

/** The same bytes, not a copy. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)
