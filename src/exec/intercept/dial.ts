import { request } from 'node:http'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/**
 * Opens a TCP connection to a host, directly or by a tunnel through a proxy.
 *
 * @param abandon ends the attempt
 * @throws Error that says in a sentence why there is none
 */
export async function dial(host: string, port: number, proxy: URL | undefined, abandon: AbortSignal): Promise<Socket> {
  if (proxy === undefined) return connected(connect({ host, port, allowHalfOpen: true }), 'connect', abandon)
  return tunnelled(await dialProxy(proxy, abandon), proxy, `${isIP(host) === 6 ? `[${host}]` : host}:${port}`, abandon)
}

/** Asks a proxy for the way to a host and port. */
function tunnelled(way: Socket, proxy: URL, authority: string, abandon: AbortSignal): Promise<Socket> {
  return new Promise<Socket>((resolve, reject) => {
    const tunnel = request({
      createConnection: () => way,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(proxy) },
      signal: abandon,
    })
    tunnel.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        reject(new Error(`the proxy ${proxy.host} answered ${statusCode} for ${authority}`))
        return
      }
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    tunnel.on('error', ({ message }) => reject(new Error(`the proxy ${proxy.host} gave no answer: ${message}`)))
    tunnel.end()
  }).catch((error: unknown) => {
    way.destroy()
    throw error
  })
}

/** Opens a connection to a proxy itself. */
function dialProxy(proxy: URL, abandon: AbortSignal): Promise<Socket> {
  const host = proxy.hostname.replace(/^\[|\]$/g, '')
  if (proxy.protocol === 'https:') {
    const target = { host, port: Number(proxy.port || 443), ...(isIP(host) === 0 ? { servername: host } : {}) }
    return connected(connectTls(target), 'secureConnect', abandon)
  }
  return connected(connect({ host, port: Number(proxy.port || 80), allowHalfOpen: true }), 'connect', abandon)
}

/** The header that carries the user and the password of a proxy's URL. */
export function proxyAuthorization({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (username === '' && password === '') return {}
  const credentials = Buffer.from(`${unescaped(username)}:${unescaped(password)}`, 'latin1')
  return { 'proxy-authorization': `Basic ${credentials.toString('base64')}` }
}

/** The bytes that a part of a URL stands for, one per character; a `%` without two digits stands for itself, as for curl. */
const unescaped = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))

function connected(socket: Socket, event: string, abandon: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const give = (): void => void socket.destroy(new Error('the client has gone'))
    abandon.addEventListener('abort', give, { once: true })
    socket.once('error', reject)
    if (abandon.aborted) give()
    socket.once(event, () => {
      abandon.removeEventListener('abort', give)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
