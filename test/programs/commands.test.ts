import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { subcommands } from '../../src/commands/commands.ts'
import { version } from '../../src/base/package.ts'
import { client, emulator } from '../emulator.ts'
import { run, type RunOptions, sentence } from '../program.ts'

const jobs = '/v1/customer/jobs'
const template = 'hello-world-template'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. */
async function command(t: Test, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const program = run(t, args, options)
  const { code } = await program.exit
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}

void t.test('every command has a help with examples, and stands in the main help', async (t) => {
  const { stdout: main } = await command(t, ['--help'])
  t.match(main, /Examples:\n {2}\$ bytenite-emulator\n/)
  for (const { name, summary, examples = [] } of subcommands) {
    const { code, stdout, stderr } = await command(t, [name, '--help'])
    t.strictSame([name, code, stderr], [name, 0, ''])
    t.match(main.replace(/\s+/g, ' '), summary)
    t.match(stdout, `Usage: bytenite-emulator ${name}`)
    t.not(examples.length, 0, `${name} has examples`)
    for (const example of examples) t.match(stdout, `$ bytenite-emulator ${example}`)
  }
})

void t.test('a world is seeded, explained, exported, imported and reset', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, 'test_w')
  const seed = {
    templates: [{ id: 'mine', app: 'my-app' }],
    jobs: [
      { templateId: 'mine', jobId: 'one', name: 'first', dataSource: { dataSourceDescriptor: 'bypass' } },
      { templateId: template, jobId: 'two', state: 'JOB_STATE_FAILED' },
    ],
  }
  const results = { templates: [{ id: 'r', results: [{ name: 'a', text: 'a' }] }], jobs: seed.jobs.slice(0, 0) }
  const broken = { templates: [{ id: 'other' }], jobs: [{ templateId: 'nowhere' }] }
  const cwd = t.testdir(
    Object.fromEntries(Object.entries({ seed, results, broken }).map(([name, value]) => [name, JSON.stringify(value)])),
  )
  const ask = (...args: string[]) => command(t, [...args, '--url', url], { cwd })
  const say = async (...args: string[]) => {
    const { code, stdout, stderr } = await ask(...args, '--world', 'w')
    t.strictSame([args[0], code, stderr], [args[0], 0, ''])
    return stdout
  }

  t.equal(await say('seed', 'seed'), 'world w: added 1 template and 2 jobs\n')
  t.equal((await call('GET', `${jobs}/two`)).body.job.state, 'JOB_STATE_FAILED')
  for (const [file, reason] of [
    ['seed', /jobs\[0\]: jobId "one" exists already in world w; reset the world first/],
    ['results', /templates\[0\]: results can be given only in the seed that the emulator starts with/],
    ['broken', /jobs\[0\]: template "nowhere" does not exist/],
    ['none', /seed file none does not exist/],
  ] as const) {
    const { code, stderr } = await ask('seed', file, '--world', 'w')
    t.equal(code, 1)
    t.match(sentence(stderr), reason)
  }
  t.equal((await call('GET', '/v1/dev/templates/other')).status, 404, 'all of it or nothing')

  await call('POST', `${jobs}/one/run`)
  t.match(await say('advance', 'job:one'), /^\S+Z +one +JOB_STATE_COMPLETE\nnow \S+Z\n$/m)
  t.match(JSON.parse(await say('advance', '1h', '--json')), { frozen: false, transitions: [] })
  t.equal(await say('wait', '--for', 'job:one'), 'JOB_STATE_COMPLETE\n')
  const failed = await ask('wait', '--for', 'job', '--job', 'two', '--world', 'w')
  t.strictSame([failed.code, sentence(failed.stderr)], [1, 'bytenite-emulator: job two failed: failed in the seed'])
  const waiting = await call('POST', jobs, { jobId: 'new', templateId: template })
  t.equal(waiting.status, 200)
  const over = await ask('wait', '--for', 'job:new', '--timeout', '0', '--world', 'w')
  t.equal(over.code, 1)
  t.match(sentence(over.stderr), /waited 0: job new is in JOB_STATE_NEW; next: job new has no data source/)

  const fault = { operation: 'GET /v1/customer/jobs/{jobId}', times: 1, status: 503 }
  const { body: struck } = await client(url, null)('POST', '/_emulator/worlds/w/faults', fault)
  t.equal((await call('GET', '/v1/customer/jobs/one')).status, 503)
  const text = await say('explain', 'one')
  for (const line of [
    /^Job {7}one \("first"\)$/m,
    /^State {5}JOB_STATE_COMPLETE$/m,
    /^Next {6}nothing: the job has ended$/m,
    /^ {2}x {2}\S+Z +JOB_STATE_NEW +the job was created$/m,
    /^ {2}\S+Z +200 {2}POST \/v1\/customer\/jobs\/\{jobId\}\/run$/m,
    new RegExp(`^Faults {4}503 \\(${struck.id}\\)$`, 'm'),
    new RegExp(`^ {2}\\S+Z +503 {2}GET /v1/customer/jobs/\\{jobId\\} +fault 503 \\(${struck.id}\\)$`, 'm'),
  ]) {
    t.match(text, line)
  }
  t.match(JSON.parse(await say('explain', 'one', '--json')), { jobId: 'one', state: 'JOB_STATE_COMPLETE' })

  t.match(await say('export'), /^world w: exported to w\.tar \(\d+ bytes\)\n$/)
  t.match(readFileSync(join(cwd, 'w.tar'), 'latin1'), /^world\.json\0/)
  t.match(await say('export', '-'), /^world\.json\0/)
  t.match(await say('export', '--har'), /^journal of world w: exported to w\.har \(\d+ bytes\)\n$/)
  t.match(JSON.parse(readFileSync(join(cwd, 'w.har'), 'utf8')), {
    log: { version: '1.2', entries: [{ time: Number }] },
  })
  const again = await ask('import', 'w.tar', '--world', 'w')
  t.equal(again.code, 1)
  t.match(sentence(again.stderr), /world "w" exists already; say --replace to write over it/)
  t.equal(await say('reset'), 'world w: removed 3 jobs and 1 template, seeded 0 jobs\n')
  t.equal(await say('import', 'w.tar', '--replace'), 'world w: imported from w.tar\n')
  t.equal((await call('GET', jobs)).body.pagination.total, 3)

  mkdirSync(join(cwd, 'folder'))
  writeFileSync(join(cwd, 'cut.tar'), readFileSync(join(cwd, 'w.tar')).subarray(0, 2000))
  for (const [args, reason] of [
    [['import', 'cut.tar', '--world', 'x'], /the file ends before it should/],
    [['import', 'none.tar'], /file none\.tar does not exist/],
    [['import', 'folder'], /file folder is a folder; import takes the file that export wrote/],
    [['export', 'folder', '--world', 'w'], /cannot write folder: it is a folder/],
    [['export', '--world', 'never'], /world "never" does not exist/],
    [['export', 'no/such/folder.tar', '--world', 'w'], /cannot write no\/such\/folder\.tar: its folder does not exist/],
    [['explain', 'nobody', '--world', 'w'], /job "nobody" does not exist/],
    [['advance', 'soon'], /by "soon": expected a duration/],
  ] as const) {
    const { code, stdout, stderr } = await ask(...args)
    t.strictSame([args[0], code, stdout], [args[0], 1, ''])
    t.match(sentence(stderr), reason)
  }
  t.notOk(existsSync(join(cwd, 'never.tar')))
  t.notOk(readdirSync(cwd).some((name) => name.endsWith('.part')))
})

