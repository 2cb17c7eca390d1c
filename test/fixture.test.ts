import { mock } from 'node:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { operationNames, personaNames } from '../schemas/names.ts'
import { personas } from '../src/domain/accounts/personas.ts'
import { connect as remote, type EmulatorOptions, startEmulator } from '../src/index.ts'
import { client, emulator } from './emulator.ts'

const jobs = '/v1/customer/jobs'
const template = { templateId: 'emulator-succeeds' }

void t.test('options take the forms that are at hand', async (t) => {
  for (const [pace, shown] of [
    ['polls:3', 'polls:3'],
    ['10s', '10s'],
    ['manual', 'manual'],
    ['PARTITIONED=5s', 'PARTITIONED=5s'],
    [{ by: 'time', total: 2_000_000 }, '2s'],
    [undefined, '3s'],
  ] as const) {
    const { world } = await emulator(t, { port: null, ...(pace === undefined ? {} : { pace }) })
    await world('w').reset()
    t.equal((await world('w').inspect()).pace, shown)
  }

  const seed = { jobs: [{ ...template, jobId: 'seeded' }] }
  const file = join(t.testdir({ 'seed.json': JSON.stringify(seed) }), 'seed.json')
  for (const form of [seed, file]) {
    const { url } = await emulator(t, { seed: form })
    t.equal((await client(url)('GET', `${jobs}/seeded`)).status, 200)
  }
  for (const apiKeys of [{ 'key=': 'mine' }, new Map([['key=', 'mine']])]) {
    const { url, world } = await emulator(t, { apiKeys })
    await client(url, 'key=')('POST', jobs, template)
    t.equal((await world('mine').inspect()).jobs.total, 1)
  }
})

void t.test('what has no types and passes another thing is told so', async (t) => {
  const { url, world } = await emulator(t)
  for (const wrong of [
    undefined,
    null,
    5,
    '',
    'here',
    '127.0.0.1:2983',
    'ftp://127.0.0.1',
    'http://127.0.0.1/?x',
    'http://127.0.0.1/#x',
  ]) {
    t.throws(() => remote(wrong as string), /^url .*: expected a URL, as in http:/, String(wrong))
  }
  for (const wrong of [undefined, null, 5, Symbol('w'), '.', '..'] as unknown[]) {
    t.throws(() => world(wrong as string), /^world .*: expected 1 to 64 of letters/, String(wrong))
  }
  for (const { clock, ...reached } of [world('w'), remote(url).world('w')]) {
    const job = { id: 'one' } as unknown as string
    for (const name of ['explain', 'release'] as const) {
      const call: Promise<unknown> = reached[name](job)
      await t.rejects(call, { message: 'jobId {"id":"one"}: expected a text' }, name)
    }
    await t.rejects(reached.hold('', 'JOB_STATE_MERGING'), { message: 'jobId "": expected a text' })
    for (const name of ['removeScenario', 'removeFault', 'releaseFault'] as const) {
      const call: Promise<unknown> = reached[name](undefined as unknown as string)
      await t.rejects(call, { message: 'id undefined: expected a text' }, name)
    }
    const by = { by: '1h' } as unknown as string
    await t.rejects(clock.advance(by), { message: /by takes a text such as "90s"/ })
    await t.rejects(clock.sleep(by), { message: /for takes a text such as "90s"/ })
    // As an optional value of a caller that is not there.
    const absent = { state: undefined, templateId: undefined } as object
    t.strictSame([await reached.jobs(absent), await reached.requests({ operation: undefined } as object)], [[], []])
  }
})

