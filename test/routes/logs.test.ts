import t from 'tap'
import { abortRun, startRun } from '../../src/domain/jobs/lifecycle.ts'
import { logsAt, maxTaskLines, taskId } from '../../src/domain/jobs/logs.ts'
import type { JobRecord } from '../../src/domain/jobs/job.ts'
import { client, emulator } from '../emulator.ts'

const second = 1_000_000
const components = { app: 'my-app@1.2', partitioner: 'fanout-replica', assembler: 'zipper' }

/** A job that is run at 0 and takes 10 s. */
const job = (tasks: number, limits: { taskTimeout?: number; jobTimeout?: number } = {}): JobRecord => ({
  id: 'a-job',
  account: 'owner',
  templateId: 'x',
  name: '',
  createdAt: 0,
  deletedAt: null,
  description: '',
  config: {},
  dataSource: { dataSourceDescriptor: 'bypass' },
  dataDestination: { dataSourceDescriptor: 'bucket' },
  params: { partitioner: { num_replicas: tasks }, app: { prompt: 'a cat' } },
  upload: null,
  script: null,
  pace: null,
  run: startRun(0, {
    pace: { by: 'time', total: 10 * second },
    ending: { kind: 'completes' },
    tasks,
    payment: 0,
    taskTimeout: 0,
    jobTimeout: 0,
    ...limits,
  }),
})

const words = (logs: readonly { level: string; log: string }[]) => logs.map(({ level, log }) => `${level} ${log}`)

void t.test('lines come as time goes by', async (t) => {
  const two = job(2)
  const lines = (at: number) => {
    const { partitioner, assembler, taskrunner } = logsAt(two, components, at, {})
    return [partitioner.length, ...Object.values(taskrunner).map(({ logs }) => logs.length), assembler.length]
  }
  // PARTITIONED is entered at 2 s, TASKS_COMPLETED at 7 s, COMPLETE at 10 s; the lines of a start are 10 ms apart.
  for (const [at, counts] of [
    [-1, [0, 0]],
    [0, [1, 0]],
    [19_999, [2, 0]],
    [20_000, [3, 0]],
    [2 * second - 1, [7, 0]],
    [2 * second, [9, 1, 1, 0]],
    [3 * second, [9, 6, 6, 0]],
    [7 * second - 1, [9, 6, 6, 0]],
    [7 * second, [9, 8, 8, 1]],
    [10 * second, [9, 8, 8, 8]],
    [1e9 * second, [9, 8, 8, 8]],
  ] as const) {
    t.same(lines(at), counts, `at ${at} us`)
  }
})

void t.test('what was said once is said again, word by word', async (t) => {
  for (const life of [job(3), job(1, { taskTimeout: 2 }), { ...job(1), run: abortRun(job(1).run!, 3 * second) }]) {
    let before: string[] = []
    for (let at = 0; at <= 11 * second; at += 50_000) {
      const { partitioner, assembler, taskrunner } = logsAt(life, components, at, {})
      const all = [...partitioner, ...Object.values(taskrunner).flatMap(({ logs }) => logs), ...assembler]
      const texts = all.map(({ timestamp, level, log }) => `${timestamp} ${level} ${log}`)
      t.ok(before.every((text) => texts.includes(text)))
      t.ok(all.every(({ timestamp }) => Date.parse(timestamp) * 1000 <= at))
      before = texts
    }
  }
})

void t.test('an abort takes back nothing that was said', async (t) => {
  const running = job(2)
  for (const at of [
    0,
    15_000,
    100_000,
    1.5 * second,
    2 * second,
    2.02 * second,
    6 * second,
    7.01 * second,
    9.9 * second,
  ]) {
    const before = logsAt(running, components, at, {})
    const after = logsAt({ ...running, run: abortRun(running.run!, at) }, components, at, {})
    for (const service of ['partitioner', 'assembler'] as const) {
      t.same(after[service].slice(0, before[service].length), before[service], `${service} at ${at} us`)
    }
    for (const [id, { logs }] of Object.entries(before.taskrunner))
      t.same(after.taskrunner[id]?.logs.slice(0, logs.length), logs)
    const all = [
      ...after.partitioner,
      ...Object.values(after.taskrunner).flatMap(({ logs }) => logs),
      ...after.assembler,
    ]
    t.ok(all.some(({ level, log }) => level === 'ERROR' && log.startsWith('job failed: ')))
  }
})

void t.test('what was yet to be said when the job failed is never said', async (t) => {
  const aborted = { ...job(1), run: abortRun(job(1).run!, 15_000) }
  t.match(words(logsAt(aborted, components, 10 * second, {}).partitioner), [
    /job accepted/,
    /data source/,
    /^ERROR job failed/,
  ])
  t.equal(logsAt(aborted, components, 10 * second, {}).partitioner.length, 3)
})

