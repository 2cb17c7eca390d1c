import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { flagOf, environmentNameOf, settingNames } from '../../src/settings/settings.ts'
import { version } from '../../src/base/package.ts'
import { client } from '../emulator.ts'
import { cli, run, sentence, stop } from '../program.ts'

const template = 'hello-world-template'
const jobs = '/v1/customer/jobs'
const memory = ['--port', '0', '--in-memory']

void t.test('start', async (t) => {
  await t.test('says where it answers on the last line of stdout, and nothing else there', async (t) => {
    const program = run(t, memory)
    const url = await program.ready
    t.equal((await client(url)('POST', jobs, { templateId: template })).status, 200)
    t.equal(await client(url, null)('GET', '/nope').then(({ status }) => status), 404)
    t.strictSame(await stop(program), { code: 0, signal: null })
    t.equal(program.stdout(), `bytenite-emulator ready at ${url}\n`)
    t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    t.match(program.stderr(), 'test_default')
  })

  await t.test('keeps its data in ./.bytenite-emulator unless told otherwise', async (t) => {
    const cwd = t.testdir()
    const program = run(t, ['start', '--port', '0'], { cwd })
    await program.ready
    t.ok(existsSync(join(cwd, '.bytenite-emulator', 'emulator.db')))
    await stop(program)
    const other = run(t, ['--port', '0', '--data', 'a/b'], { cwd })
    await other.ready
    t.ok(existsSync(join(cwd, 'a', 'b', 'emulator.db')))
    await stop(other)
    t.strictSame(readdirSync(join(cwd, 'a', 'b')), ['emulator.db'], 'one file is left at the end')
  })

  await t.test('writes its port to --port-file once it answers, and removes it at the end', async (t) => {
    const file = join(t.testdir(), 'port')
    const program = run(t, [...memory, '--port-file', file])
    const url = await program.ready
    t.equal(readFileSync(file, 'utf8'), `${new URL(url).port}\n`)
    await stop(program)
    t.notOk(existsSync(file))

    const nowhere = run(t, [...memory, '--port-file', join(file, 'nope', 'port')])
    t.equal((await nowhere.exit).code, 1)
    t.match(sentence(nowhere.stderr()), /^bytenite-emulator: cannot write the port file .*: its folder does not exist$/)
  })

  await t.test('takes every setting from the environment, and flags before it', async (t) => {
    const seed = join(t.testdir({ 'seed.json': '{"jobs":[{"templateId":"any","jobId":"seeded"}]}' }), 'seed.json')
    const program = run(t, ['--unset', 'emit'], {
      env: {
        BYTENITE_EMULATOR_PORT: '0',
        BYTENITE_EMULATOR_IN_MEMORY: 'true',
        BYTENITE_EMULATOR_TEMPLATES: 'open',
        BYTENITE_EMULATOR_SEED: seed,
        BYTENITE_EMULATOR_API_KEY: 'first==one,second=two',
        BYTENITE_EMULATOR_UNSET: 'omit',
        BYTENITE_EMULATOR_STRICT: '',
        BYTENITE_EMULATOR_LOG_FORMAT: 'json',
        BYTENITE_EMULATOR_LOG_LEVEL: 'info',
      },
    })
    const url = await program.ready
    for (const key of ['first=', 'second']) {
      t.match((await client(url, key)('GET', `${jobs}/seeded`)).body.job, { id: 'seeded', startAt: null })
    }
    await stop(program)
    const lines = program.stderr().split('\n')
    const requests = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    t.match(
      requests.filter(({ msg }) => msg === 'request'),
      Array.from({ length: 2 }, () => ({ level: 30, method: 'GET', url: `${jobs}/seeded`, status: 200 })),
    )
  })

  await t.test('--init: every world starts from the seed files of a folder, in the order of their names', async (t) => {
    const folder = t.testdir({
      '20-jobs.json': '{"jobs":[{"templateId":"mine","jobId":"second"}]}',
      '10-templates.json': '{"templates":[{"id":"mine"}],"jobs":[{"templateId":"mine","jobId":"first"}]}',
      'README.md': 'no seed',
      more: { 'last.json': '{"jobs":[{"templateId":"mine","jobId":"third"}]}' },
    })
    const program = run(t, [...memory, '--seed', join(folder, 'more', 'last.json')], {
      env: { BYTENITE_EMULATOR_INIT: folder },
    })
    const url = await program.ready
    for (const key of ['test_default', 'test_other']) {
      const { body } = await client(url, key)('GET', `${jobs}?pagination.orderBy=createdAt`)
      t.strictSame(body.data.map(({ id }: { id: string }) => id).sort(), ['first', 'second', 'third'])
    }
    await stop(program)

    const bare = run(t, [...memory, '--init', t.testdir({ nothing: {} })])
    t.match((await client(await bare.ready)('GET', jobs)).body.data, [], 'an empty folder is a start from nothing')
    await stop(bare)
  })

  await t.test('--log-format json: a warning is a line of its own', async (t) => {
    const program = run(t, [...memory, '--log-format', 'json'])
    const sent = { templateId: template, nmae: 'x' }
    t.equal((await client(await program.ready)('POST', jobs, sent)).status, 200)
    await stop(program)
    const lines = program.stderr().split('\n')
    const warnings = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    t.match(warnings, [{ level: 40, msg: /^POST \/v1\/customer\/jobs: ignored .*nmae/ }])
    t.strictSame(Object.keys(warnings[0]), ['level', 'time', 'pid', 'hostname', 'msg'])
  })

  await t.test('--silent: nothing but the ready line', async (t) => {
    const program = run(t, [...memory, '--silent', '--log-level', 'trace'])
    const url = await program.ready
    await client(url)('GET', jobs)
    await stop(program)
    t.equal(program.stderr(), '')
  })

  await t.test('--log-level info --log-format line: a line a request', async (t) => {
    const program = run(t, [...memory, '--log-level', 'info'])
    await client(await program.ready)('GET', `${jobs}?a=1`)
    await stop(program)
    t.match(program.stderr(), /^\d\d:\d\d:\d\d\.\d{3} 200 {3}GET \/v1\/customer\/jobs\?a=1 [\d.]+ ms$/m)
  })
})

