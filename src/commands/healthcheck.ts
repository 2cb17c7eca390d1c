import { clearTimeout, setTimeout } from '../base/timers.ts'
import { get } from 'node:http'
import type { Settings } from '../settings/settings.ts'
import { directAgent } from '../base/address.ts'
import { addressOf } from './address.ts'

/** Milliseconds after which an emulator that does not answer counts as unhealthy. */
const patience = 2000

/**
 * Asks the emulator on this machine whether it is well.
 *
 * @throws Error if it is not, or not there
 */
export async function healthcheck(settings: Pick<Settings, 'host' | 'port'>): Promise<void> {
  const url = `${addressOf(settings, null)}/_emulator/health`
  const status = await statusOf(url).catch((error: unknown) => {
    throw new Error(`no emulator answers at ${url}; start one with "bytenite-emulator", or say where with --port`, {
      cause: error,
    })
  })
  if (status === 503)
    throw new Error(`the emulator at ${url} stores nothing: its database was removed or replaced; start it again`)
  if (status !== 200) throw new Error(`the emulator at ${url} answered ${status}`)
}

/** By node:http, as a container asks every few seconds and loading `fetch` costs more than the question. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: directAgent }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), patience)
    request.once('close', () => clearTimeout(timer))
    request.once('error', reject)
  })
}
