// Commands that look into a running emulator and steer what happens there.
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { client, emulator } from '../emulator.ts'
import { run as runProgram } from '../program.ts'

const jobs = '/v1/customer/jobs'
const first = '5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60'

async function command(t: Test, url: string, ...args: string[]) {
  const program = runProgram(t, [...args, '--url', url])
  const { code } = await program.exit
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}

void t.test('requests, jobs, worlds, templates', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  t.match((await command(t, url, 'requests')).stdout, /^no such request\n$/)
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: first, name: 'one', nmae: 'typo' })
  await call('GET', `${jobs}/nobody`)
  const { stdout } = await command(t, url, 'requests')
  t.match(stdout, /200 +POST +\/v1\/customer\/jobs +\d+ ms +unknown: nmae/)
  t.match(stdout, /404 +GET +\/v1\/customer\/jobs\/nobody +\d+ ms +job "nobody" does not exist/)
  t.equal((await command(t, url, 'requests', '--problems', '--limit', '1')).stdout.trimEnd().split('\n').length, 1)
  t.equal(JSON.parse((await command(t, url, 'requests', '--json')).stdout).length, 2)

  t.match((await command(t, url, 'jobs')).stdout, new RegExp(`${first} +NEW +emulator-succeeds .* one`))
  t.match((await command(t, url, 'jobs', '--state', 'failed')).stdout, /^no such job\n$/)
  t.equal(JSON.parse((await command(t, url, 'jobs', '--text', 'ONE', '--json')).stdout)[0].id, first)
  t.match((await command(t, url, 'worlds')).stdout, /^ {2}default +1 +20/)
  t.match((await command(t, url, 'templates')).stdout, /hello-world-template +vendor +needs dataSource/)
  t.match(await command(t, url, 'jobs', '--limit', '0'), {
    code: 2,
    stderr: /--limit "0": expected a whole number from 1/,
  })
})

void t.test('requests --follow goes on', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  await call('GET', jobs)
  const program = runProgram(t, ['requests', '--follow', '--url', url])
  await once(program.child.stdout!, 'data')
  t.match(program.stdout(), /GET {2}\/v1\/customer\/jobs /)
  const more = once(program.child.stdout!, 'data')
  await call('GET', `${jobs}/later`)
  await more
  t.match(program.stdout(), /404 {2}GET {2}\/v1\/customer\/jobs\/later/)
  program.child.kill()
  await program.exit
})

void t.test('fault, scenario, hold, release, fork', async (t) => {
  const { url, world } = await emulator(t, { pace: { by: 'gates' } })
  const call = client(url)
  t.match(
    (await command(t, url, 'fault', 'add', '{"operation":"*","status":503,"times":1}')).stdout,
    /\* +503 .*used 0, matched 0/,
  )
  t.equal((await call('GET', jobs)).status, 503)
  const [{ id } = { id: '' }] = await world('default').faults()
  t.match((await command(t, url, 'fault')).stdout, new RegExp(`${id} .*used 1, matched 1`))
  t.equal((await command(t, url, 'fault', 'remove', id)).code, 0)
  t.match((await command(t, url, 'fault', 'list')).stdout, /^no faults\n$/)
  t.match(await command(t, url, 'fault', 'add', '{'), { code: 2, stderr: /expected a JSON object such as/ })
  t.match(await command(t, url, 'fault', 'spoil'), { code: 2, stderr: /fault "spoil": expected add, list/ })
  t.match(await command(t, url, 'fault', 'add', '{"operation":"*"}'), { code: 1, stderr: /^bytenite-emulator: .+\n$/ })

  t.match((await command(t, url, 'scenario', 'add', '{"failIn":"JOB_STATE_MERGING"}')).stdout, /JOB_STATE_MERGING/)
  const [rule] = await world('default').scenarios()
  t.equal((await command(t, url, 'scenario', 'remove', rule!.id)).code, 0)

  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: first })
  await call('POST', `${jobs}/${first}/run`)
  t.match(
    (await command(t, url, 'release', '5e8a', '2')).stdout,
    new RegExp(`job ${first}: JOB_STATE_\\w+, then waits`),
  )
  t.equal((await command(t, url, 'release', '5e8a', '20')).stdout, `job ${first}: JOB_STATE_COMPLETE\n`)
  t.match(await command(t, url, 'hold', '5e8a', 'merging'), {
    code: 1,
    stderr: /is not about to enter JOB_STATE_MERGING/,
  })
  t.match(await command(t, url, 'hold', '5e8a', 'BOGUS'), { code: 2, stderr: /state "BOGUS": expected one of NEW, ST/ })
  t.match(await command(t, url, 'hold', '5e8a', 'job_state_mergign'), {
    code: 2,
    stderr: /state "job_state_mergign" \(did you mean "MERGING"\?\): expected/,
  })
  t.match((await command(t, url, 'fork', 'copy')).stdout, /copied into copy, which the key test_copy opens/)
  t.match(await command(t, url, 'fork', 'copy'), { code: 1, stderr: /exists already; say --replace to write over it/ })
})

