import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startEmulator } from '../../src/index.ts'
import { client } from '../emulator.ts'
import { begun, blockFolder, ended, finished, isAlive, jobs, runningEmulator, temporary, until } from './blocks.ts'

/** A block that ends at nothing but SIGKILL, with a child that holds its pipes; it says who both are. */
const stubborn = `process.on('SIGTERM', () => {})
const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)'], { stdio: 'inherit' })
writeFileSync(JSON.parse(env.APP_PARAMS).pids, process.pid + ' ' + child.pid + '\\n')
setInterval(() => {}, 1e6)`

/** A block that lives until it is told to end, and says who it is. */
const patient = `writeFileSync(JSON.parse(env.APP_PARAMS).pids, process.pid + '\\n')
setInterval(() => {}, 1e6)`

/** A job whose block runs, and the ids of its processes. */
async function working(t: Test, call: Parameters<typeof begun>[0], more: object = {}) {
  const pids = join(temporary(t), 'pids')
  const id = await begun(call, { params: { app: { pids } }, ...more })
  const written = (): string => (existsSync(pids) ? readFileSync(pids, 'utf8') : '')
  await until(() => written().endsWith('\n'))
  return { id, pids: written().trim().split(' ').map(Number) }
}

void t.test('an abort ends a block, and what it has started', async (t) => {
  const { call } = await runningEmulator(t, { app: stubborn })
  const { id, pids } = await working(t, call)
  t.equal(pids.length, 2)
  t.equal((await call('POST', `${jobs}/${id}/abort`)).status, 200)
  t.match(await ended(call, id), { state: 'JOB_STATE_FAILED', errorMessage: 'job was aborted' })
  await until(() => !pids.some(isAlive))
  const { body } = await call('POST', '/v1/customer/logs', { jobId: id, levels: ['ERROR'] })
  t.match(Object.values(body.taskrunner), [{ logs: [{ log: 'job failed: job was aborted' }] }])
})

void t.test('a grandchild that keeps the pipes does not keep the job, and is gone', async (t) => {
  const pids = join(temporary(t), 'pids')
  const { call } = await runningEmulator(t, {
    app: `const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' })
      writeFileSync(${JSON.stringify(pids)}, String(child.pid))
      process.exit(0)`,
  })
  t.match(await finished(call), { state: 'JOB_STATE_COMPLETE' })
  await until(() => !isAlive(Number(readFileSync(pids, 'utf8'))))
})

void t.test('taskTimeout is of the machine, jobTimeout of the clock of the world', async (t) => {
  const { call, world } = await runningEmulator(t, { app: patient })
  const task = await working(t, call, { config: { taskTimeout: 1 } })
  t.match(await ended(call, task.id), { errorMessage: 'task of chunk 0: taskTimeout of 1 s exceeded' })
  await until(() => !task.pids.some(isAlive))

  const job = await working(t, call, { config: { jobTimeout: 3600 } })
  await world('default').clock.advance('1h')
  t.match(await ended(call, job.id), { errorMessage: 'jobTimeout of 3600 s exceeded' })
  await until(() => !job.pids.some(isAlive))
})

void t.test('a world that is emptied, written over or dropped leaves nothing running', async (t) => {
  const { call, url, world } = await runningEmulator(t, { app: patient })
  const first = await working(t, call)
  await world('default').reset()
  await until(() => !first.pids.some(isAlive))

  const second = await working(t, call)
  await world('default').fork('copy')
  const { body } = await client(url, 'test_copy')('GET', `${jobs}/${second.id}`)
  t.match(body.job, { state: 'JOB_STATE_FAILED', errorMessage: 'its world was copied while this job ran' })
  t.ok(second.pids.every(isAlive), 'the one that was copied runs on')
  await world('default').drop()
  await until(() => !second.pids.some(isAlive))
})

void t.test('the end of the emulator ends what runs, and the job says so after the next start', async (t) => {
  const data = temporary(t)
  const options = { apps: [blockFolder(t, { app: patient })], runApps: 'process', data } as const
  const first = await startEmulator(options)
  const { id, pids } = await working(t, client(first.url))
  await first.close()
  t.notOk(pids.some(isAlive))
  t.notOk(existsSync(join(data, 'emulator-runs')), 'no folder is left')
  const second = await startEmulator({ data })
  t.teardown(() => second.close())
  const { body } = await client(second.url)('GET', `${jobs}/${id}`)
  t.match(body.job, { state: 'JOB_STATE_FAILED', errorMessage: 'the emulator ended while this job ran' })
})
