import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')

/** Stands in for the plugins that are left out: it only gives requests a place for their exchange. */
const stubs = {
  exchange: `export function beginExchanges(app) {
    const exchange = {}
    app.decorateRequest('exchange', { getter: () => exchange })
    app.decorateRequest('noteExchange', () => undefined)
  }`,
  journal: 'export function registerJournal() {}',
  faults: 'export function registerFaults() {}',
}

/**
 * Bundles a program of this folder together with the emulator, in the way the emulator itself is bundled.
 *
 * @param {string} folder where to; it gets what the emulator looks for beside itself
 * @param {string} entry
 * @param {{ without?: boolean }} options `without`: the emulator has no journal and no faults
 * @returns {Promise<string>} the file to run
 */
export async function bundleVariant(folder, entry, { without = false } = {}) {
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  for (const name of ['migrations', 'node_modules']) symlinkSync(join(root, name), join(folder, name))
  const outfile = join(folder, 'program.mjs')
  await build({
    absWorkingDir: root,
    entryPoints: [join('bench', entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    external: ['better-sqlite3', 'better-sqlite3-napi', '@fastify/swagger', '@fastify/swagger-ui'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
    plugins: without ? [leaveOut] : [],
  })
  return outfile
}

/** @type {import('esbuild').Plugin} */
const leaveOut = {
  name: 'without journal and faults',
  setup({ onLoad }) {
    for (const [name, contents] of Object.entries(stubs)) {
      onLoad({ filter: new RegExp(`src/plugins/${name}\\.ts$`) }, () => ({ contents, loader: 'js' }))
    }
  },
}
