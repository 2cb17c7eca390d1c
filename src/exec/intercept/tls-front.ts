import { type AddressInfo, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import type { Authority } from './certificates.ts'
import { listen } from './listen.ts'

/** Accepts TLS connections for the vendor's host, and passes on the decrypted requests. */
export interface TlsFront {
  readonly port: number
  /** Takes a connection that came another way, before its first byte is read. */
  readonly accept: (socket: Socket) => void
  /** How often clients broke off the handshake, by the reason they gave. */
  readonly refusals: ReadonlyMap<string, number>
  readonly close: () => void
}

/** Milliseconds that a client may take to shake hands. */
const handshakeTimeout = 30_000

/** @param deliver is given each connection that is ready to be read */
export async function openTlsFront(leaf: Authority['leaf'], deliver: (socket: TLSSocket) => void): Promise<TlsFront> {
  const refusals = new Map<string, number>()
  const open = new Set<Socket>()
  const server = createServer({ cert: leaf.certificate, key: leaf.key, ALPNProtocols: ['http/1.1'], handshakeTimeout })
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.on('secureConnection', (socket) => {
    resetWhole(socket)
    // HTTP answers one that has said all it has to say.
    socket.allowHalfOpen = true
    deliver(socket)
  })
  server.on('tlsClientError', (error: Error & { code?: string }, socket) => {
    const reason = reasonOf(error)
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1)
    socket.destroy()
  })
  const { port }: AddressInfo = await listen(server)
  return {
    port,
    accept(socket) {
      // A client that leaves during the handshake has left for good.
      socket.allowHalfOpen = false
      server.emit('connection', socket)
    },
    refusals,
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

/** A fault may reset the connection; only the socket below the TLS one can. */
function resetWhole(socket: TLSSocket): void {
  const { _parent: below } = socket as TLSSocket & { readonly _parent?: Socket }
  socket.resetAndDestroy = () => {
    below?.resetAndDestroy()
    return socket.destroy()
  }
}

/** `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA` -> `unknown ca`, the words of TLS itself. */
function reasonOf({ code = '' }: { readonly code?: string }): string {
  const alert = /^ERR_SSL_\w*?ALERT_(\w+)$/.exec(code)?.[1]
  if (alert !== undefined) return alert.toLowerCase().replaceAll('_', ' ')
  if (code === 'ECONNRESET') return 'it closed the connection'
  return code
    .replace(/^ERR_(SSL|TLS)_/, '')
    .toLowerCase()
    .replaceAll('_', ' ')
}
