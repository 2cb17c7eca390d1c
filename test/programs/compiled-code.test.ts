// The compiled code that a process leaves for those after it, and who is trusted with it.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import t, { type Test } from 'tap'
import { packageRoot } from '../../src/base/package.ts'

const dist = join(packageRoot, 'dist')
const longAgo = new Date('2025-05-20')

/** A folder with two modules and a program that loads them with their compiled code kept, and a folder for temporary files. */
function setUp(t: Test) {
  const dir = t.testdir({
    modules: {
      'a.cjs': "module.exports = ['one', require('./b.cjs')]",
      'b.cjs': "module.exports = __filename + 'two'",
    },
    'other.cjs': "module.exports = 'other'",
    'program.cjs': `
      const end = require(${JSON.stringify(join(dist, 'compiled-code.cjs'))}).keepModules(__dirname + '/modules')
      const all = [require('./modules/a.cjs'), require('./other.cjs')]
      end()
      console.log(JSON.stringify(all))`,
    temporary: {},
  })
  const temporary = join(dir, 'temporary')
  const run = (program = join(dir, 'program.cjs'), env: Record<string, string> = {}): string => {
    const { stdout, stderr } = spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], TMPDIR: temporary, ...env },
    })
    t.equal(stderr, '')
    return stdout
  }
  /** The file with the compiled code, made to look old, so that a test sees when it is written again. */
  const file = (): string => {
    const [folder, ...others] = readdirSync(temporary)
    t.strictSame(others, [])
    const [name, ...more] = readdirSync(join(temporary, folder!))
    t.strictSame(more, [])
    const path = join(temporary, folder!, name!)
    utimesSync(path, longAgo, longAgo)
    return path
  }
  const isOld = (path: string): boolean => statSync(path).mtime.getTime() === longAgo.getTime()
  const said = JSON.stringify([['one', `${join(dir, 'modules', 'b.cjs')}two`], 'other'])
  return { dir, temporary, run, file, isOld, said: `${said}\n` }
}

void t.test('is kept by one process and taken by the next', async (t) => {
  const { dir, temporary, run, file, isOld, said } = setUp(t)
  t.equal(run(), said)
  const path = file()
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  t.equal(run(), said)
  t.ok(isOld(path), 'nothing was compiled anew')

  await t.test('but not for a text that is another, of the same length', async (t) => {
    writeFileSync(join(dir, 'modules', 'a.cjs'), "module.exports = ['new', require('./b.cjs')]")
    t.equal(run(), said.replace('one', 'new'))
    t.notOk(isOld(path), 'what was made of it is kept')
  })

  await t.test('nor from a file that is damaged', async (t) => {
    run()
    const path = file()
    const bytes = readFileSync(path)
    bytes.fill(0, Math.floor(bytes.length / 2))
    const other = Buffer.concat([bytes.subarray(0, 40), serialize('text')])
    for (const damaged of [bytes, bytes.subarray(0, 60), Buffer.alloc(0), other]) {
      writeFileSync(path, damaged)
      utimesSync(path, longAgo, longAgo)
      t.equal(run(), said.replace('one', 'new'))
      t.notOk(isOld(path), 'it is made anew')
    }
  })

  await t.test('nor without a folder of temporary files', async (t) => {
    t.equal(run(undefined, { TMPDIR: join(temporary, 'none') }), said.replace('one', 'new'))
    t.equal(readdirSync(temporary).length, 1)
  })
})

void t.test('is taken from nobody else', async (t) => {
  const { temporary, run, said } = setUp(t)
  const folder = join(temporary, `bytenite-emulator-code-${process.getuid!()}`)

  await t.test('if others can write to its folder', async (t) => {
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    t.equal(run(), said)
    t.strictSame(readdirSync(folder), [])
  })

  await t.test('if its folder is a link', async (t) => {
    const { dir, temporary, run, said } = setUp(t)
    mkdirSync(join(dir, 'elsewhere'), { mode: 0o777 })
    symlinkSync(join(dir, 'elsewhere'), join(temporary, `bytenite-emulator-code-${process.getuid!()}`))
    t.equal(run(), said)
    t.strictSame(readdirSync(join(dir, 'elsewhere')), [])
  })
})

void t.test('is not kept if the user says so', async (t) => {
  const { temporary, run, said } = setUp(t)
  t.equal(run(undefined, { NODE_DISABLE_COMPILE_CACHE: '1' }), said)
  t.strictSame(readdirSync(temporary), [])
})

void t.test('is that of the fixture, too', async (t) => {
  const { dir, temporary, run, file, isOld } = setUp(t)
  const script = (name: string, code: string): string => {
    const path = join(dir, name)
    writeFileSync(path, `import { startEmulator } from ${JSON.stringify(join(dist, 'index.js'))}\n${code}`)
    return path
  }
  const load = script('load.mjs', 'console.log(typeof startEmulator)')
  const start = script('start.mjs', 'await (await startEmulator()).close()')

  t.equal(run(load), 'function\n')
  const path = file()
  const { size } = statSync(path)
  t.equal(run(load), 'function\n')
  t.ok(isOld(path))
  run(start)
  t.ok(statSync(path).size > 1.2 * size, 'with the functions of a start')
  file()
  run(start)
  run(load)
  t.ok(isOld(path), 'and it stays')

  // V8 forgets those of a long process, so that its end is no time to keep them.
  rmSync(path)
  const long = `import { existsSync } from 'node:fs'
    await startEmulator({ keepAlive: true })
    while (!existsSync(${JSON.stringify(path)})) await new Promise((resolve) => setTimeout(resolve, 10))
    process.kill(process.pid, 'SIGKILL')`
  run(script('long.mjs', long))
  t.strictSame(readdirSync(temporary).length, 1)
  t.ok(statSync(file()).size > 1.2 * size)
})