void t.test('a failed job ends with its reason, where it failed', async (t) => {
  for (const [limits, service] of [
    [{ jobTimeout: 1 }, 'partitioner'],
    [{ taskTimeout: 3 }, 'task'],
    [{ jobTimeout: 9 }, 'assembler'],
  ] as const) {
    const life = job(1, limits)
    const { partitioner, assembler, taskrunner } = logsAt(life, components, 20 * second, {})
    const task = taskrunner[taskId('a-job', 0)]?.logs ?? []
    const parts = { partitioner, task, assembler }
    for (const [name, logs] of Object.entries(parts)) {
      const errors = words(logs).filter((line) => line.startsWith('ERROR'))
      t.same(errors, name === service ? [`ERROR job failed: ${life.run!.failure}`] : [], name)
    }
    t.equal(parts[service].at(-1)!.level, 'ERROR')
  }
})

void t.test('lines tell of the components and their parameters', async (t) => {
  const { partitioner, assembler, taskrunner } = logsAt(job(1), components, 10 * second, {})
  t.match(words(partitioner), [/^INFO job accepted/, /"bypass"/, /image available: fanout-replica/])
  t.ok(words(partitioner).includes('UNKNOWN PARTITIONER_PARAMS={"num_replicas":1}'))
  const task = words(taskrunner[taskId('a-job', 0)]!.logs)
  t.ok(task.includes('DEBUG image available: my-app@1.2'))
  t.ok(task.includes('UNKNOWN APP_PARAMS={"prompt":"a cat"}'))
  t.ok(words(assembler).includes('DEBUG image available: zipper'))
})

void t.test('filters', async (t) => {
  const three = job(3)
  const at = 10 * second
  const ids = [0, 1, 2].map((index) => taskId('a-job', index))
  const all = logsAt(three, components, at, {})
  t.same(Object.keys(all.taskrunner).sort(), [...ids].sort())
  t.same(logsAt(three, components, at, { taskIds: [], levels: [], services: [] }), all, 'empty lists restrict nothing')

  const one = logsAt(three, components, at, { taskIds: [ids[1]!, 'unknown'] })
  t.same(one.taskrunner, { [ids[1]!]: all.taskrunner[ids[1]!] })
  t.same(logsAt(three, components, at, { taskIds: ['unknown'] }).taskrunner, {})

  const partitioner = logsAt(three, components, at, { services: ['PARTITIONER'] })
  t.same(partitioner, { partitioner: all.partitioner, assembler: [], taskrunner: {} })
  const tasks = logsAt(three, components, at, { services: ['TASKRUNNER', 'ASSEMBLER'] })
  t.same(tasks, { ...all, partitioner: [] })

  const info = logsAt(three, components, at, { levels: ['INFO', 'FATAL'] })
  t.same(
    info.partitioner,
    all.partitioner.filter(({ level }) => level === 'INFO'),
  )
  t.same(logsAt(three, components, at, { levels: ['TRACE'] }), { partitioner: [], assembler: [], taskrunner: {} })
})

void t.test('ten thousand tasks get their last lines, and the answer says so', async (t) => {
  const count = 10_000
  const { taskrunner } = logsAt(job(count), components, 10 * second, {})
  t.equal(Object.keys(taskrunner).length, count)
  const lines = Object.values(taskrunner).flatMap(({ logs }) => logs)
  t.equal(lines.length, maxTaskLines + 1)
  const [first] = Object.values(taskrunner)
  t.match(words(first!.logs), [
    /^WARN 70000 lines are left out: .* name tasks in taskIds for more/,
    /^INFO container exited/,
  ])
  const id = taskId('a-job', 5000)
  t.equal(logsAt(job(count), components, 10 * second, { taskIds: [id] }).taskrunner[id]!.logs.length, 8)
})

void t.test('POST /logs', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const logs = async (body: object) => call('POST', '/v1/customer/logs', body)
  const advance = (by: string) => call('POST', '/_emulator/worlds/default/clock/advance', { by })
  const { id } = (await call('POST', '/v1/customer/jobs', { templateId: 'img-gen-diffusers' })).body.job
  t.same((await logs({ jobId: id })).body, { partitioner: [], assembler: [], taskrunner: {} }, 'nothing before run')

  await call('POST', '/_emulator/worlds/default/clock/freeze')
  await call('POST', `/v1/customer/jobs/${id}/run`)
  t.match((await logs({ jobId: id })).body, { partitioner: [{ log: 'job accepted', level: 'INFO' }] })
  await advance('1s')
  const running = (await logs({ job_id: id, task_ids: [], levels: [], services: [] })).body
  t.equal(Object.keys(running.taskrunner).length, 5)
  t.same(running.assembler, [])
  await advance('10s')
  const { body } = await logs({ jobId: id, levels: ['INFO', 'LOUD'], services: ['PARTITIONER', 'ASSEMBLER', 'APP'] })
  t.same(body.taskrunner, {}, 'unknown names are ignored')
  t.ok(body.partitioner.length > 0 && body.assembler.length > 0)
  t.ok([...body.partitioner, ...body.assembler].every(({ level }: { level: string }) => level === 'INFO'))

  t.match(await logs({}), { status: 400, body: { code: 3, message: 'jobId is required' } })
  t.match(await logs({ jobId: 'unknown' }), { status: 404, body: { code: 5 } })
  t.match(await client(url, 'test_default:stranger')('POST', '/v1/customer/logs', { jobId: id }), { status: 403 })
})
