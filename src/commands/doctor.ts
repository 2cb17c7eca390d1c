import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { release } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { json } from 'node:stream/consumers'
import type { Health } from '../../schemas/control.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { environmentNameOf, settingNames, type Settings } from '../settings/settings.ts'
import { packageRoot, version } from '../base/package.ts'
import { peekDatabase } from '../store/database.ts'
import { loadDriver } from '../store/driver.ts'
import { formatTimestamp, parseTimestamp } from '../base/timestamps.ts'
import { directAgent, reachableHost } from '../base/address.ts'
import { addressOf } from './address.ts'
import { checkBlocks } from './doctor-blocks.ts'
import { counted } from '../base/plain-text.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import { print } from './reach.ts'
import type { Invocation } from './subcommand.ts'

/**
 * Checks what can keep the emulator from running here, and clients from reaching it.
 *
 * @throws Error if there is a problem, after all of them were printed
 */
export async function doctor(invocation: Invocation): Promise<void> {
  const { settings, environment, options } = invocation
  const { health: running, problem: sick } = settings.port === 0 ? {} : await healthAt(addressOf(settings, null))
  const findings = [
    checkNode(process.versions.node),
    checkDriver(),
    sick === undefined ? await checkPort(settings, running) : problem(sick),
    checkData(settings, running),
    ...checkProxies(environment, settings.host),
    checkClock(systemClock(), running),
    ...(await checkBlocks(settings)),
  ]
  if (options['json'] === true)
    print(JSON.stringify({ ...facts(invocation), emulator: running ?? null, findings }, null, 2))
  else for (const { verdict, text } of findings) print(`${verdict.padEnd(7)}  ${text}`)
  const problems = findings.filter(({ verdict }) => verdict === 'problem').length
  if (problems > 0) throw new Error(`${counted(problems, 'problem')} found`)
}

/** Variables that change how clients and the emulator find each other, besides those of the settings. */
const telling = /^(?:https?_proxy|all_proxy|no_proxy|bytenite_\w+|node_options|node_extra_ca_certs|ci)$/i

/** Facts that a bug report needs: versions, and the settings with their origin. Secrets are masked. */
function facts({ settings: read, environment, options }: Invocation) {
  const settings = settingNames.map((name) => {
    const from = options[name] !== undefined ? 'flag' : environment[environmentNameOf(name)] ? 'environment' : 'default'
    // Settings that only `start` reads are shown as they were given, whether they are right or not.
    const text = from === 'environment' ? environment[environmentNameOf(name)] : undefined
    const keys = text?.split(',').map((entry) => `***${entry.slice(entry.lastIndexOf('='))}`) ?? []
    const value: unknown = name === 'apiKey' ? keys : (text ?? read[name])
    return [name, { value: value ?? null, from }] as const
  })
  const variables = Object.entries(environment)
    .filter(([name, value]) => telling.test(name) && value)
    .map(([name, value]) => [name, /key|token|secret/i.test(name) ? '***' : value!.replace(/\/\/[^@/]*@/g, '//***@')])
  return {
    version,
    node: process.versions.node,
    sqlite: driverName(),
    platform: `${process.platform} ${process.arch}`,
    release: release(),
    settings: Object.fromEntries(settings),
    environment: Object.fromEntries(variables) as Readonly<Record<string, string>>,
  }
}

/** The package that SQLite comes from here, or null if none loads. */
function driverName(): string | null {
  try {
    return loadDriver().name
  } catch {
    return null
  }
}

function checkNode(node: string): Finding {
  const { engines } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    engines: { node: string }
  }
  const numbers = node.split('.').map(Number)
  const isIn = (range: string): boolean =>
    range.split(' ').every((condition) => {
      const [, sign, wanted = ''] = /^(>=|<)(.*)$/.exec(condition) ?? []
      const [major = 0, minor = 0] = wanted.split('.').map(Number)
      const isAtLeast = numbers[0]! > major || (numbers[0] === major && numbers[1]! >= minor)
      return sign === '>=' ? isAtLeast : !isAtLeast
    })
  return engines.node.split(' || ').some(isIn)
    ? ok(`Node.js ${node}`)
    : problem(`Node.js ${node} is not supported: use one that fits ${engines.node}`)
}

