/** The proxies of the user's environment, for other hosts than the vendor's. */
export interface Upstream {
  /**
   * Through which proxy a host is reached; undefined: directly.
   *
   * @param scheme what is spoken to the host; tunnels count as `https`
   */
  proxyFor(scheme: 'http' | 'https', host: string, port: number): URL | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** A variable by its name in either case; clients prefer the lower one (as curl does). */
export const eitherCase = (environment: Environment, name: string): string | undefined =>
  environment[name.toLowerCase()] || environment[name.toUpperCase()] || undefined

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case, as curl does.
 *
 * @throws Error that names a variable whose proxy cannot be used
 */
export function readUpstream(environment: Environment): Upstream {
  const all = proxyOf(environment, 'ALL_PROXY')
  const proxies = { http: proxyOf(environment, 'HTTP_PROXY') ?? all, https: proxyOf(environment, 'HTTPS_PROXY') ?? all }
  const exceptions = noProxyEntries(environment)
  return {
    proxyFor: (scheme, host, port) =>
      exceptions.some((entry) => isExcepted(entry, host, port)) ? undefined : proxies[scheme],
  }
}

function proxyOf(environment: Environment, name: string): URL | undefined {
  const text = eitherCase(environment, name)?.trim()
  if (text === undefined || text === '') return undefined
  const whole = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(whole) || !/^https?:/i.test(whole)) {
    throw new Error(
      `${name}: exec goes through proxies of http:// and https:// only; unset it, or set it to one of these`,
    )
  }
  return new URL(whole)
}

/** The entries of `NO_PROXY`, in either case. */
export const noProxyEntries = (environment: Environment): string[] => [
  ...new Set(
    [environment['no_proxy'], environment['NO_PROXY']]
      .flatMap((list) => (list ?? '').split(/[\s,]+/))
      .filter((entry) => entry !== ''),
  ),
]

function isExcepted(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  if (entryPort !== undefined && Number(entryPort) !== port) return false
  const domain = name.replace(/^\*?\.?/, '').toLowerCase()
  return domain !== '' && (host.toLowerCase() === domain || host.toLowerCase().endsWith(`.${domain}`))
}