void t.test('ids that are cut short, and why a job cannot be run', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  for (const jobId of [first, first.replace('9e-', '9f-'), 'plain']) {
    await call('POST', jobs, { templateId: 'hello-world-template', jobId })
  }
  t.match(await command(t, url, 'explain', '5e8a1c9e'), {
    code: 0,
    stdout: new RegExp(`^Job +${first}[^]*Next +job ${first} has no data source: set one with PATCH`),
  })
  t.match(await command(t, url, 'explain', '5e8a'), {
    code: 1,
    stderr: /several jobs have an id that begins with 5e8a: 5e8a/,
  })
  t.match(await command(t, url, 'explain', '5e'), { code: 1, stderr: /does not exist/ })
  t.match(await command(t, url, 'explain', 'plain'), { code: 0 })
  const { body } = await call('POST', `${jobs}/${first}/run`)
  t.match((await command(t, url, 'explain', first)).stdout, body.message, 'in the words of the refusal')
})

void t.test('env for shells and files; help and version', async (t) => {
  const { url } = await emulator(t)
  for (const shell of ['bash', 'zsh', 'sh']) {
    t.match((await command(t, url, 'env', '--shell', shell)).stdout, `export BYTENITE_API_URL='${url}'`)
  }
  t.match((await command(t, url, 'env', '--format', 'dotenv')).stdout, `BYTENITE_API_URL="${url}"\n`)
  t.match((await command(t, url, 'env', '--format', 'github')).stdout, `BYTENITE_API_KEY=test_default\n`)
  t.match(await command(t, url, 'env', '--format', 'xml'), { code: 2, stderr: /expected dotenv or github/ })
  t.match(await command(t, url, 'env', '--format', 'dotenv', '--unset'), { code: 2 })
  const outputs = await Promise.all(
    [['-v'], ['--version'], ['version']].map(async (args) => {
      const program = runProgram(t, args)
      t.equal((await program.exit).code, 0)
      return program.stdout()
    }),
  )
  t.match(outputs[0], /^\d+\.\d+\.\d+\n$/)
  t.equal(new Set(outputs).size, 1)
  const help = runProgram(t, ['help', 'fork'])
  t.equal((await help.exit).code, 0)
  t.match(help.stdout(), /^Usage: bytenite-emulator fork/)
})

void t.test('app, engine, template', async (t) => {
  const key = 'a-key-of-ours'
  const { url } = await emulator(t, { runApps: 'process,pushed', apiKeys: { [key]: 'default' } })
  const folder = t.testdir({
    'manifest.json': JSON.stringify({ name: 'mine', version: '1.2', entrypoint: 'main.py' }),
    'template.json': JSON.stringify({ id: 'my-template', app: 'mine', partitioner: 'passthrough' }),
    app: { 'main.py': 'print(1)', __pycache__: { 'x.pyc': 'cache' } },
    'notes.txt': 'not part of it',
    empty: {},
    'cut.json': '{"id":',
  })
  const own = (...args: string[]) => command(t, url, ...args, '--key', key)
  t.match(await command(t, url, 'app', 'push', folder), { code: 1, stderr: /only keys of --api-key may push/ })
  t.match((await own('app', 'push', folder)).stdout, /mine@1\.2 +inactive +[\da-f-]{36}/)
  t.equal((await own('app', 'activate', 'mine')).stdout, 'active\n')
  t.equal((await own('app', 'status', 'mine@1')).stdout, 'active\n')
  t.match((await own('app')).stdout, /mine@1\.2 +active/)
  t.equal(JSON.parse((await own('app', 'get', 'mine@1.2')).stdout).version, '1.2')
  t.equal((await own('app', 'deactivate', 'mine')).stdout, 'inactive\n')
  const file = `${folder}/pulled.tar`
  t.match((await own('app', 'pull', 'mine', file)).stdout, /pulled\.tar \(\d+ bytes\)/)
  const { unpackTar } = await import('modern-tar')
  const names = (await unpackTar(readFileSync(file))).map(({ header }) => header.name)
  t.strictSame(names.sort(), ['app/main.py', 'manifest.json', 'template.json'])
  t.match(await own('app', 'pull', 'mine', file), { code: 1, stderr: /is there already/ })
  const before = readdirSync('.')
  t.match(
    (await own('app', 'pull', 'mine', '-')).stdout,
    /^(app\/main\.py|manifest\.json|template\.json)\0[^]*print\(1\)/,
  )
  t.strictSame(readdirSync('.'), before, 'no file is called -')
  t.match((await own('engine')).stdout, /^no engine was pushed\n$/)
  t.equal((await own('template', 'push', `${folder}/template.json`)).stdout, `${folder}/template.json: saved\n`)
  t.match((await own('template', 'get', 'my-template')).stdout, /"mine"/)
  t.match((await own('template')).stdout, /my-template/)
  for (const [args, code, said] of [
    [['app', 'push', `${folder}/empty`], 1, /has no manifest\.json/],
    [['app', 'get', 'nothing'], 1, /does not exist; push it first/],
    [['app', 'activate'], 2, /app activate: name the app/],
    [['engine', 'remove', 'x'], 2, /engine "remove": expected push, list/],
    [['template', 'push', `${folder}/none.json`], 1, /is not a file/],
    [['template', 'push', `${folder}/cut.json`], 1, /template file \S+\/cut\.json: unexpected EOF/],
    [['app', 'pull', 'mine', `${folder}/none/x`], 1, /cannot write \S+\/none\/x: its folder does not exist/],
  ] as const) {
    t.match(await own(...args), { code, stderr: said })
  }
})
