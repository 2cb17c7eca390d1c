import { join } from 'node:path'
import { build } from 'esbuild'

/** @typedef {import('./processes.js').Program} Program */
/** @typedef {{ route: string, hello: string }} Bare the bundles of the bare programs */

const root = join(import.meta.dirname, '..')

/**
 * Bundles the bare programs in the way the emulator is, so that neither side owes its time to that.
 *
 * @param {string} folder
 * @returns {Promise<Bare>}
 */
export async function bundleBare(folder) {
  await build({
    absWorkingDir: root,
    entryPoints: ['bench/bare-route.js', 'bench/bare-hello.js'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return { route: join(folder, 'bare-route.mjs'), hello: join(folder, 'bare-hello.mjs') }
}

/**
 * @param {string[]} args
 * @param {string} path
 * @param {number} port
 * @returns {Program}
 */
const node = (args, path, port) => ({ command: process.execPath, args, path, port })

/**
 * The emulator as users start it.
 *
 * @param {string} data
 * @param {number} port
 * @param {string} checkout whose build is started
 */
export const emulator = (data, port, checkout = root) =>
  node([join(checkout, 'dist', 'cli.js'), 'start', '--port', String(port), '--data', data], '/_emulator/health', port)

export const bareRoute = (/** @type {Bare} */ bare, /** @type {string} */ answerFile, /** @type {number} */ port) =>
  node([bare.route, String(port), answerFile], '/', port)

/** From `node_modules`, as an application has it. */
export const bareHello = (/** @type {number} */ port) =>
  node([join(import.meta.dirname, 'bare-hello.js'), String(port)], '/', port)

export const bundledHello = (/** @type {Bare} */ bare, /** @type {number} */ port) =>
  node([bare.hello, String(port)], '/', port)
