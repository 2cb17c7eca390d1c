// Builds dist/: a bundle for the command line and the fixture, one for the hook of `exec`, and the schemas; with `--types`, their
// declarations, too. `--if-stale` builds only what is older than its sources.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, transform } from 'esbuild'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** @param {string} path */
function newest(path) {
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return mtimeMs
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

const sources = ['src', 'schemas', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'].map((name) =>
  join(root, name),
)
const withTypes = process.argv.includes('--types')
const last = join(dist, withTypes ? 'index.d.ts' : 'cli.js')
if (process.argv.includes('--if-stale') && existsSync(last)) {
  if (statSync(last).mtimeMs > Math.max(...sources.map(newest))) process.exit(0)
}

/**
 * Shortens names inside of other people's modules; ours stay as stack traces are to show them. `keepNames` would do the same to
 * all, but makes the start slower by a tenth of a second.
 */
const shorterPackages = {
  name: 'shorter-packages',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => ({
      contents: (await transform(readFileSync(path), { minifyIdentifiers: true, legalComments: 'inline' })).code,
    }))
  },
}

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
}
const schemas = readdirSync(join(root, 'schemas')).map((file) => basename(file, '.ts'))

rmSync(dist, { recursive: true, force: true })
await Promise.all([
  // The page that browsers load.
  build({
    ...common,
    platform: 'browser',
    target: 'es2022',
    minifyIdentifiers: true,
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryPoints: [
      'src/inspector/main.tsx',
      'src/inspector/main.css',
      'src/inspector/icon.svg',
      'src/inspector/index.html',
    ],
    loader: { '.svg': 'copy', '.html': 'copy' },
    outdir: 'dist/inspector',
  }),
  // By itself, as it is loaded into other people's programs.
  build({
    ...common,
    entryPoints: ['src/exec/intercept/node-hook.ts', 'src/exec/intercept/sitecustomize.py'],
    loader: { '.py': 'copy' },
    outdir: 'dist',
  }),
  build({
    ...common,
    entryPoints: ['src/cli.ts', 'src/index.ts', 'src/testcontainers.ts'],
    outdir: 'dist',
    splitting: true,
    legalComments: 'linked',
    plugins: [shorterPackages],
    // Native, or rarely needed and large.
    external: ['better-sqlite3', 'better-sqlite3-napi', '@fastify/swagger', '@fastify/swagger-ui', 'node-forge'],
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  }),
  build({
    ...common,
    entryPoints: schemas.map((name) => `schemas/${name}.ts`),
    outdir: 'dist/schemas',
    splitting: true,
    // Whoever reads schemas has TypeBox of their own: two copies of it would not know each other's types.
    external: ['@sinclair/typebox'],
  }),
])

if (withTypes) {
  const { writeDeclarations } = await import('./declarations.js')
  await writeDeclarations(root, dist, ['index', 'testcontainers'], schemas)
}
