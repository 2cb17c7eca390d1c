import { rmSync, writeFileSync } from 'node:fs'
import { whyNotWritten } from '../base/file-problems.ts'
import { settingsInForce } from '../settings/in-force.ts'
import { type Flags, serviceSettings, type Settings } from '../settings/settings.ts'
import { type Emulator, startEmulator } from '../index.ts'
import { loggerOptions } from '../settings/log.ts'
import { seedFilesIn } from '../settings/seed-files.ts'
import { parentEnded } from './parent.ts'

interface Given {
  readonly flags: Flags
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Runs the emulator until it is interrupted.
 *
 * @param stopped resolves at SIGINT, SIGTERM, SIGHUP or SIGQUIT
 * @param given where the settings were read from, to be told of
 * @throws Error that says in a sentence why it cannot start
 */
export async function start(settings: Settings, stopped: Promise<void>, { flags, environment }: Given): Promise<void> {
  const { port, host, data, inMemory, apiKey, portFile } = settings
  const logLevel = settings.silent ? 'silent' : (settings.logLevel ?? (process.stderr.isTTY ? 'info' : 'warn'))
  const seeds = seedFilesOf(settings)
  const ended = settings.exitWithParent ? Promise.race([stopped, parentEnded()]) : stopped
  const emulator = await startEmulator({
    port,
    host,
    data: inMemory ? null : data,
    ...(seeds.length === 0 ? {} : { seed: seeds }),
    ...serviceSettings(settings),
    apiKeys: apiKey,
    inForce: settingsInForce({ ...settings, logLevel }, flags, environment),
    logger: loggerOptions(logLevel, settings.logFormat),
    keepAlive: true,
  }).catch((error: unknown) => {
    throw listenFailure(error, port, host)
  })

  if (portFile !== undefined) await writePortFile(portFile, emulator)
  if (!settings.silent) process.stderr.write(hints(emulator, settings))
  process.stdout.write(`bytenite-emulator ready at ${emulator.url}\n`)

  await ended
  await emulator.close()
  if (portFile !== undefined) rmSync(portFile, { force: true })
}

/** Seed files in the order in which they are read. */
const seedFilesOf = ({ init, seed }: Settings): string[] => [
  ...(init === undefined ? [] : seedFilesIn(init)),
  ...(seed === undefined ? [] : [seed]),
]

async function writePortFile(file: string, emulator: Emulator): Promise<void> {
  try {
    writeFileSync(file, `${emulator.port}\n`)
  } catch (error) {
    await emulator.close()
    throw new Error(`cannot write the port file ${file}: ${whyNotWritten(error)}`, { cause: error })
  }
}

const hints = ({ url, apiKey }: Emulator, { data, inMemory }: Settings): string =>
  `API        ${url}/v1\nAPI key    ${apiKey}\nData       ${inMemory ? 'in memory' : data}\nInspector  ${url}/_emulator/\nDocs       ${url}/v1/customer/docs/\n` +
  `Try        curl ${url}/v1/customer/jobs -H 'Authorization: ${apiKey}'\n`

function listenFailure(error: unknown, port: number, host: string): Error {
  const code = (error as { code?: string }).code
  if (code === 'EADDRINUSE') {
    return new Error(`port ${port} on ${host} is taken; choose another with --port, or --port 0 for a free one`)
  }
  if (code === 'EACCES') return new Error(`port ${port} is not allowed to you; choose one above 1023 with --port`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Error(`--host ${JSON.stringify(host)} is not an address of this machine; use 127.0.0.1 or 0.0.0.0`)
  }
  return error instanceof Error ? error : new Error(String(error))
}