void t.test('where nobody answers, and what is used wrongly', async (t) => {
  const cwd = t.testdir()
  const nobody = ['--port', '1']
  for (const [args, code, reason] of [
    [['reset', ...nobody], 1, /no emulator answers at http:\/\/127\.0\.0\.1:1; start one with/],
    [['export', ...nobody], 1, /no emulator answers at http:\/\/127\.0\.0\.1:1;/],
    [['wait', '--timeout', '1ms', ...nobody], 1, /waited 1ms: no emulator answers at/],
    [['reset', '--world', 'a b'], 2, /--world "a b": expected 1 to 64/],
    [['reset', '--url', 'here'], 2, /--url "here": expected a URL/],
    [['reset', '--port', '0'], 2, /--port 0 means "any free port"/],
    [['wait', '--for', 'rain'], 2, /--for "rain": expected ready, job or job:ID/],
    [['wait', '--for', 'ready', '--job', 'one'], 2, /--job "one": goes with --for job/],
    [['healthcheck', '--port', '0'], 2, /--port 0 means "any free port"; pass the real port\n/],
    [['healthcheck', ...nobody], 1, /no emulator answers at \S+; start one with "bytenite-emulator"/],
    [['wait', '--for', 'job'], 2, /--for job: say which one/],
    [['wait', '--timeout', 'soon'], 2, /--timeout "soon": expected a duration/],
    [['env', '--shell', 'cmd'], 2, /--shell "cmd": expected sh, bash, zsh, fish, powershell/],
    [['import'], 2, /missing required argument 'file'/],
    [['explain', 'a', 'b'], 2, /unexpected argument "b": explain takes 1 argument\nSee/],
    [['start', 'extra'], 2, /unexpected argument "extra": start takes none\nSee/],
    [['app', 'list', 'extra', 'more'], 2, /unexpected argument "extra": app list takes none/],
    [['engine', 'push', 'block', 'extra'], 2, /unexpected argument "extra": engine push takes 1 argument/],
    [['template', 'list', 'extra'], 2, /unexpected argument "extra": template list takes none/],
    [['fault', 'list', 'extra'], 2, /unexpected argument "extra": fault list takes none/],
    [['fault', 'remove', 'a', 'b'], 2, /unexpected argument "b": fault takes 2 arguments/],
    [['scenario', 'list', 'extra'], 2, /unexpected argument "extra": scenario list takes none/],
  ] as const) {
    const ended = await command(t, args, { cwd })
    t.strictSame([args.join(' '), ended.code, ended.stdout], [args.join(' '), code, ''])
    t.match(ended.stderr, reason)
    t.match(ended.stderr, /^bytenite-emulator: /)
  }
  t.strictSame(readdirSync(cwd), [])
})