void t.test('--help and --version', async (t) => {
  for (const args of [['--help'], ['start', '-h']]) {
    const program = run(t, args)
    t.strictSame(await program.exit, { code: 0, signal: null })
    for (const name of settingNames) {
      t.match(program.stdout(), flagOf(name))
      t.match(program.stdout(), environmentNameOf(name))
    }
    t.equal(program.stderr(), '')
  }
  const program = run(t, ['--version'])
  t.strictSame(await program.exit, { code: 0, signal: null })
  t.equal(program.stdout(), `${version}\n`)
})

void t.test('a wrong flag, value or environment name: exit 2 with a sentence that names it', async (t) => {
  const table: readonly (readonly [args: string[], env: Record<string, string>, said: RegExp])[] = [
    [['--prot', '1'], {}, /--prot/],
    [['--port'], {}, /--port/],
    [['--port', 'x'], {}, /--port "x": expected a number from 0 to 65535/],
    [['--templates', 'ajar'], {}, /--templates "ajar": expected closed or open/],
    [['--api-key', 'a=b', '--api-key', 'a=b/c'], {}, /--api-key "a=b\/c"/],
    [['--strict=maybe'], {}, /--strict/],
    [['nonsense'], {}, /unknown command "nonsense"/],
    [['healtcheck'], {}, /unknown command "healtcheck" \(did you mean "healthcheck"\?\)/],
    [['healthcheck', '--port', 'x'], {}, /--port "x"/],
    [['healthcheck', '--seed', 'x'], {}, /--seed/],
    [[], { BYTENITE_EMULATOR_PROT: '1' }, /unknown environment variable BYTENITE_EMULATOR_PROT/],
    [[], { BYTENITE_EMULATOR_PORT: 'x' }, /BYTENITE_EMULATOR_PORT "x"/],
  ]
  const cwd = t.testdir()
  await Promise.all(
    table.map(async ([args, env, said]) => {
      const program = run(t, args, { env, cwd })
      const { code } = await program.exit
      const name = [...args, ...Object.entries(env)].join(' ')
      t.strictSame([name, code, program.stdout()], [name, 2, ''])
      t.match(program.stderr(), said, name)
      t.match(program.stderr(), /^bytenite-emulator: /, name)
      t.notMatch(program.stderr(), /\n\s+at /, name)
    }),
  )
  t.strictSame(readdirSync(cwd), [], 'and nothing was begun')
})

