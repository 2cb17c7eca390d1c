import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { TLSSocket } from 'node:tls'
import type { Emulator } from '../../index.ts'
import { packageRoot } from '../../base/package.ts'
import type { Authority } from './certificates.ts'
import { childEnvironment } from './environment.ts'
import { writePythonHook } from './python-hook.ts'
import { openProxy } from './proxy.ts'
import { openTlsFront } from './tls-front.ts'
import { writeTrustFiles } from './trust.ts'
import { readUpstream } from './upstream.ts'

export interface InterceptionOptions {
  /** The environment that the program would get without interception. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The key given to a program that has none. */
  readonly apiKey: string
  /** Let the program reach nothing but the vendor's host and this machine. */
  readonly offline: boolean
}

/** Calls of a program to the vendor's host lead to an emulator. */
export interface Interception {
  /** The environment to run the program with. */
  readonly environment: Record<string, string>
  /** Connections seen so far; complete once the interception is closed. */
  readonly seen: () => Sightings
  /** Closes the ports, ends every connection, removes the files; resolves when all is seen. May be called twice. */
  readonly close: () => Promise<void>
}

/** The file that Node.js loads before a program under `exec`. */
export const nodeHook = join(packageRoot, 'dist', 'node-hook.js')

export interface Sightings {
  /** Hosts and ports that `offline` kept the program from, with how often. What the hook in Node.js refuses is not counted. */
  readonly refused: ReadonlyMap<string, number>
  /** How often clients would not take the certificate for the vendor's host, by reason in the words of TLS. */
  readonly untrusted: ReadonlyMap<string, number>
  /** How many TLS connections were closed without a request, as by a client that compares the certificate with one it knows. */
  readonly unused: number
}

/**
 * Opens a proxy and a TLS port on this machine, writes the files by which clients trust the authority, and makes the environment
 * that leads a program there.
 *
 * @throws Error if the environment names a proxy that cannot be used, or no port or file is to be had
 */
export async function openInterception(
  emulator: Pick<Emulator, 'url' | 'port' | 'server'>,
  authority: Authority,
  { environment, apiKey, offline }: InterceptionOptions,
): Promise<Interception> {
  const upstream = readUpstream(environment)
  const folder = mkdtempSync(join(tmpdir(), 'bytenite-emulator-exec-'))
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeFolder)
  const closers: (() => void)[] = [removeFolder, () => process.off('exit', removeFolder)]
  const close = async (): Promise<void> => {
    // What a program left in its connections when it ended is read in the next turn or two of the event loop.
    await turn()
    await turn()
    for (const closer of closers.splice(0).reverse()) closer()
    await turn()
  }

  const refused = new Map<string, number>()
  const used = new WeakSet<Socket>()
  let unused = 0
  const { server } = emulator
  const noteUse = ({ socket }: { readonly socket: Socket }): void => void used.add(socket)
  server.prependListener('request', noteUse)
  closers.push(() => server.off('request', noteUse))

  const plain = (socket: Socket): void => void server.emit('connection', socket)
  const deliver = (socket: TLSSocket): void => {
    socket.once('close', () => {
      if (!used.has(socket)) unused += 1
    })
    plain(socket)
  }
  try {
    const front = await openTlsFront(authority.leaf, deliver)
    closers.push(front.close)
    const proxy = await openProxy({
      vendor: {
        secure: front.accept,
        plain,
        request: (request, response) => void server.emit('request', request, response),
      },
      upstream,
      offline,
      onRefused: (target) => refused.set(target, (refused.get(target) ?? 0) + 1),
    })
    closers.push(proxy.close)
    const hook = pathToFileURL(nodeHook)
    hook.search = new URLSearchParams({
      tls: String(front.port),
      plain: String(emulator.port),
      ...(offline ? { offline: '' } : {}),
    }).toString()
    return {
      environment: childEnvironment(environment, {
        api: emulator.url,
        apiKey,
        proxy,
        trust: writeTrustFiles(folder, authority.certificate),
        hook: hook.href,
        python: writePythonHook(folder, {
          tls: front.port,
          plain: emulator.port,
          offline,
          certificate: authority.certificate,
        }),
      }),
      seen: () => ({ refused: new Map(refused), untrusted: new Map(front.refusals), unused }),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
