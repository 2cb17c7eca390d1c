/**
 * Loaded by `exec` into every Node.js process of the program, before its own code: redirects connections for the vendor's host to the
 * emulator of the run. `fetch`, undici, `http`, `https` and `http2`, and all that is built on them, connect by
 * `net.Socket.prototype.connect`, so that this is the one place to stand in. Certificates are checked as ever; the authority of the
 * run is trusted by NODE_EXTRA_CA_CERTS.
 *
 * Its parameters are in its own URL, as workers may be given an empty environment: `tls` and `plain`, ports on this machine, and
 * `offline`. It is a file of its own without dependencies.
 */
import childProcess from 'node:child_process'
import dns, { type LookupAddress } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Socket, type TcpNetConnectOpts } from 'node:net'
import workerThreads, { type WorkerOptions } from 'node:worker_threads'
import { leadingVariables } from './variables.ts'
import { isLoopback, isVendorHost } from './vendor.ts'

/** Holds the URL of this file, with its parameters, in workers of a text of code: Node.js runs no `--import` for them. */
const ownUrl = Symbol.for('bytenite-emulator exec')
const url = (globalThis as { [ownUrl]?: string })[ownUrl] ?? import.meta.url
const parameters = new URL(url).searchParams
const ports = { tls: Number(parameters.get('tls')), plain: Number(parameters.get('plain')) }
const offline = parameters.has('offline')

/** Stands for the vendor's host where a client looks up its address first. Nothing listens there: connections to it are redirected. */
const standIn = '127.98.121.116'

type Connect = (...args: unknown[]) => Socket
// eslint-disable-next-line @typescript-eslint/unbound-method -- called on the socket that it was called on
const connect = Socket.prototype.connect as Connect

Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  const options = optionsOf(args)
  if (options === undefined) return connect.apply(this, args)
  const host = options.host ?? 'localhost'
  if (isVendorHost(host) || host === standIn) {
    const port = Number(options.port) === 80 ? ports.plain : ports.tls
    const target: TcpNetConnectOpts = { ...options, host: '127.0.0.1', port }
    // They were chosen for an address elsewhere.
    delete target.family
    delete target.localAddress
    return connect.apply(this, withOptions(args, target))
  }
  if (offline && !isLoopback(host)) {
    const error = new Error(
      `connect ECONNREFUSED ${host}:${options.port} (refused by bytenite-emulator exec --offline)`,
    )
    process.nextTick(() => this.destroy(Object.assign(error, { code: 'ECONNREFUSED', syscall: 'connect' })))
    return this
  }
  return connect.apply(this, args)
}

/**
 * The options of a call to `connect`: a port and a host, an object, or, from within Node.js, a list of an object and a callback.
 *
 * @returns undefined for a socket that is not a TCP connection
 */
function optionsOf([first, second]: readonly unknown[]): TcpNetConnectOpts | undefined {
  if (Array.isArray(first)) return optionsOf(first)
  if (typeof first === 'object' && first !== null) {
    return 'path' in first && first.path ? undefined : (first as TcpNetConnectOpts)
  }
  if (typeof first === 'number' || /^\d+$/.test(String(first))) {
    return { port: Number(first), ...(typeof second === 'string' ? { host: second } : {}) }
  }
  return undefined
}

/** The arguments of a call with other options. */
function withOptions(args: readonly unknown[], options: TcpNetConnectOpts): unknown[] {
  const [first, second] = args
  if (Array.isArray(first)) {
    // Node.js knows its own list by a symbol on it.
    first[0] = options
    return [...args]
  }
  const rest = typeof first === 'object' ? args.slice(1) : args.slice(typeof second === 'string' ? 2 : 1)
  return [options, ...rest]
}

type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void
interface Lookup {
  readonly all?: boolean
}

const isAll = (options: unknown): boolean => (options as Lookup | undefined)?.all === true
const answer: LookupAddress = { address: standIn, family: 4 }

