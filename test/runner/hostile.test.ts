// Blocks that misbehave: whatever they do, the emulator answers, nothing is left, and the job says what happened.
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { finished, resultsOf, runningEmulator, temporary, type Codes } from './blocks.ts'

const ok = "writeFileSync(join(env.TASK_RESULTS_DIR, 'out'), 'x')"

void t.test('blocks that misbehave fail their job, each with its reason', async (t) => {
  const cases: readonly (readonly [string, Codes, RegExp])[] = [
    ['exits with 137', { app: 'process.exit(137)' }, /task of chunk 0 exited with code 137/],
    ['is killed', { app: "process.kill(process.pid, 'SIGKILL')" }, /task of chunk 0 exited with code 137/],
    ['needs a library that is not there', { app: "await import('no-such-library')" }, /exited with code 1/],
    [
      'writes more files than a job may',
      { app: "for (let i = 0; i < 10001; i++) writeFileSync(join(env.TASK_RESULTS_DIR, 'f' + i), '')" },
      /the results of all tasks holds more than 10000 files/,
    ],
    [
      'makes no chunk, but names beside them',
      { partitioner: "writeFileSync(join(env.CHUNKS_DIR, 'chunk.bin'), '')", app: ok },
      /made no chunks/,
    ],
  ]
  for (const [title, codes, reason] of cases) {
    const { call } = await runningEmulator(t, codes)
    const job = await finished(call)
    t.match(job, { state: 'JOB_STATE_FAILED', errorMessage: reason }, title)
  }
})

void t.test('a missing library is told by the log', async (t) => {
  const { call } = await runningEmulator(t, { app: "await import('no-such-library')" })
  const job = await finished(call)
  t.match(JSON.stringify((await call('POST', '/v1/customer/logs', { jobId: job.id })).body), /no-such-library/)
})

void t.test('names that lead outside, links and devices are no results', async (t) => {
  const outside = join(temporary(t), 'stolen')
  writeFileSync(outside, 'a file of the user')
  const app = `writeFileSync(join(env.TASK_RESULTS_DIR, 'good'), 'good')
    mkdirSync(join(env.TASK_RESULTS_DIR, 'dir'))
    symlinkSync(${JSON.stringify(outside)}, join(env.TASK_RESULTS_DIR, 'dir', 'link'))
    symlinkSync('/', join(env.TASK_RESULTS_DIR, 'root'))
    writeFileSync(join(env.TASK_RESULTS_DIR, '..', '..', 'beside'), 'beside')
    writeFileSync(join(env.TASK_RESULTS_DIR, '..\\\\x'), 'backslash')`
  const { call } = await runningEmulator(t, { app })
  const job = await finished(call)
  t.equal(job.state, 'JOB_STATE_COMPLETE', job.errorMessage)
  t.strictSame(await resultsOf(call, job.id), { good: 'good' })
  t.match(JSON.stringify((await call('POST', '/v1/customer/logs', { jobId: job.id })).body), /is left out/)
})

void t.test(
  'a folder that is replaced by a link fails the job, and what the link leads to stays where it is',
  async (t) => {
    const outside = temporary(t)
    writeFileSync(join(outside, 'data_0.bin'), 'a file of the user')
    const replaced = (variable: string) =>
      `rmSync(env.${variable}, { recursive: true }); symlinkSync(${JSON.stringify(outside)}, env.${variable})`
    const removed = (variable: string) => `rmSync(env.${variable}, { recursive: true })`
    for (const change of [
      replaced,
      removed,
      (variable: string) => `${removed(variable)}; writeFileSync(env.${variable}, '')`,
    ]) {
      for (const [variable, who, codes] of [
        ['CHUNKS_DIR', 'partitioner', { partitioner: change('CHUNKS_DIR'), app: ok }],
        ['TASK_RESULTS_DIR', 'task of chunk 0', { app: change('TASK_RESULTS_DIR') }],
        ['OUTPUT_DIR', 'assembler', { app: ok, assembler: change('OUTPUT_DIR') }],
      ] as const) {
        const { call } = await runningEmulator(t, codes)
        const { state, errorMessage } = await finished(call)
        t.equal(state, 'JOB_STATE_FAILED', variable)
        t.equal(errorMessage, `${who}: it removed or replaced the folder ${variable}; write into it instead`)
        t.strictSame(readdirSync(outside), ['data_0.bin'])
      }
    }
  },
)

void t.test('names that are not UTF-8, and paths that are too long, are no results', async (t) => {
  const app = `writeFileSync(join(env.TASK_RESULTS_DIR, 'good'), 'good')
    writeFileSync(Buffer.concat([Buffer.from(env.TASK_RESULTS_DIR + '/'), Buffer.from([0x61, 0xff])]), 'x')
    process.chdir(env.TASK_RESULTS_DIR)
    for (let depth = 0; depth < 20; depth++) {
      mkdirSync('d'.repeat(250))
      process.chdir('d'.repeat(250))
    }
    writeFileSync('f', 'x')`
  const { call } = await runningEmulator(t, { app })
  const job = await finished(call)
  t.equal(job.state, 'JOB_STATE_COMPLETE', job.errorMessage)
  t.strictSame(await resultsOf(call, job.id), { good: 'good' })
})

void t.test('links in the code of a block are left out, and the log says so', async (t) => {
  const { call, folder } = await runningEmulator(t, { app: ok })
  symlinkSync('/', join(folder, 'app', 'app', 'lib'))
  const job = await finished(call)
  t.equal(job.state, 'JOB_STATE_COMPLETE', job.errorMessage)
  const { body } = await call('POST', '/v1/customer/logs', { jobId: job.id })
  t.match(JSON.stringify(body), /app\/lib[\\"]+ is left out: the code of a block is plain files/)
})