function checkDriver(): Finding {
  try {
    return ok(`SQLite loads (${loadDriver().name})`)
  } catch (error) {
    return problem((error as Error).message)
  }
}

/** The health of the emulator at an address, or its problem; neither if there is none. */
function healthAt(url: string): Promise<{ readonly health?: Health; readonly problem?: string }> {
  return new Promise((resolve) => {
    const request = get(`${url}/_emulator/health`, { timeout: 2000, agent: directAgent }, (response) => {
      json(response).then(
        (body) => {
          const { status, message } = body as Partial<Health> & { message?: string }
          if (status === 'ok') resolve({ health: body as Health })
          else resolve(response.statusCode === 503 && message !== undefined ? { problem: message } : {})
        },
        () => resolve({}),
      )
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve({}))
  })
}

async function checkPort({ host, port }: Settings, running: Health | undefined): Promise<Finding> {
  if (running !== undefined) {
    const found = `bytenite-emulator ${running.version} answers on port ${port}`
    return running.version === version
      ? ok(found)
      : warning(`${found}, and this is ${version}: stop that one, or choose another with --port`)
  }
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer()
    server.once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
  if (code === undefined) {
    return ok(port === 0 ? `port 0: any free port on ${host} is picked` : `port ${port} on ${host} is free`)
  }
  if (code === 'EADDRINUSE') {
    return problem(`port ${port} on ${host} is taken by another program: choose another with --port`)
  }
  return problem(`port ${port} on ${host} cannot be listened on (${code}): choose another with --port or --host`)
}

function checkData({ data, inMemory }: Settings, running: Health | undefined): Finding {
  if (inMemory) return ok('data is kept in memory')
  const folder = resolve(data)
  let existing = folder
  while (!existsSync(existing)) existing = dirname(existing)
  try {
    accessSync(existing, constants.W_OK)
  } catch {
    return problem(`data directory ${data} cannot be written to: choose another with --data, or use --in-memory`)
  }
  if (!statSync(existing).isDirectory()) {
    return problem(`data directory ${data}: ${existing} is a file: choose another with --data`)
  }
  if (existing !== folder) return ok(`data directory ${data} will be made`)
  const location = running?.database.location
  if (location !== undefined && location !== ':memory:' && dirname(resolve(location)) === folder) {
    return ok(`data directory ${data} is used by the emulator that answers`)
  }
  try {
    const schema = peekDatabase(folder)
    return ok(`data directory ${data} can be written to${schema === undefined ? '' : `, and its database be read`}`)
  } catch (error) {
    return problem((error as Error).message)
  }
}

/** Clients send requests to this machine through a proxy, if variables name one without an exception. */
function checkProxies(environment: Invocation['environment'], host: string): Finding[] {
  const lookUp = (name: string): string => environment[name.toLowerCase()] || environment[name] || ''
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].filter((name) => lookUp(name) !== '')
  if (proxies.length === 0) return [ok('no proxy variables are set')]
  const spared = lookUp('NO_PROXY').split(/[\s,]+/)
  const address = reachableHost(host)
  if (spared.includes('*') || spared.some((name) => name === address || name === 'localhost')) {
    return [ok(`${proxies.join(', ')} set, but NO_PROXY spares this machine`)]
  }
  return [
    warning(
      `${proxies.join(', ')} set: clients may look for ${address} behind the proxy: ` +
        `export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost`,
    ),
  ]
}

const earliest = parseTimestamp('2025-01-01T00:00:00Z')!
const latest = parseTimestamp('2100-01-01T00:00:00Z')!

function checkClock(clock: Clock, running: Health | undefined): Finding {
  // An emulator of another version may not tell.
  const ahead = running?.worldsAhead ?? []
  if (ahead.length > 0) {
    const [named, more] = [ahead.slice(0, 5), ahead.length - 5]
    const worlds = named.map(({ world, seconds }) => `${world} (${seconds.toFixed(1)} s)`).join(', ')
    return warning(
      `worlds are ahead of this machine, whose clock was set back: ${worlds}${more > 0 ? ` and ${more} more` : ''}; ` +
        'their clocks continue from the last time that they showed; reset corrects a world',
    )
  }
  const now = clock.now()
  return now >= earliest && now < latest
    ? ok(`the clock says ${formatTimestamp(now)}`)
    : warning(`the clock says ${formatTimestamp(now)}: set it, or tokens and links will have odd dates`)
}
