// Blocks that misbehave: whatever they do, the emulator answers, nothing is left, and the job says what happened.
import { writeFileSync } from 'node:fs'
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
