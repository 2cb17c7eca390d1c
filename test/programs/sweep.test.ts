// `exec --sweep` on real programs, by the built command, and what it needs of child processes.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { Sweep } from '../../schemas/sweep.ts'
import { runChild } from '../../src/exec/child.ts'
import { createTail } from '../../src/exec/output-tail.ts'
import { check } from '../conformance.ts'
import { run as runProgram } from '../program.ts'

void t.test('the end of what a program says is kept', async (t) => {
  for (const [pieces, expected] of [
    [[], ''],
    [['all of it'], 'all of it'],
    [['0123456789\n', 'abcd\nef', 'gh'], 'abcd\nefgh'],
    [['0123456789abcdefghij\n'], ''],
    [Array.from({ length: 100 }, (_, n) => `${n}\n`), '97\n98\n99\n'],
  ] as const) {
    const tail = createTail(10)
    const stream = Readable.from(pieces.map((piece) => Buffer.from(piece)))
    tail.follow(stream)
    if (pieces.length > 0) await once(stream, 'end')
    t.equal(tail.text(), expected)
  }
})

void t.test('what a child in a group of its own leaves running is ended with it', async (t) => {
  let ended = false
  const { code } = await runChild(['sh', '-c', 'sleep 1000 & echo $!; exit 3'], {
    env: { PATH: process.env['PATH']! },
    stdio: ['ignore', 'pipe', 'inherit'],
    signals: process,
    terminal: false,
    group: true,
    clears: true,
    onStart: ({ stdout }) => stdout!.on('end', () => (ended = true)).resume(),
  })
  t.equal(code, 3)
  t.ok(ended, 'nobody holds its pipe any more')
})

/** What clients below have in common: a call that says what came of it. */
const calls = `
const jobs = 'https://api.bytenite.com/v1/customer/jobs'
const headers = { authorization: 'a key of the service' }
async function call(method, url, body) {
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
  if (!response.ok) throw new Error(method + ' ' + url + ': ' + response.status)
  return response.json()
}
async function persistently(...request) {
  for (let attempts = 3; ; attempts--) {
    try {
      return await call(...request)
    } catch (error) {
      if (attempts === 1) throw error
    }
  }
}
async function end({ id }) {
  while ((await persistently('GET', jobs + '/' + id)).job.state !== 'JOB_STATE_COMPLETE');
}`

const execSweep = (t: Test, script: string, flags: string[], env: Record<string, string> = {}) =>
  runProgram(t, ['exec', '--sweep', ...flags, '--', process.execPath, '--input-type=module', '-e', calls + script], {
    env,
  })

void t.test('exec: a client that sends a create again without an id of its own', async (t) => {
  const file = join(t.testdir(), 'sweep.json')
  const naive = execSweep(
    t,
    `
const { job } = await persistently('POST', jobs, { templateId: 'emulator-succeeds' })
await call('POST', jobs + '/' + job.id + '/run', {})
await end(job)
console.log('on stdout')`,
    ['--only', 'post-jobs.1.reset-after', '--only', 'post-jobs-id-run.1.500', '--report-file', file, '--show-output'],
  )
  t.equal((await naive.exit).code, 1, naive.stderr())
  t.equal(naive.stderr(), '')
  const report = JSON.parse(readFileSync(file, 'utf8')) as Sweep
  t.strictSame(check(Sweep, report, 'sweep'), [])
  t.match(report, { runs: 4, differences: [], failedOn: ['duplicates', 'leaves'] })
  t.match(report.cases, [
    { id: 'post-jobs.1.reset-after', outcomes: ['duplicates', 'leaves'], exitCode: 0, jobs: 2, left: 1 },
    { id: 'post-jobs-id-run.1.500', outcomes: ['fails', 'leaves'], exitCode: 1, jobs: 1, left: 1 },
  ])
  t.match(naive.stdout(), /^ {2}! creates more jobs than without a fault: post-jobs\.1\.reset-after$/m)
  t.match(naive.stdout(), /^ {4}\| on stdout$/m)
  t.match(naive.stdout(), /^ {4}\| Error: POST .*\/run: 500$/m)
  t.match(naive.stdout(), /^ {2}replay one: bytenite-emulator exec --sweep --only post-jobs\.1\.reset-after -- /m)
})

void t.test('exec: a client that gives its jobs ids and runs each only once', async (t) => {
  const careful = execSweep(
    t,
    `
import { randomUUID } from 'node:crypto'
const { job } = await persistently('POST', jobs, { templateId: 'emulator-succeeds', jobId: randomUUID() })
try {
  await call('POST', jobs + '/' + job.id + '/run', {})
} catch {
  const { job: { state } } = await persistently('GET', jobs + '/' + job.id)
  if (state === 'JOB_STATE_NEW') await call('POST', jobs + '/' + job.id + '/run', {})
}
await end(job)`,
    ['--only', 'post-jobs.1.reset-after', '--only', 'get-jobs-id.2.500', '--only', 'post-jobs-id-run.1.reset-after'],
  )
  t.equal((await careful.exit).code, 0, careful.stdout())
  t.match(careful.stdout(), /^bytenite-emulator: 3 cases in 5 runs, .*; no single failure made it hang/)
})

void t.test('exec: a sweep that is interrupted tells what it knows', async (t) => {
  const told = createServer((_request, response) => response.end())
  await new Promise<void>((resolve) => told.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void told.close())
  const { port } = told.address() as AddressInfo
  const hanging = execSweep(
    t,
    `
try {
  await call('POST', jobs, { templateId: 'emulator-succeeds' })
} catch (error) {
  if (!error.message.endsWith('500')) throw error
  setInterval(() => undefined, 1000)
  await fetch('http://127.0.0.1:${port}/')
}`,
    ['--only', 'post-jobs.1.50*', '--hang-after', '10m'],
  )
  await once(told, 'request')
  hanging.child.kill('SIGINT')
  t.equal((await hanging.exit).code, 130)
  t.match(hanging.stdout(), /^ {2}post-jobs\.1 +fails$/m)
  t.match(hanging.stdout(), /^ {2}1 of 2 cases were not run \(interrupted\): post-jobs\.1\.500$/m)
})

void t.test('exec: a program that hangs is killed', async (t) => {
  const hanging = execSweep(
    t,
    `
process.on('SIGTERM', () => undefined)
await call('POST', jobs, { templateId: 'emulator-succeeds' }).catch(() => setInterval(() => undefined, 1000))`,
    ['--only', 'post-jobs.1.500', '--hang-after', '10ms'],
  )
  t.equal((await hanging.exit).code, 1)
  t.match(hanging.stdout(), /^ {2}! hangs: post-jobs\.1\.500$/m)
})

void t.test('exec: what is wrong with a sweep', async (t) => {
  const table = [
    [['--only', 'a', '--', 'true'], 2, /^bytenite-emulator: --only goes with --sweep$/m],
    [
      ['--sweep', '--', 'true'],
      1,
      /^bytenite-emulator: the program sent no request with a valid key: there is nothing/,
    ],
    [
      ['--sweep', '--', 'sh', '-c', 'echo oh >&2; exit 7'],
      7,
      /^oh\nbytenite-emulator: the program ended with 7, though/,
    ],
    [['--sweep', '--', 'no-such-command-anywhere'], 127, /no-such-command-anywhere: command not found$/m],
  ] as const
  await Promise.all(
    table.map(async ([args, code, said]) => {
      const program = runProgram(t, ['exec', ...args])
      t.equal((await program.exit).code, code, args.join(' '))
      t.match(program.stderr(), said)
      t.equal(program.stdout(), '')
    }),
  )
})
