/** The target of a request to the proxy. */
export interface Authority {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

export interface Target extends Authority {
  readonly scheme: 'http' | 'https'
  /** Host and port as the client wrote them, for the header `Host`. */
  readonly authority: string
  /** Path and query. */
  readonly path: string
}

/** The one form of host and port that is taken: a name, an IPv4 address or an IPv6 one in brackets. No user, no blank, no escape. */
const hostAndPort = /^(?:([A-Za-z0-9._-]+)|\[([0-9A-Fa-f:.]+)\])(?::(\d{1,5}))?$/

/** The target of CONNECT; undefined if it is not exactly a host and a port. */
export function readAuthority(text: string): Authority | undefined {
  const authority = parse(text)
  return authority?.port === undefined ? undefined : { host: authority.host, port: authority.port }
}

/** The target of any other request, in absolute form; undefined if it is anything else. */
export function readTarget(text: string): Target | undefined {
  const [, scheme, authority = '', rest = ''] = /^(https?):\/\/([^/?#]*)([^#]*)$/i.exec(text) ?? []
  if (scheme === undefined) return undefined
  const parsed = parse(authority)
  if (parsed === undefined) return undefined
  const known = scheme.toLowerCase() as 'http' | 'https'
  const { host, port = known === 'http' ? 80 : 443 } = parsed
  return { scheme: known, host, port, authority, path: rest.startsWith('/') ? rest : `/${rest}` }
}

function parse(text: string): { host: string; port: number | undefined } | undefined {
  const [, name, address, digits] = hostAndPort.exec(text) ?? []
  const host = name ?? address
  if (host === undefined) return undefined
  const port = digits === undefined ? undefined : Number(digits)
  return port === undefined || (port > 0 && port < 65_536) ? { host, port } : undefined
}
