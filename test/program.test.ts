import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { flagOf, environmentNameOf, settingNames } from '../src/config.ts'
import { version } from '../src/package.ts'
import { type Call, client } from './emulator.ts'
import { run, stop } from './program.ts'

const template = 'hello-world-template'
const jobs = '/v1/customer/jobs'
const memory = ['--port', '0', '--in-memory']

/** The one line, and nothing after it. */
const sentence = (text: string): string => {
  const lines = text.trimEnd().split('\n')
  return lines.length === 1 ? lines[0]! : `not one line: ${text}`
}

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
    t.match(sentence(nowhere.stderr()), /^bytenite-emulator: cannot write the port file /)
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
    t.match(program.stderr(), /^\d\d:\d\d:\d\d\.\d{3} info {2}GET \/v1\/customer\/jobs\?a=1 200 [\d.]+ ms$/m)
  })
})

void t.test('--help and --version', async (t) => {
  for (const args of [['--help'], ['-h'], ['start', '--help']]) {
    const program = run(t, args)
    t.strictSame(await program.exit, { code: 0, signal: null })
    for (const name of settingNames) {
      t.match(program.stdout(), flagOf(name))
      t.match(program.stdout(), environmentNameOf(name))
    }
    t.equal(program.stderr(), '')
  }
  for (const args of [['--version'], ['-V']]) {
    const program = run(t, args)
    t.strictSame(await program.exit, { code: 0, signal: null })
    t.equal(program.stdout(), `${version}\n`)
  }
})

