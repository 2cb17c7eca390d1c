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
  const way = await dialProxy(proxy, abandon)
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const tunnel = request({
      createConnection: () => way,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(proxy) },
    })
    tunnel.once('connect', ({ statusCode }, socket, head) => {
      if (statusCode !== 200) {
        socket.destroy()
        reject(new Error(`the proxy ${proxy.host} answered ${statusCode} for ${authority}`))
        return
      }
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    tunnel.once('error', reject)
    tunnel.end()
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
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}

function connected(socket: Socket, event: string, abandon: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const give = (): void => void socket.destroy(new Error('the client has gone'))
    abandon.addEventListener('abort', give, { once: true })
    socket.once('error', reject)
    socket.once(event, () => {
      abandon.removeEventListener('abort', give)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
