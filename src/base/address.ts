/** The address at which clients on this machine reach a server: one that listens on all addresses answers on the loopback one. */
export const reachableHost = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)

/** The base URL of a server, for clients on this machine. */
export function urlOf(host: string, port: number): string {
  const address = reachableHost(host)
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
