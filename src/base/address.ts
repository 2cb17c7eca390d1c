import { Agent } from 'node:http'

/** The address at which clients on this machine reach a server: one that listens on all addresses answers on the loopback one. */
export const reachableHost = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)

/** The base URL of a server, for clients on this machine. */
export function urlOf(host: string, port: number): string {
  const address = reachableHost(host)
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}

/**
 * Connections to an emulator. Node.js sends requests of its global agent and of `fetch` through a proxy if NODE_USE_ENV_PROXY is set, also
 * those to this machine; an agent of our own never does.
 */
export const directAgent = new Agent()

/** Tells if a server that listens on an address is reached from this machine only. */
export const isLoopbackAddress = (host: string): boolean =>
  isLoopback(`http://${host.includes(':') ? `[${host}]` : host}`)

/** Tells if the host of a URL is this machine. */
export const isLoopback = (url: string): boolean =>
  /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)
