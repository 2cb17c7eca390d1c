import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { createClient, type EmulatorClient, readAnswer } from './client.ts'
import { type CoreOptions, createCore } from './core.ts'
import type { Era } from './era.ts'
import type { Inject } from './inject.ts'
import type { LoggerOptions } from './log.ts'

export { connect, ControlError, type EmulatorClient, type World, type WorldClock } from './client.ts'
export type { Inject, InjectRequest, InjectResponse } from './inject.ts'

export interface EmulatorOptions extends CoreOptions {
  /** 0 or absent: a free one. */
  readonly port?: number
  /** Absent: 127.0.0.1. */
  readonly host?: string
  /** Keys beside `test_<world>`, with the world each opens. */
  readonly apiKeys?: ReadonlyMap<string, string>
  /** `open`: any other key opens the world `default`, too; absent: `closed`. */
  readonly keys?: 'closed' | 'open'
  /** Whether answers show unset fields; absent: `emit`. */
  readonly unset?: 'emit' | 'omit'
  /** Whose answers clients get; absent: `2025`. */
  readonly era?: Era
  /** Absent: no logs. */
  readonly logger?: LoggerOptions | false
}

/** A running emulator. */
export interface Emulator extends EmulatorClient, AsyncDisposable {
  readonly port: number
  /** Sends a request without a socket, as Fastify's `inject` does. */
  readonly inject: Inject
  /** @internal Where connections and requests are handed in that came by another way than the port. */
  readonly server: Server
  /** Finishes what is running, closes the port and the database. May be called twice. */
  close(): Promise<void>
}

/** How long requests that are under way may hold up the end. */
const grace = 700

/**
 * Starts an emulator: in memory and on a free port of this machine, unless told otherwise.
 *
 * @returns once it answers
 * @throws Error where the port is taken, the database cannot be opened, or the seed is wrong
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = '127.0.0.1' } = options
  const core = createCore(options)
  const app = buildApp(core, options)
  try {
    await app.listen({ port, host })
  } catch (error) {
    await app.close()
    core.close()
    throw error
  }

  const address = app.server.address() as AddressInfo
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    // A client that never reads its answer must not keep the program alive.
    const impatience = setTimeout(() => app.server.closeAllConnections(), grace)
    try {
      await app.close()
    } finally {
      clearTimeout(impatience)
      core.close()
    }
  }
  const client = createClient(urlOf(host, address.port), async (method, path, body) => {
    const answer = await app.inject({
      method: method as 'GET',
      url: path,
      ...(body === undefined ? {} : { payload: body as object }),
    })
    return readAnswer(`${method} ${path}`, answer.statusCode, answer.payload)
  })
  return {
    ...client,
    port: address.port,
    server: app.server,
    inject: async (request) => app.inject(request),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

/** What to write into a client; an emulator that listens everywhere is reached by the loopback address, too. */
function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}