void t.test('where something else answers', async (t) => {
  for (const [status, type, body] of [
    [404, 'text/html', '<!DOCTYPE HTML>\n<html>gone</html>'],
    [200, 'text/html', '<html>welcome</html>'],
    [500, 'application/json', '[]'],
  ] as const) {
    const other = createHttpServer((_request, response) => {
      response.writeHead(status, { 'content-type': type }).end(body)
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    t.teardown(() => other.close())
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    for (const args of [['reset'], ['explain', 'one'], ['wait', '--timeout', '1ms']]) {
      const { code, stderr } = await command(t, [...args, '--url', url])
      t.equal(code, 1)
      t.match(
        sentence(stderr),
        `a server that is not bytenite-emulator answers at ${url} (${status}); say where it is with --url`,
      )
    }
  }
})

void t.test('env prints what a shell evaluates', async (t) => {
  for (const [args, lines] of [
    [[], ["export BYTENITE_API_URL='http://127.0.0.1:2983'", "export BYTENITE_API_KEY='test_default'"]],
    [
      ['--world', 'w', '--port', '3000'],
      ["export BYTENITE_BASE_URL='http://127.0.0.1:3000'", "'test_w'"],
    ],
    [['--unset'], ['unset BYTENITE_API_URL', 'unset BYTENITE_BASE_URL', 'unset BYTENITE_API_KEY']],
    [['--shell', 'fish'], ["set -gx BYTENITE_API_KEY 'test_default'"]],
    [['--shell', 'powershell'], ["$env:BYTENITE_API_KEY = 'test_default'"]],
  ] as const) {
    const { code, stdout } = await command(t, ['env', ...args])
    t.equal(code, 0)
    for (const line of lines) t.match(stdout, line)
    t.equal(stdout.split('\n').length, 4)
  }
})

void t.test('doctor', async (t) => {
  const { port } = await emulator(t)
  const other = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const taken = String((other.address() as AddressInfo).port)
  const large = {
    ...{ name: 'large', version: '1.0', entrypoint: 'main.mjs' },
    ...{ device_requirements: { min_cpu: 9999 }, platform_config: { container: 'mine/torch' } },
  }
  const manifest = (content: object) => ({ 'manifest.json': JSON.stringify(content) })
  const cwd = t.testdir({
    apps: {
      large: manifest(large),
      small: manifest({ name: 'small', version: '1.0', entrypoint: 'main.mjs' }),
      bad: manifest({}),
    },
    python: { app: manifest({ name: 'app', version: '1.0' }) },
    file: '',
    garbage: { 'emulator.db': 'this is no database. '.repeat(100) },
    data: {},
  })
  const proxy = { HTTP_PROXY: 'http://proxy:3128' }
  for (const [args, env, code, said] of [
    [['--port', String(port)], {}, 0, `ok       bytenite-emulator ${version} answers on port ${port}`],
    [['--port', String(port)], {}, 0, 'ok       data directory ./.bytenite-emulator will be made'],
    [['--port', String(port), '--data', 'data'], {}, 0, 'ok       data directory data can be written to'],
    [['--port', '0'], {}, 0, 'ok       port 0: any free port on 127.0.0.1 is picked'],
    [[], { BYTENITE_EMULATOR_PORT: '0' }, 0, /any free port .* is picked\nok {7}data directory/],
    [['--port', taken], {}, 1, `problem  port ${taken} on 127.0.0.1 is taken by another program`],
    [['--port', String(port), '--data', 'file/x'], {}, 1, /problem {2}data directory file\/x: .* is a file/],
    [
      ['--port', String(port), '--data', 'garbage'],
      {},
      1,
      /problem {2}cannot open the database .*not an SQLite database/,
    ],
    [['--port', String(port)], proxy, 0, /warning {2}HTTP_PROXY set: .* export NO_PROXY=127\.0\.0\.1/],
    [['--port', String(port), '--apps', 'apps'], {}, 0, /ok {7}--apps: 2 blocks and 0 templates/],
    [['--port', String(port), '--apps', 'apps'], {}, 0, /warning {2}--apps: .*bad.manifest\.json: name ""/],
    [['--port', String(port), '--apps', 'apps'], {}, 0, /warning {2}large@1\.0 asks for 9999 cores \(here: \d+\)/],
    [['--port', String(port), '--apps', 'apps'], {}, 0, /warning {2}large@1\.0: image mine\/torch is not used/],
    [
      ['--port', String(port), '--apps', 'python', '--python', './no-python'],
      {},
      1,
      /problem {2}--python \.\/no-python cannot run app@1\.0: .*ENOENT; name another/,
    ],
    [['--port', String(port), '--apps', 'nowhere'], {}, 1, /problem {2}--apps ".*nowhere" is not a folder/],
    [['--port', String(port)], { ...proxy, no_proxy: 'localhost' }, 0, /ok {7}HTTP_PROXY set, but NO_PROXY spares/],
  ] as const) {
    const ended = await command(t, ['doctor', ...args], { cwd, env })
    t.equal(ended.code, code, ended.stdout)
    t.match(ended.stdout, said)
    t.equal(ended.stderr, code === 0 ? '' : 'bytenite-emulator: 1 problem found\n')
  }
  t.strictSame(readdirSync(join(cwd, 'garbage')), ['emulator.db'], 'looking changes nothing')

  const secret = 'a-key-of-mine'
  const ended = await command(t, ['doctor', '--json', '--port', String(port), '--in-memory'], {
    cwd,
    env: {
      BYTENITE_EMULATOR_API_KEY: `${secret}=mine`,
      BYTENITE_API_KEY: secret,
      HTTP_PROXY: `http://user:${secret}@proxy:3128`,
    },
  })
  t.notMatch(ended.stdout, secret)
  t.match(JSON.parse(ended.stdout), {
    version,
    node: process.versions.node,
    sqlite: /^better-sqlite3/,
    platform: `${process.platform} ${process.arch}`,
    settings: {
      port: { value: port, from: 'flag' },
      inMemory: { value: true, from: 'flag' },
      apiKey: { value: ['***=mine'], from: 'environment' },
      strict: { value: false, from: 'default' },
      seed: { value: null, from: 'default' },
    },
    environment: { BYTENITE_API_KEY: '***', HTTP_PROXY: 'http://***@proxy:3128' },
    emulator: { status: 'ok', version },
    findings: [{ verdict: 'ok' }],
  })
})
