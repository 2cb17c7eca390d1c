// The recipes for test frameworks, copied into an empty folder as a user would copy them, and run by the real runners.
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/base/package.ts'
import { cli } from '../program.ts'

// Outside of the checkout, so that a runner finds no settings of ours.
const folder = mkdtempSync(join(tmpdir(), 'bytenite-emulator-recipes-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
cpSync(join(packageRoot, 'examples', 'recipes'), folder, { recursive: true })

const modules = join(folder, 'node_modules')
mkdirSync(join(modules, '@jest'), { recursive: true })
mkdirSync(join(modules, '.bin'))
symlinkSync(packageRoot, join(modules, 'bytenite-emulator'))
symlinkSync(cli, join(modules, '.bin', 'bytenite-emulator'))
for (const name of ['@jest/globals', 'jest', 'tap', 'vitest']) {
  symlinkSync(join(packageRoot, 'node_modules', name), join(modules, name))
}
const bin = (name: string): string => join(packageRoot, 'node_modules', '.bin', name)

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0
const noCurl = works('curl', '--version') ? false : 'curl is not installed'
const noPytest = works('python3', '-c', 'import pytest, requests')
  ? false
  : 'Python, pytest or requests is not installed'

interface Recipe {
  readonly folder: string
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  readonly skip?: string | false
  /** How the runner says that three tests ran and passed; tap and the shell count four checks. */
  readonly said: RegExp
}

const python = ['python3', '-B', '-m', 'pytest', '-p', 'no:cacheprovider'] as const
const recipes: readonly Recipe[] = [
  { folder: 'node-test', command: [process.execPath, '--test'], said: /^(# |ℹ )pass 3$/m },
  {
    folder: 'tap',
    command: [bin('tap'), '--disable-coverage', '--reporter=tap'],
    said: /^# \{ total: 4, pass: 4 \}$/m,
  },
  { folder: 'vitest', command: [bin('vitest'), 'run'], env: { NO_COLOR: '1' }, said: /^ +Tests +3 passed \(3\)$/m },
  {
    folder: 'jest',
    command: [bin('jest'), '--cacheDirectory', join(folder, 'jest-cache')],
    env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
    said: /^Tests: +3 passed, 3 total$/m,
  },
  { folder: 'pytest', command: python, said: /^=+ 3 passed in /m, skip: noPytest },
  { folder: 'shell', command: ['./render.test.sh'], said: /^(ok \d .*\n){4}1\.\.4$/m, skip: noCurl },
]

/** The processes that inherited a variable, on Linux. One that has ended has none any more. */
const heirsOf = (variable: string): string[] =>
  readdirSync('/proc').filter((id) => {
    try {
      return /^\d+$/.test(id) && readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(variable)
    } catch {
      return false
    }
  })

for (const recipe of recipes) {
  void t.test(recipe.folder, { skip: recipe.skip ?? false }, async (t) => {
    const [command, ...args] = recipe.command
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NO_PROXY: '127.0.0.1',
      npm_config_offline: 'true',
      RECIPE_FOLDER: join(folder, recipe.folder),
      ...recipe.env,
    }
    const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) =>
      execFile(command, args, { cwd: join(folder, recipe.folder), env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: `${stdout}\n${stderr}` }),
      ),
    )
    t.equal(code, 0, 'the runner is content')
    // The output is complete once everybody who could write to it has ended.
    if (process.platform === 'linux') t.strictSame(heirsOf(`RECIPE_FOLDER=${env.RECIPE_FOLDER}`), [], 'nobody is left')
    if (!t.match(output, recipe.said)) t.comment(output)
  })
}
