import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { client } from '../emulator.ts'
import { run, sentence } from '../program.ts'
import { begun, blockFolder, isAlive, jobs, temporary, until } from '../runner/blocks.ts'

const app = `const text = readFileSync(join(env.TASK_DIR, 'data.bin'), 'utf8')
  const { prefix = '', failing } = JSON.parse(env.APP_PARAMS)
  console.log('read', text.length)
  if (failing === true) process.exit(9)
  writeFileSync(join(env.TASK_RESULTS_DIR, 'out.txt'), prefix + text)`

void t.test('run: a template once, without a server', async (t) => {
  const apps = blockFolder(t, { app })
  const cwd = temporary(t)
  writeFileSync(join(cwd, 'notes.txt'), 'hello')
  const once = async (...flags: string[]) => {
    const program = run(t, ['run', 'work', '--apps', apps, ...flags], { cwd })
    const { code } = await program.exit
    return { code, stdout: program.stdout(), stderr: program.stderr() }
  }

  await t.test('writes the results, and shows the logs', async (t) => {
    const { code, stdout, stderr } = await once('--source', 'notes.txt', '--param', 'app.prefix=well, ', '--out', 'a/b')
    t.equal(code, 0, stderr)
    t.equal(readFileSync(join(cwd, 'a', 'b', 'out.txt'), 'utf8'), 'well, hello')
    t.equal(stdout, `${join('a', 'b', 'out.txt')}\n`)
    t.match(stderr, /^task 0 {6}\| read 5$/m)
    const again = await once('--out', 'a/b')
    t.equal(again.code, 1)
    t.match(sentence(again.stderr), '--out "a/b" holds files already; name a new folder')
  })

  await t.test('exits with 1 if the job fails, with its reason', async (t) => {
    const { code, stderr } = await once('--param', 'app.failing=true', '--out', 'none')
    t.equal(code, 1)
    t.match(stderr, /^bytenite-emulator: the job failed: task of chunk 0 exited with code 9$/m)
    t.notOk(existsSync(join(cwd, 'none')))
  })

  await t.test('says what is wrong with the call', async (t) => {
    symlinkSync(join(cwd, 'none', 'at all'), join(cwd, 'dangling'))
    const wrong: readonly [string[], number, RegExp][] = [
      [['--param', 'case=upper'], 2, /--param "case=upper": expected SECTION\.NAME=VALUE/],
      [['--source', 'nope.txt'], 1, /--source "nope\.txt" is not a file/],
      [
        ['--out', 'notes.txt'],
        1,
        /--out "notes\.txt" is, or lies below, a file or a link to nothing; name a new folder/,
      ],
      [['--out', 'notes.txt/sub/a'], 1, /--out "notes\.txt\/sub\/a" lies below a file; name a new folder/],
      [['--out', 'dangling'], 1, /--out "dangling" is, or lies below, a file or a link to nothing; name a new folder/],
      [
        ['--out', 'dangling/a'],
        1,
        /--out "dangling\/a" is, or lies below, a file or a link to nothing; name a new folder/,
      ],
    ]
    for (const [flags, code, expected] of wrong) {
      const found = await once(...flags)
      t.equal(found.code, code)
      t.match(sentence(found.stderr), expected, 'and no block has run')
    }
    const unknown = run(t, ['run', 'nope', '--apps', apps], { cwd })
    t.equal((await unknown.exit).code, 1)
    t.equal(
      sentence(unknown.stderr()),
      'bytenite-emulator: template "nope" does not exist; it must be in a folder of --apps',
    )
    const builtIn = run(t, ['run', 'img-gen-diffusers', '--apps', apps], { cwd })
    t.equal((await builtIn.exit).code, 1)
    t.match(
      sentence(builtIn.stderr()),
      /template "img-gen-diffusers" has nothing to run: its app img-gen-diffusers is in no/,
    )
  })

  await t.test('--keep leaves the folder in which the blocks worked', async (t) => {
    const { code, stderr } = await once('--keep', '--out', 'kept')
    t.equal(code, 0)
    const folder = /^kept: (.+)$/m.exec(stderr)![1]!
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    t.ok(existsSync(join(folder, 'code', 'app', 'main.mjs')))
  })
})

void t.test('run: a signal ends it, and its folders go', async (t) => {
  const apps = blockFolder(t, { app: "console.log('asleep')\nsetInterval(() => {}, 1e6)" })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const cwd = temporary(t)
    const program = run(t, ['run', 'work', '--apps', apps], {
      cwd,
      env: { TMPDIR: cwd, NODE_DISABLE_COMPILE_CACHE: '1' },
    })
    await until(() => program.stderr().includes('asleep'))
    t.not(readdirSync(cwd).length, 0)
    program.child.kill(signal)
    t.strictSame(await program.exit, { code, signal: null })
    t.strictSame(readdirSync(cwd), [])
    t.notMatch(program.stderr(), /bytenite-emulator:/)
  }
})

void t.test(
  'an emulator that is killed takes its blocks with it, and the job has failed after the next start',
  async (t) => {
    const data = temporary(t)
    const pids = join(data, 'pids')
    const apps = blockFolder(t, {
      app: `process.on('SIGTERM', () => {})
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' })
      writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid + '\\n')
      setInterval(() => {}, 1e6)`,
    })
    const flags = ['--port', '0', '--data', join(data, 'db')]
    const first = run(t, [...flags, '--apps', apps, '--run-apps', 'process'])
    const id = await begun(client(await first.ready))
    const written = (): string => (existsSync(pids) ? readFileSync(pids, 'utf8') : '')
    await until(() => written().endsWith('\n'))
    first.child.kill('SIGKILL')
    await first.exit
    await until(() => !written().trim().split(' ').map(Number).some(isAlive))

    const second = run(t, flags)
    const { body } = await client(await second.ready)('GET', `${jobs}/${id}`)
    t.match(body.job, { state: 'JOB_STATE_FAILED', errorMessage: 'the emulator ended while this job ran' })
    t.notOk(existsSync(join(data, 'db', 'emulator-runs')))
  },
)