void t.test('a wrong flag, value or environment name: exit 2 with a sentence that names it', async (t) => {
  const table: readonly (readonly [args: string[], env: Record<string, string>, said: RegExp])[] = [
    [['--prot', '1'], {}, /--prot/],
    [['--port'], {}, /--port/],
    [['--port', 'x'], {}, /--port "x": expected a number from 0 to 65535/],
    [['--port', '65536'], {}, /--port "65536"/],
    [['--port=-1'], {}, /--port "-1"/],
    [['--host', ''], {}, /--host ""/],
    [['--templates', 'ajar'], {}, /--templates "ajar": expected closed or open/],
    [['--unset', 'x'], {}, /--unset "x"/],
    [['--log-level', 'loud'], {}, /--log-level "loud"/],
    [['--log-format', 'xml'], {}, /--log-format "xml"/],
    [['--api-key', 'nope'], {}, /--api-key "nope": expected KEY=WORLD/],
    [['--api-key', 'a=b', '--api-key', 'a=b/c'], {}, /--api-key "a=b\/c"/],
    [['--strict=maybe'], {}, /--strict/],
    [['nonsense'], {}, /nonsense|too many arguments/],
    [['start', 'nonsense'], {}, /too many arguments/],
    [['healthcheck', '--port', 'x'], {}, /--port "x"/],
    [['healthcheck', '--seed', 'x'], {}, /--seed/],
    [[], { BYTENITE_EMULATOR_PROT: '1' }, /unknown environment variable BYTENITE_EMULATOR_PROT/],
    [[], { BYTENITE_EMULATOR_PORT: 'x' }, /BYTENITE_EMULATOR_PORT "x"/],
    [[], { BYTENITE_EMULATOR_STRICT: 'maybe' }, /BYTENITE_EMULATOR_STRICT "maybe": expected true or false/],
    [[], { BYTENITE_EMULATOR_API_KEY: 'a=b,nope' }, /BYTENITE_EMULATOR_API_KEY "nope"/],
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
  })
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const below = join(dir, 'file', 'data')
  const seed = (name: string) => [...memory, '--seed', join(dir, name)]
  const table: readonly (readonly [args: string[], said: RegExp])[] = [
    [['--port', String(port), '--in-memory'], new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken.*--port`)],
    [[...memory, '--host', '203.0.113.1'], /--host "203\.0\.113\.1" is no address of this machine/],
    [['--port', '0', '--data', below], /cannot open the database .*file\/data.*--data/],
    [['--port', '0', '--data', join(dir, 'file')], /cannot open the database .*the path is a file.*--data/],
    [['--port', '0', '--data', join(dir, 'garbage')], /cannot open the database .*no SQLite database/],
    [seed('none.json'), /seed file .*none\.json does not exist/],
    [seed('seed.json'), /seed: jobs\[0\]: template "nope" does not exist/],
    [seed('cut.json'), /seed file .*cut\.json: unexpected EOF/],
    [seed('typo.json'), /seed file .*typo\.json: unknown field jbos \(did you mean "jobs"\?\)/],
  ]
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

void t.test('SIGINT and SIGTERM', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    await t.test(`${signal}: exit 0, also with clients that hold on`, async (t) => {
      const program = run(t, memory)
      const url = await program.ready
      await client(url)('GET', jobs)
      // One client is idle on a kept connection, another never sends the rest of its body.
      const half = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
      half.on('error', () => undefined)
      t.teardown(() => half.destroy())
      const head = `POST ${jobs} HTTP/1.1\r\nHost: x\r\nAuthorization: test_default\r\nExpect: 100-continue\r\n`
      half.write(`${head}Content-Length: 1000\r\n\r\n`)
      await new Promise((resolve) => half.once('data', resolve))
      t.strictSame(await stop(program, signal), { code: 0, signal: null })
    })
  }

  await t.test(
    'what was acknowledged before is there after a restart; nothing is answered with an error',
    async (t) => {
      const data = t.testdir()
      const first = run(t, ['--port', '0', '--data', data])
      const call = client(await first.ready)
      await call('POST', jobs, { templateId: template, jobId: 'before' })
      const burst = Array.from({ length: 50 }, (_, index) =>
        call('POST', jobs, { templateId: template, jobId: `burst-${index}` }).catch(() => undefined),
      )
      await burst[0]
      const exit = await stop(first)
      t.equal(exit.code, 0)
      const answers = (await Promise.all(burst)).filter((answer) => answer !== undefined)
      t.ok(answers.length > 0)
      for (const answer of answers) t.equal(answer.status, 200)
      const again = client(await run(t, ['--port', '0', '--data', data]).ready)
      for (const { body } of answers) t.strictSame((await again('GET', `${jobs}/${body.job.id}`)).body, body)
      t.equal((await again('GET', `${jobs}/before`)).status, 200)
    },
  )
})

void t.test('kill -9 in the middle of a burst: every acknowledged job is there, and none half-written', async (t) => {
  const data = t.testdir()
  const acknowledged = new Map<string, any>()
  const clients = 16
  let lost = 0

  /** Creates jobs, and changes one of its own again and again, until the emulator is gone. */
  async function work(call: Call, worker: string): Promise<void> {
    for (let turn = 0; ; turn++) {
      const text = `${worker}-${turn}-${'x'.repeat((turn * 397) % 3000)}`
      const about = { templateId: template, name: text, description: text, params: { app: { text } } }
      for (const jobId of [`${worker}-${turn}`, `${worker}-changing`]) {
        const { body } = await call('POST', jobs, { ...about, jobId })
        acknowledged.set(jobId, body.job)
      }
    }
  }

  for (let round = 0; round < 3; round++) {
    const program = run(t, ['--port', '0', '--data', data])
    const call = client(await program.ready)
    const goal = acknowledged.size + 150
    const counting: Call = async (...request) => {
      const answer = await call(...request)
      if (acknowledged.size >= goal) program.child.kill('SIGKILL')
      return answer
    }
    const workers = Array.from({ length: clients }, (_, index) => work(counting, `r${round}-c${index}`))
    const ends = await Promise.allSettled(workers)
    t.ok(ends.every(({ status }) => status === 'rejected'))
    t.equal((await program.exit).signal, 'SIGKILL')
    lost += clients
  }

  const call = client(await run(t, ['--port', '0', '--data', data]).ready)
  const found = new Map<string, any>()
  for (let offset = 0, more = true; more; offset += 1000) {
    const { pagination, data } = (await call('GET', `${jobs}?pagination.limit=1000&pagination.offset=${offset}`)).body
    for (const job of data) found.set(job.id, job)
    more = pagination.hasNext
    t.equal(found.size, more ? offset + 1000 : pagination.total, 'the count fits the rows')
  }
  t.ok(acknowledged.size > 450, `${acknowledged.size} acknowledged`)
  const torn = [...found.values()].filter(
    ({ name, description, params, state }) =>
      name === '' || name !== description || name !== params.app.text || state !== 'JOB_STATE_NEW',
  )
  t.strictSame(torn, [], 'none is half-written')
  const turnOf = ({ name }: { name: string }) => Number(name.split('-')[2])
  for (const [id, job] of acknowledged) {
    const now = found.get(id)
    // A job that was being changed may have got the change that nobody heard of any more.
    const changed = id.endsWith('changing') && now !== undefined && turnOf(now) === turnOf(job) + 1
    if (!changed) t.strictSame(now, job, id)
  }
  t.ok(found.size <= acknowledged.size + lost, 'and nothing that nobody sent')
})

void t.test('a disk that gets full: 500 with code 13, and the emulator lives', async (t) => {
  const data = t.testdir()
  const program = run(t, ['--port', '0', '--data', data, '--silent'], { fileLimit: 600 })
  const call = client(await program.ready)
  const kept = []
  const name = 'x'.repeat(60_000)
  let full
  for (let turn = 0; full === undefined && turn < 50; turn++) {
    const answer = await call('POST', jobs, { templateId: template, jobId: `job-${turn}`, name })
    if (answer.status === 200) kept.push(answer.body.job)
    else full = answer
  }
  t.ok(kept.length > 1)
  t.match(full, { status: 500, body: { code: 13, message: /disk is full/ } })
  // More than the page cache holds, so that it fails before the commit.
  const large = await call('POST', jobs, { templateId: template, jobId: 'large', name: 'x'.repeat(4_000_000) })
  t.match(large, { status: 500, body: { code: 13, message: /disk is full/ } })
  const together = await Promise.all(
    Array.from({ length: 5 }, () => call('POST', jobs, { templateId: template, name })),
  )
  for (const answer of together) t.match(answer, { status: 500, body: { code: 13, message: /disk is full/ } })
  t.equal((await call('GET', '/_emulator/health')).status, 200)
  const page = (await call('GET', `${jobs}?pagination.limit=1000&orderBy=createdAt`)).body
  t.strictSame(page.data, kept, 'what was acknowledged can be read, and nothing else is there')
  t.equal(page.pagination.total, kept.length)
  t.equal((await stop(program)).code, 0)

  const again = client(await run(t, ['--port', '0', '--data', data]).ready)
  t.strictSame((await again('GET', `${jobs}?pagination.limit=1000&orderBy=createdAt`)).body.data, kept)
  t.equal((await again('POST', jobs, { templateId: template, name })).status, 200, 'with room again, it goes on')

  const nothing = run(t, ['--port', '0', '--data', join(data, 'new')], { fileLimit: 1 })
  t.equal((await nothing.exit).code, 1)
  t.match(sentence(nothing.stderr()), /cannot open the database .*full/)
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
