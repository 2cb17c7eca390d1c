import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, start } from './processes.js'

export const howToAddPrism =
  'Prism was not compared. To add it: npm install --prefix FOLDER @stoplight/prism-cli, then\n' +
  'BENCH_PRISM=FOLDER/node_modules/.bin/prism npm run bench'

/** @returns {string | undefined} the command, where Prism is installed */
export function findPrism() {
  const { BENCH_PRISM: given } = process.env
  if (given !== undefined) {
    if (!existsSync(given)) throw new Error(`BENCH_PRISM: ${given} does not exist`)
    return given
  }
  try {
    const path = execFileSync('npx', ['--no-install', 'sh', '-c', 'command -v prism'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    }).trim()
    return path === '' ? undefined : path
  } catch {
    return undefined
  }
}

/**
 * Starts Prism with the emulator's own OpenAPI document, its log at errors. Paths are those of the document, without its base.
 *
 * @param {string} prism
 * @param {number} emulatorPort
 * @param {string} folder
 */
export async function startPrism(prism, emulatorPort, folder) {
  const response = await fetch(`http://127.0.0.1:${emulatorPort}/v1/customer/docs/swagger.json`, {
    signal: AbortSignal.timeout(10_000),
  })
  const file = join(folder, 'openapi.json')
  writeFileSync(file, await response.text())
  const port = await freePort()
  const args = ['mock', '-v', 'error', '-h', '127.0.0.1', '-p', String(port), file]
  // A path that the document does not have: no answer of Prism's is simpler to ask for.
  return start({ command: prism, args, path: '/', port, status: 404 })
}