const lookup = dns.lookup as (...args: unknown[]) => void
const lookupHere = (host: string, ...rest: unknown[]): void => {
  if (!isVendorHost(String(host))) return lookup(host, ...rest)
  const callback = rest.at(-1) as Callback
  process.nextTick(() => (isAll(rest[0]) ? callback(null, [answer]) : callback(null, answer.address, answer.family)))
}
// With the marks by which `util.promisify` knows what to answer.
dns.lookup = Object.defineProperties(lookupHere, Object.getOwnPropertyDescriptors(lookup)) as typeof dns.lookup

const lookupPromise = dns.promises.lookup as (host: string, options?: unknown) => Promise<unknown>
dns.promises.lookup = (async (host: string, options?: unknown) => {
  if (!isVendorHost(String(host))) return lookupPromise(host, options)
  return isAll(options) ? [answer] : answer
}) as typeof dns.promises.lookup

type Environment = Readonly<Record<string, string | undefined>>

/** The variables that loaded this hook, as they were when the process began. */
const leading = Object.fromEntries(leadingVariables.map((name) => [name, process.env[name]]))

/** An environment that the program made for a process or a worker, with the hook added. */
function led(environment: Environment): Environment {
  const { NODE_OPTIONS: options = '' } = environment
  if (options.includes(url)) return environment
  return { ...leading, ...environment, NODE_OPTIONS: `${options} --import=${url}`.trimStart() }
}

/** The same options, with such an environment, if there is one among them. */
function withLedEnvironment<Options>(options: Options): Options {
  if (typeof options !== 'object' || options === null || !('env' in options)) return options
  const { env } = options
  return typeof env === 'object' && env !== null ? { ...options, env: led(env as Environment) } : options
}

/**
 * Code that loads this file before it does anything else, whether it is CommonJS or an ES module; on the same line, so that
 * errors name the right one. Node.js before 20.19 cannot require an ES module, and goes on without.
 */
function withHook(code: string): string {
  const file = JSON.stringify(fileURLToPath(url))
  const strict = /^\s*['"]use strict['"]/.exec(code)?.[0] ?? ''
  const load =
    `{const {emitWarning}=process;process.emitWarning=()=>{};try{globalThis[Symbol.for(${JSON.stringify(ownUrl.description)})]=` +
    `${JSON.stringify(url)};process.getBuiltinModule("node:module").createRequire(${file})(${file})}catch{}` +
    'process.emitWarning=emitWarning}'
  return `${strict === '' ? '' : `${strict};`}${load};${code}`
}

const { Worker } = workerThreads
workerThreads.Worker = class extends Worker {
  static override readonly name = 'Worker'

  constructor(file: string | URL, options?: WorkerOptions) {
    const isCode = options?.eval === true && typeof file === 'string'
    super(isCode ? withHook(file) : file, withLedEnvironment(options))
  }
}

// What starts a process and does not wait for its end goes through this one.
interface Spawning {
  spawn: (this: unknown, options: { envPairs?: readonly string[] }) => unknown
}
const spawning = childProcess.ChildProcess.prototype as unknown as Spawning
const { spawn } = spawning
spawning.spawn = function (options) {
  if (options.envPairs === undefined) return spawn.call(this, options)
  const pairs = options.envPairs.map((pair) => pair.split(/=([^]*)/, 2) as [string, string])
  const environment = Object.entries(led(Object.fromEntries(pairs)))
  const envPairs = environment.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`)
  return spawn.call(this, { ...options, envPairs })
}

const waiting = childProcess as unknown as Record<string, (...args: unknown[]) => unknown>
for (const name of ['spawnSync', 'execFileSync', 'execSync']) {
  const start = waiting[name]!
  waiting[name] = (...args) => start(...args.map(withLedEnvironment))
}

// So that `import { connect } from 'node:net'` and its like find what is here.
syncBuiltinESMExports()
