// Builds dist/ for installs from git, which hold the sources alone. npm runs this after every install in a checkout, too: `npm ci`
// need not wait for it, as `npm start` and `npm test` build what they need.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'

if (process.env['npm_command'] !== 'ci') {
  try {
    createRequire(import.meta.url).resolve('esbuild')
    const build = join(import.meta.dirname, 'build.js')
    process.exitCode = spawnSync(process.execPath, [build, '--types', '--if-stale'], { stdio: 'inherit' }).status ?? 1
  } catch {
    console.warn('dist/ is not built: that takes the development dependencies')
  }
}
