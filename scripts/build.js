// Builds dist/: one bundle for the command line and the fixture, and one for the hook of `exec`; with `--types`, their declarations, too. `--if-stale` builds
// only what is older than its sources.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

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
const built = join(dist, 'cli.js')
if (process.argv.includes('--if-stale') && existsSync(built)) {
  if (statSync(built).mtimeMs > Math.max(...sources.map(newest))) process.exit(0)
}

rmSync(dist, { recursive: true, force: true })
/** @satisfies {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Smaller, but with the names that stack traces show.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
}
// By itself, as it is loaded into other people's programs.
await build({ ...common, entryPoints: ['src/intercept.ts'] })
await build({
  ...common,
  entryPoints: ['src/cli.ts', 'src/index.ts'],
  splitting: true,
  // Native, or rarely needed and large.
  external: ['better-sqlite3', 'better-sqlite3-napi', '@fastify/swagger', '@fastify/swagger-ui', 'node-forge'],
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
})

if (process.argv.includes('--types')) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