void t.test('what cannot be: exit 1 with a sentence', async (t) => {
  const dir = t.testdir({
    file: 'a file',
    garbage: { 'emulator.db': 'this is no database, but it is long enough to be looked at by one. '.repeat(20) },
    'seed.json': '{"jobs":[{"templateId":"nope"}]}',
    'cut.json': '{"jobs":[',
    'typo.json': '{"jbos":[]}',
    init: { '10.json': '{"templates":[{"id":"one"}]}', '20.json': '{"jobs":[{"templateId":"two"}]}' },
    twice: { 'a.json': '{"templates":[{"id":"one"}]}', 'b.json': '{"templates":[{"id":"one"}]}' },
  })
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const below = join(dir, 'file', 'data')
  const seed = (name: string) => [...memory, '--seed', join(dir, name)]
  const init = (name: string) => [...memory, '--init', join(dir, name)]
  const table: (readonly [args: string[], said: RegExp])[] = [
    [['--port', String(port), '--in-memory'], new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken.*--port`)],
    [[...memory, '--host', '203.0.113.1'], /--host "203\.0\.113\.1" is not an address of this machine/],
    [['--port', '0', '--data', below], /cannot open the database .*file\/data.*--data/],
    [['--port', '0', '--data', join(dir, 'file')], /cannot open the database .*the path is a file.*--data/],
    [['--port', '0', '--data', join(dir, 'garbage')], /cannot open the database .*not an SQLite database/],
    [seed('none.json'), /seed file .*none\.json does not exist/],
    [seed('seed.json'), /seed file .*seed\.json: jobs\[0\]: template "nope" does not exist/],
    [seed('cut.json'), /seed file .*cut\.json: unexpected EOF/],
    [init('none'), /init folder .*none does not exist; --init takes a folder of seed files/],
    [init('file'), /init folder .*file is not a folder/],
    [init('init'), /seed file .*20\.json: jobs\[0\]: template "two" does not exist/],
    [init('twice'), /seed file .*b\.json: template "one" is in .*a\.json already/],
    [[...init('init'), '--seed', join(dir, 'typo.json')], /seed file .*typo\.json: unknown field jbos/],
    [seed('typo.json'), /seed file .*typo\.json: unknown field jbos \(did you mean "jobs"\?\)/],
  ]
  // Node.js would try for ever to make it.
  if (process.platform === 'linux')
    table.push([['--port', '0', '--data', '/proc/none'], /cannot open the database .*cannot be made.*--data/])
  await Promise.all(
    table.map(async ([args, said]) => {
      const program = run(t, args)
      const { code } = await program.exit
      const name = args.join(' ')
      t.strictSame([name, code, program.stdout()], [name, 1, ''])
      t.match(sentence(program.stderr()), said)
      t.match(program.stderr(), /^bytenite-emulator: /)
    }),
  )
  t.match(readFileSync(join(dir, 'garbage', 'emulator.db'), 'utf8'), /^this is no database/)
})

void t.test('in a folder that was removed: exit 1 with a sentence', async (t) => {
  const dir = t.testdir()
  for (const [args, said] of [
    [['--port', '0'], /cannot open the database .*cannot be made.*--data/],
    [['doctor'], /: the current folder does not exist any more; change to another one/],
    [['run', 'a', '--apps', '.'], /: the current folder does not exist any more; change to another one/],
  ] as const) {
    const gone = join(dir, 'gone')
    mkdirSync(gone)
    const script = 'cd "$0" && rmdir "$0" && unset NODE_OPTIONS && exec "$@"'
    const { status, stderr } = spawnSync('sh', ['-c', script, gone, process.execPath, cli, ...args], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    t.equal(status, 1, args.join(' '))
    t.match(sentence(stderr), said)
  }
})

void t.test('a second emulator on the same data: exit 1 with a sentence, and the first lives on', async (t) => {
  const data = t.testdir()
  const first = run(t, ['--port', '0', '--data', data])
  const call = client(await first.ready)
  const second = run(t, ['--port', '0', '--data', data])
  t.equal((await second.exit).code, 1)
  t.match(sentence(second.stderr()), /cannot open the database .*another emulator is using it.*--data/)
  t.equal((await call('POST', jobs, { templateId: template })).status, 200)
  t.equal((await stop(first)).code, 0)
})

void t.test('healthcheck', async (t) => {
  const program = run(t, memory)
  const { port } = new URL(await program.ready)
  const well = run(t, ['healthcheck', '--port', port])
  t.strictSame([await well.exit, well.stderr()], [{ code: 0, signal: null }, ''])
  const byName = run(t, ['healthcheck'], { env: { BYTENITE_EMULATOR_PORT: port, BYTENITE_EMULATOR_HOST: '0.0.0.0' } })
  t.equal((await byName.exit).code, 0)
  await stop(program)
  const gone = run(t, ['healthcheck', '--port', port])
  t.equal((await gone.exit).code, 1)
  t.match(sentence(gone.stderr()), `no emulator answers at http://127.0.0.1:${port}/_emulator/health`)

  // Something else answers on the port.
  const other = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const wrong = run(t, ['healthcheck', '--port', String((other.address() as AddressInfo).port)])
  t.equal((await wrong.exit).code, 1)
  t.match(sentence(wrong.stderr()), 'answered 404')
})

void t.test('a database of a newer emulator is refused, and stays as it is', async (t) => {
  const data = t.testdir()
  const first = run(t, ['--port', '0', '--data', data])
  await first.ready
  await stop(first)
  const file = join(data, 'emulator.db')
  const bytes = readFileSync(file)
  // The schema's number, PRAGMA user_version, stands in the header of the file.
  bytes.writeUInt32BE(4711, 60)
  writeFileSync(file, bytes)
  const program = run(t, ['--port', '0', '--data', data])
  t.equal((await program.exit).code, 1)
  t.match(sentence(program.stderr()), /newer bytenite-emulator \(schema 4711.*nothing was changed.*--data/)
  t.ok(readFileSync(file).equals(bytes))
  t.strictSame(readdirSync(data), ['emulator.db'])
})