void t.test('a wrong option is told by its name, with what would be right', async (t) => {
  for (const [options, message] of [
    [{ prot: 1 }, /^startEmulator: unknown option prot \(did you mean "port"\?\); known are port, host, /],
    [{ port: '2983' }, /^startEmulator: option port "2983": expected a number from 0 to 65535, or null/],
    [{ port: 65_536 }, /option port 65536/],
    [{ port: 10n }, /option port 10: expected a number/],
    [{ host: '' }, /option host ""/],
    [{ host: '256.1.1.1' }, /option host "256.1.1.1": expected an address such as 127.0.0.1/],
    [{ host: 'a b' }, /option host "a b"/],
    [{ host: '127.0.0.1:80/x' }, /option host/],
    [{ apiKeys: { key: 5 } }, /option apiKeys/],
    [{ data: 1 }, /option data 1: expected the path of a directory/],
    [{ seed: [] }, /option seed \[\]: expected an object/],
    [{ seed: '/no/such/file.json' }, /seed file \/no\/such\/file\.json does not exist/],
    [{ seed: { jbos: [] } }, /unknown field jbos \(did you mean "jobs"\?\)/],
    [{ templates: 'any' }, /option templates "any": expected 'closed' or 'open'/],
    [{ strict: 'yes' }, /option strict "yes": expected true or false/],
    [{ pace: 'fast' }, /option pace "fast": expected a duration such as 3s, .*polls:N/],
    [{ pace: 3 }, /option pace 3: expected a text such as 3s/],
    [{ pace: { by: 'time' } }, /option pace \{"by":"time"\}: expected/],
    [{ apiKeys: ['a'] }, /option apiKeys \["a"\]: expected an object or a Map/],
    [{ apiKeys: { key: 'no world' } }, /option apiKeys \{"key":"no world"\}/],
    [{ unset: null }, /option unset null: expected 'emit' or 'omit'/],
    [{ era: 2025 }, /option era 2025: expected '2025' or '2023'/],
    [{ logger: 'loud' }, /option logger "loud": expected true, false, a level \(fatal, /],
    [{ logger: { level: 'info' } }, /option logger/],
    [{ clock: () => 0 }, /option clock a function: expected an object with now\(\)/],
    [{ ids: {} }, /option ids \{\}: expected an object with uuid\(\)/],
    [7, /expected an object of options, not 7/],
  ] as const) {
    await t.rejects(startEmulator(options as EmulatorOptions), { message })
  }
})

void t.test('without a port everything works through inject() and world()', async (t) => {
  const { url, port, inject, world: open } = await emulator(t, { port: null })
  t.same([url, port], ['http://emulator.invalid', 0])
  const world = open('w')
  const created = await inject({
    method: 'POST',
    url: jobs,
    headers: { authorization: world.apiKey },
    payload: template,
  })
  t.equal(created.statusCode, 200)
  const exchange = await world.waitForRequest({ operation: 'POST /v1/customer/jobs' })
  t.equal(exchange.jobId, created.json().job.id)
  t.match(await world.clock.advance('1m'), { frozen: false })
})

void t.test('it ends when asked, once or often', async (t) => {
  let port: number
  {
    await using started = await startEmulator()
    port = started.port
  }
  const [error] = await once(connect({ port, host: '127.0.0.1' }), 'error')
  t.equal((error as { code?: string }).code, 'ECONNREFUSED')
  const started = await startEmulator()
  t.same(await Promise.all([started.close(), started.close(), started[Symbol.asyncDispose]()]), [
    undefined,
    undefined,
    undefined,
  ])
})

void t.test('two in one process share nothing', async (t) => {
  const [one, other] = [await emulator(t), await emulator(t)]
  t.not(one.port, other.port)
  const token = await one.world('w').token()
  await client(one.url, token)('POST', jobs, { ...template, jobId: 'j' })
  await one.world('w').fault({ operation: '*', status: 500 })
  await one.world('w').clock.advance('1h')
  t.equal((await client(other.url, 'test_w')('GET', `${jobs}/j`)).status, 404)
  t.equal((await client(other.url, token)('GET', jobs)).status, 401, 'not even the key that signs tokens')
  const there = Date.parse(await one.world('w').clock.now()) - Date.parse(await other.world('w').clock.now())
  t.ok(there > 3_500_000)
  await one.close()
  t.equal((await client(other.url, 'test_w')('GET', jobs)).status, 200)
})

/** Runs a script that imports the built package, in a folder for temporary files of its own. */
async function script(t: Test, code: string): Promise<{ code: number | null; output: string; left: string[] }> {
  const folder = mkdtempSync(join(t.testdir(), 'tmp-'))
  const file = join(folder, 'script.mjs')
  writeFileSync(file, code)
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    // test/programs/compiled-code.test.ts looks at the one file that is left otherwise.
    env: { PATH: process.env['PATH'], TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [output, [exit]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { code: exit as number | null, output, left: readdirSync(folder).filter((name) => name !== 'script.mjs') }
}

void t.test('no process hangs, and no file is left, even where close() is forgotten', async (t) => {
  const built = JSON.stringify(join(import.meta.dirname, '..', 'dist', 'index.js'))
  const begin = `import { startEmulator } from ${built}; const emulator = await startEmulator(); `
  const file =
    "{ dataSourceDescriptor: 'file', params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' } }"
  const use = `
    const ask = async (path, body) => (await fetch(emulator.url + path, {
      method: 'POST', headers: { authorization: emulator.apiKey }, body: JSON.stringify(body) })).json()
    const { job } = await ask('${jobs}', { templateId: 'hello-world-template', dataSource: ${file} })
    console.log((await fetch(job.dataSource.params.tempUrl, { method: 'PUT', body: 'x' })).status)
  `
  for (const [what, code, output] of [
    ['forgotten', `${begin} console.log(emulator.port > 0)`, 'true\n'],
    ['forgotten after an upload', begin + use, '200\n'],
    ['closed', `${begin} ${use} await emulator.close()`, '200\n'],
    [
      'while an answer is held',
      `${begin} await emulator.world('default').fault({ operation: '*', delay: '50ms' }); ${use}`,
      '200\n',
    ],
  ] as const) {
    const ended = await script(t, code)
    t.same([ended.output, ended.left], [output, []], what)
  }
})

void t.test('fake timers of the test that uses it neither hang nor poison it', async (t) => {
  const { url, world } = await emulator(t)
  const create = (name: string) => client(url, world(name).apiKey)('POST', jobs, template)
  await create('warm')
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
  t.teardown(() => mock.timers.reset())
  t.equal((await create('w')).status, 200)
  mock.timers.reset()
  // Calls within the process go by what Fastify uses, which needs a real setImmediate.
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  t.match(await world('w').scenario({ failIn: 'JOB_STATE_MERGING' }), { used: 0 })
  t.match(await world('w').clock.advance('1s'), { frozen: false })
  mock.timers.reset()
  t.equal((await create('other')).status, 200, 'and it works on afterwards')
})

void t.test('nothing that waits in the emulator waits for fake timers', async (t) => {
  const running = await emulator(t)
  const { url, world } = running
  const own = world('w')
  await own.fault({ operation: 'GET /v1/customer/jobs', delay: '20ms' })
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  t.teardown(() => mock.timers.reset())
  const list = () => client(url, own.apiKey)('GET', jobs)
  t.equal((await list()).status, 200)
  await t.rejects(own.waitForRequest({ operation: 'POST /v1/customer/jobs' }, 20), /no request came within 20 ms/)
  t.same(await remote(new URL(url)).worlds(), ['w'])
  await own.fault({ operation: 'GET /v1/customer/jobs', delay: 'until-released' })
  const held = list().catch(() => undefined)
  await own.waitForRequest({ operation: 'GET /v1/customer/jobs' })
  await running.close()
  await held
})

void t.test('a name that no world can have and a persona that is none are refused at once', async (t) => {
  const { url, world } = await emulator(t)
  const expected = /^world "a b": expected 1 to 64 of letters, digits, "\.", "_" and "-", and not "\." or "\.\." alone$/
  t.throws(() => world('a b'), { message: expected })
  t.throws(() => remote(url).world('a b'), { message: expected })
  const answer = await (await fetch(`${url}/_emulator/worlds/a%20b/clock`)).json()
  t.match(answer, { message: expected }, 'as the server says it')
  t.throws(() => world('a').keyOf('admin' as 'owner'), {
    message: /^persona "admin" does not exist.*known are owner, readonly/,
  })
})

void t.test('the names that an editor offers are all there are', async (t) => {
  const { operations } = await emulator(t, { port: null })
  t.strictSame([...operationNames].sort(), [...operations()].sort())
  t.strictSame([...personaNames], Object.keys(personas))
})
