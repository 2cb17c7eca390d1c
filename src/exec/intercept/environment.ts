import { delimiter, join } from 'node:path'
import type { TrustFiles } from './trust.ts'
import { javaStorePassword } from './trust.ts'
import { eitherCase, noProxyEntries } from './upstream.ts'
import { additionVariables, bundleVariables } from './variables.ts'
import { vendorHost } from './vendor.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The addresses and files that the environment of a program under `exec` names. */
export interface Destination {
  /** Base URL of the emulator, for clients with a configurable address. */
  readonly api: string
  readonly apiKey: string
  readonly proxy: { readonly host: string; readonly port: number }
  readonly trust: TrustFiles
  /** URL of the module that Node.js loads before the program. */
  readonly hook: string
  /** The folder of the module that Python loads before the program. */
  readonly python: string
}

const loopback = ['localhost', '127.0.0.1', '::1']

/**
 * The environment of a program whose calls to the vendor are to reach the emulator: the parent's, with the least change that each
 * kind of client needs. What the user has set for a client that can be told stays.
 */
export function childEnvironment(parent: Environment, destination: Destination): Record<string, string> {
  const { api, apiKey, proxy, trust } = destination
  const given = Object.entries(parent).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const environment: Record<string, string> = {
    BYTENITE_API_URL: api,
    BYTENITE_BASE_URL: api,
    BYTENITE_API_KEY: apiKey,
    ...Object.fromEntries(given),
  }
  const set = (name: string, value: string): void => {
    environment[name] = value
  }
  const setInBothCases = (name: string, value: string): void => {
    set(name, value)
    set(name.toLowerCase(), value)
  }

  const proxyUrl = `http://${proxy.host}:${proxy.port}`
  setInBothCases('HTTP_PROXY', proxyUrl)
  setInBothCases('HTTPS_PROXY', proxyUrl)
  if (eitherCase(parent, 'ALL_PROXY') !== undefined) setInBothCases('ALL_PROXY', proxyUrl)
  const exceptions = noProxyEntries(parent).filter((entry) => !mayMeanVendor(entry))
  setInBothCases('NO_PROXY', [...new Set([...loopback, ...exceptions])].join(','))

  for (const name of bundleVariables) set(name, trust.bundle(parent[name] || undefined))
  // With one of its own unset, requests reads that of curl.
  const requests = parent['REQUESTS_CA_BUNDLE'] || parent['CURL_CA_BUNDLE'] || undefined
  set('REQUESTS_CA_BUNDLE', trust.bundle(requests))
  for (const name of additionVariables) set(name, trust.addition(parent[name] || undefined))

  // With nothing before the first divider PHP looks where it is used to, too.
  set('PHP_INI_SCAN_DIR', [parent['PHP_INI_SCAN_DIR'] ?? '', trust.phpFolder].join(delimiter))
  const home = parent['HOME']
  const wgetrc = parent['WGETRC'] || (home === undefined ? undefined : join(home, '.wgetrc'))
  set('WGETRC', trust.wgetConfiguration(wgetrc))
  set('PYTHONPATH', [destination.python, parent['PYTHONPATH'] ?? ''].filter((path) => path !== '').join(delimiter))
  set('NODE_OPTIONS', joined(parent['NODE_OPTIONS'], `--import=${destination.hook}`))
  set('JAVA_TOOL_OPTIONS', joined(parent['JAVA_TOOL_OPTIONS'], ...javaOptions(destination, exceptions)))
  return environment
}

/**
 * Tells if some client would match the vendor's host with an entry of `NO_PROXY`. Some compare endings without
 * regard to dots, and an entry too few merely sends a host through the proxy, which tunnels it.
 */
function mayMeanVendor(entry: string): boolean {
  const domain = entry
    .replace(/:\d+$/, '')
    .replace(/^[*.]+/, '')
    .replace(/\.$/, '')
    .toLowerCase()
  return domain === '' || vendorHost.endsWith(domain)
}

const joined = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join(' ')

function javaOptions({ proxy, trust }: Destination, exceptions: readonly string[]): string[] {
  const direct = ['localhost', '127.*', '[::1]', ...exceptions.map((entry) => entry.replace(/^\./, '*.'))]
  const properties = {
    'http.proxyHost': proxy.host,
    'http.proxyPort': String(proxy.port),
    'https.proxyHost': proxy.host,
    'https.proxyPort': String(proxy.port),
    'http.nonProxyHosts': direct.join('|'),
    'javax.net.ssl.trustStore': trust.javaStore,
    'javax.net.ssl.trustStoreType': 'JKS',
    'javax.net.ssl.trustStorePassword': javaStorePassword,
  }
  return Object.entries(properties).map(([name, value]) => {
    const option = `-D${name}=${value}`
    return /[\s']/.test(option) ? `"${option}"` : option
  })
}
