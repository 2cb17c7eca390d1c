import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** @typedef {{ port: number, request: string, values?: string[], connections: number, seconds: number }} Load */
/** @typedef {{ errors: number, firstError?: string, requests: number, perSecond: number, p50: number, p99: number, busy: number }} Outcome */

/**
 * Puts a load on a server from a process of its own.
 *
 * @param {Load} load
 * @returns {Promise<Outcome>}
 * @throws {Error} where one answer was anything but a 200
 */
export async function runLoad(load) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, 'load.js'), JSON.stringify(load)],
    { timeout: (load.seconds + 20) * 1000, killSignal: 'SIGKILL' },
  )
  const outcome = /** @type {Outcome} */ (JSON.parse(stdout))
  if (outcome.errors > 0) throw new Error(`the load met an error: ${outcome.firstError}`)
  return outcome
}
