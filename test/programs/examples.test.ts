import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { createCollector } from '../../src/exec/report/collector.ts'
import { parseTimestamp } from '../../src/base/timestamps.ts'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const clockOf = '/_emulator/worlds/default/clock'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one of the examples to its end. */
const example = (command: string, args: readonly string[], env: Record<string, string>): Promise<Ended> =>
  new Promise((resolve) => {
    const folder = join(import.meta.dirname, '..', '..', 'examples')
    const options = { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', ...env } }
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
  })

const noPython = await example('python3', ['-c', 'import requests'], {}).then(({ code }) =>
  code === 0 ? false : 'python3 with requests is not installed',
)

for (const [command, file, skip] of [
  [process.execPath, 'flow.mjs', false],
  ['python3', 'flow.py', noPython],
] as const) {
  void t.test(`${file}: the whole flow of a client`, { skip }, async (t) => {
    for (const [era, args] of [
      ['2025', []],
      ['2025', ['--legacy']],
      ['2023', ['--legacy']],
    ] as const) {
      const { note, summarize } = createCollector()
      const { url, operations } = await emulator(t, { era, pace: { by: 'polls', total: 2 }, onExchange: note })
      const { code, stdout, stderr } = await example(command, [file, ...args], { BYTENITE_API_URL: url })
      t.equal(code, 0, stderr)
      t.match(
        stdout,
        /^hello_world_processed\.txt: HELLO, WORLD\r?\n\S+ JOB_STATE_COMPLETE/,
        `era ${era} ${args.join()}`,
      )
      t.same(summarize(operations()).findings, [], 'nothing looks wrong in it')
    }
  })

  void t.test(`${file}: a job that fails shows its logs`, { skip }, async (t) => {
    const { url } = await emulator(t, { pace: { by: 'polls', total: 1 } })
    const { code, stdout, stderr } = await example(command, [file], {
      BYTENITE_API_URL: url,
      TEMPLATE_ID: 'emulator-fails',
    })
    t.equal(code, 1)
    t.match(stdout, /ERROR job failed: app exited with code 1/)
    t.match(stderr, /failed: app exited with code 1/)
  })
}

void t.test('the answers that the notebooks of 2023 read', async (t) => {
  const { url } = await emulator(t, { era: '2023', pace: { by: 'gates' } })
  const call = client(url, 'test_default', '2023')
  const { body } = await call('POST', jobs, { templateId: 'emulator-succeeds' })
  const { id } = body.job
  t.match(body.job, { completedAt: null, deadline: null, paymentAmount: '0', numChunks: '0', numUnitsEstimation: '0' })
  await call('POST', `${jobs}/run/${id}`, {})
  t.same((await call('GET', `${jobs}/${id}/results`)).body, { results: [] }, 'empty before completion')
  await call('POST', `/_emulator/worlds/default/jobs/${id}/release`, { steps: 8 })
  const { job } = (await call('GET', `${jobs}/${id}`)).body
  t.equal(job.state, 'JOB_STATE_COMPLETE')
  t.match(job.completedAt, /Z$/)
  t.match(job, { paymentAmount: '2', numChunks: '1', numUnitsEstimation: '1' })
  const [listed] = (await call('GET', jobs)).body.data
  t.same(listed, job, 'lists speak the same words')
})

void t.test('a thousand pollers on one job see its states in order', async (t) => {
  const { inject } = await emulator(t, { pace: { by: 'polls', total: 500 } })
  const headers = { authorization: 'test_default' }
  const id = 'polled'
  await inject({ method: 'POST', url: jobs, headers, payload: { templateId: 'emulator-succeeds', jobId: id } })
  await inject({ method: 'POST', url: `${jobs}/${id}/run`, headers })
  const answers = await Promise.all(
    Array.from({ length: 1000 }, () => inject({ method: 'GET', url: `${jobs}/${id}`, headers })),
  )
  t.ok(answers.every(({ statusCode }) => statusCode === 200))
  const last = (await inject({ method: 'GET', url: `${jobs}/${id}`, headers })).json()
  t.equal(last.job.state, 'JOB_STATE_COMPLETE')
  const entered = Object.values<string>(last.job.stateTimestamps)
  t.equal(entered.length, 10)
  t.same(entered, [...entered].sort(), 'in order')
})

void t.test('offsets beyond the end', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  await call('POST', jobs, { templateId: 'emulator-succeeds' })
  for (const offset of [1, 10, 4_294_967_295]) {
    const { status, body } = await call('GET', `${jobs}?pagination.offset=${offset}`)
    t.equal(status, 200)
    t.same(body, { pagination: { total: 1, offset, hasPrevious: true, hasNext: false }, data: [] })
  }
})

void t.test('a clock moved by ten years', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { body } = await call('POST', jobs, { templateId: 'emulator-succeeds' })
  const { id } = body.job
  await call('POST', `${jobs}/${id}/run`)
  const moved = await call('POST', `${clockOf}/advance`, { by: '3650d' })
  t.equal(moved.body.transitions.at(-1).state, 'JOB_STATE_COMPLETE')
  const { job } = (await call('GET', `${jobs}/${id}`)).body
  t.equal(job.duration, 3, 'it ended when it would have')
  const later = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  const years = (parseTimestamp(later.createdAt)! - parseTimestamp(job.createdAt)!) / (365 * 24 * 3600 * 1e6)
  t.ok(years >= 10 && years < 10.01, later.createdAt)
})

void t.test('jobs that run while the emulator is restarted end when they would have', async (t) => {
  let wall = parseTimestamp('2025-06-01T12:00:00Z')!
  const options = { data: t.testdir(), clock: { now: () => wall } }
  const before = await emulator(t, options)
  const call = client(before.url)
  const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  await call('POST', `${jobs}/${id}/run`)
  wall += 1_000_000
  t.equal((await call('GET', `${jobs}/${id}`)).body.job.state, 'JOB_STATE_PARTITIONED')
  await before.close()

  wall += 3600 * 1_000_000
  const after = client((await emulator(t, options)).url)
  const { job } = (await after('GET', `${jobs}/${id}`)).body
  t.match(job, { state: 'JOB_STATE_COMPLETE', endedAt: '2025-06-01T12:00:03Z', duration: 3 })
})
