import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startEmulator } from '../../src/index.ts'
import { assertMayRun } from '../../src/settings/run-rules.ts'
import { client, emulator } from '../emulator.ts'
import { works } from '../program.ts'
import { begun, blockFolder, ended, finished, jobs, resultsOf, runningEmulator } from './blocks.ts'

const chain = {
  partitioner: `const { count } = JSON.parse(env.PARTITIONER_PARAMS)
    const [name] = readdirSync(env.SOURCE_DIR)
    for (let i = 0; i < count; i++) writeFileSync(join(env.CHUNKS_DIR, 'data_' + i + '.bin'), name + ' ' + i)`,
  app: `const chunk = readFileSync(join(env.TASK_DIR, 'data.bin'), 'utf8')
    console.log('chunk', env.CHUNK_NUMBER, 'is', chunk)
    writeFileSync(join(env.TASK_RESULTS_DIR, 'out.txt'), chunk.toUpperCase())`,
  assembler: `const names = readdirSync(env.TASK_RESULTS_DIR).sort()
    writeFileSync(join(env.OUTPUT_DIR, 'all.txt'), names.map((name) => readFileSync(join(env.RESULTS_DIR, name))).join())`,
}
const fileSource = {
  dataSourceDescriptor: 'file',
  params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource', name: 'notes.txt' },
}

void t.test('a client gets what the code of its blocks wrote and printed', async (t) => {
  const { call } = await runningEmulator(t, chain)
  const job = await finished(call, { params: { partitioner: { count: 3 } } })
  t.match(job, { state: 'JOB_STATE_COMPLETE', numChunks: 3, errorMessage: '' })
  t.strictSame(await resultsOf(call, job.id), { 'all.txt': 'DUMMY_FILE 0,DUMMY_FILE 1,DUMMY_FILE 2' })

  const { body: logs } = await call('POST', '/v1/customer/logs', { jobId: job.id, levels: ['UNKNOWN'] })
  const printed = Object.values(logs.taskrunner as Record<string, { logs: { log: string }[] }>).map(
    ({ logs }) => logs[0]!.log,
  )
  t.strictSame(printed.sort(), ['chunk 0 is dummy_file 0', 'chunk 1 is dummy_file 1', 'chunk 2 is dummy_file 2'])

  const { body: why } = await call('GET', `/_emulator/worlds/default/jobs/${job.id}`)
  t.match(why.timeline[3], { state: 'JOB_STATE_PARTITIONING', reason: 'its building blocks reached it' })
})

void t.test('an upload is the one file in SOURCE_DIR, under its name; without engines it is the chunk', async (t) => {
  const { call } = await runningEmulator(t, {
    ...chain,
    partitioner: `const names = readdirSync(env.SOURCE_DIR)
      writeFileSync(join(env.CHUNKS_DIR, 'data_0.bin'), names + ':' + readFileSync(join(env.SOURCE_DIR, names[0])))`,
  })
  const { body } = await call('POST', jobs, { templateId: 'work', dataSource: fileSource })
  await fetch(body.job.dataSource.params.tempUrl, { method: 'PUT', body: 'hello' })
  await call('PATCH', `${jobs}/${body.job.id}/uploadcompleted`)
  await call('POST', `${jobs}/${body.job.id}/run`)
  await ended(call, body.job.id)
  t.strictSame(await resultsOf(call, body.job.id), { 'all.txt': 'NOTES.TXT:HELLO' })

  const plain = await runningEmulator(t, { app: chain.app })
  const { id } = await finished(plain.call)
  t.strictSame(await resultsOf(plain.call, id), { 'out.txt': 'DUMMY_FILE' })
})

void t.test('a failed block fails the job, and says which and how', async (t) => {
  const app = `const { failing } = JSON.parse(env.APP_PARAMS)
    if (env.CHUNK_NUMBER === failing) { console.error('oh no'); process.exit(7) }`
  const { call } = await runningEmulator(t, { ...chain, app })
  const params = { partitioner: { count: 3 }, app: { failing: '2' } }
  const job = await finished(call, { params })
  t.match(job, { state: 'JOB_STATE_FAILED', errorMessage: 'task of chunk 2 exited with code 7' })
  const { body: logs } = await call('POST', '/v1/customer/logs', { jobId: job.id, levels: ['UNKNOWN', 'ERROR'] })
  t.match(Object.values(logs.taskrunner), [
    { logs: [{ log: 'oh no' }, { level: 'ERROR', log: 'job failed: task of chunk 2 exited with code 7' }] },
  ])
  t.equal((await call('GET', `${jobs}/${job.id}/results`)).status, 500)

  const broken = await runningEmulator(t, { ...chain, partitioner: 'process.exit(3)' })
  t.match(await finished(broken.call), { errorMessage: 'partitioner exited with code 3' })
  const empty = await runningEmulator(t, { ...chain, partitioner: '' })
  t.match(await finished(empty.call), { errorMessage: /^partitioner made no chunks/ })
})

void t.test('a task is tried again as often as maxTaskRetries says', async (t) => {
  const app = `const seen = join(env.USER_CACHE_DIR, 'seen')
    mkdirSync(env.USER_CACHE_DIR, { recursive: true })
    if (!existsSync(seen)) { writeFileSync(seen, ''); process.exit(1) }
    writeFileSync(join(env.TASK_RESULTS_DIR, 'ok'), '')`
  const { call } = await runningEmulator(t, { app })
  t.match(await finished(call, { config: { maxTaskRetries: 1 } }), { state: 'JOB_STATE_COMPLETE' })
})

void t.test('what decides how a run turns out also decides that it is played', async (t) => {
  const { call, world } = await runningEmulator(t, { app: 'process.exit(1)' }, { pace: '0s' })
  await world('default').scenario({ templateId: 'work', failIn: 'JOB_STATE_MERGING', times: 1 })
  t.match(await finished(call), { errorMessage: 'failed in JOB_STATE_MERGING' })
  t.match(await finished(call), { errorMessage: 'task of chunk 0 exited with code 1' })
  t.match(
    await finished(call, { templateId: 'img-gen-diffusers' }),
    { state: 'JOB_STATE_COMPLETE' },
    'a built-in template',
  )
})

void t.test('without --run-apps nothing is run', async (t) => {
  const { url } = await emulator(t, { apps: [blockFolder(t, { app: 'process.exit(1)' })], pace: '0s' })
  t.match(await finished(client(url)), { state: 'JOB_STATE_COMPLETE' })
})

void t.test('a block that is not there stops the run, and the sentence names those there are', async (t) => {
  const { call } = await runningEmulator(t, {})
  await call('POST', '/v1/dev/templates', { id: 'theirs', app: 'nobody-has@1.0' })
  const { body } = await call('POST', jobs, { templateId: 'theirs', dataSource: { dataSourceDescriptor: 'bypass' } })
  const { status, body: error, headers } = await call('POST', `${jobs}/${body.job.id}/run`)
  t.equal(status, 400)
  t.equal(headers.get('x-emulator-ground'), 'chosen; block-missing')
  t.match(error, { code: 9, message: /app "nobody-has@1\.0" is in no folder of --apps \(there: my-app@0\.1\)/ })
})

void t.test('a job runs the code that was there when it began', async (t) => {
  const { call, folder } = await runningEmulator(t, { app: `console.log('old')` })
  const printed = async (): Promise<string> => {
    const { id } = await finished(call)
    const { body } = await call('POST', '/v1/customer/logs', { jobId: id, levels: ['UNKNOWN'] })
    return Object.values<any>(body.taskrunner)[0].logs[0].log
  }
  t.equal(await printed(), 'old')
  writeFileSync(join(folder, 'app', 'app', 'main.mjs'), `console.log('new')`)
  t.equal(await printed(), 'new')
})

void t.test('running tasks are those that really run', async (t) => {
  const partitioner = "for (let i = 0; i < 5; i++) writeFileSync(join(env.CHUNKS_DIR, 'data_' + i + '.bin'), 'x')"
  const app = `while (!existsSync(join(env.USER_CACHE_DIR, 'go'))) await new Promise((resolve) => setTimeout(resolve, 10))`
  const { call } = await runningEmulator(t, { partitioner, app }, { runParallel: 2 })
  const id = await begun(call)
  const running = async () =>
    (await call('POST', `${jobs}/runningTasks`, { jobsIds: [id] })).body.jobsRunningTasks[id] as number
  while ((await running()) < 2);
  t.equal(await running(), 2, 'of five tasks two at once')
  await call('POST', `${jobs}/${id}/abort`)
  t.equal(await running(), 0, 'of a job that has ended none counts')
  t.equal((await ended(call, id)).state, 'JOB_STATE_FAILED')
})

void t.test('nothing but its own blocks moves such a job', async (t) => {
  const { call } = await runningEmulator(t, { app: 'setInterval(() => {}, 1e6)' })
  const id = await begun(call)
  const job = `/_emulator/worlds/default/jobs/${id}`
  const really = { code: 9, message: /runs building blocks, and only they move it/ }
  t.match((await call('POST', `${job}/release`, {})).body, really)
  t.match((await call('POST', `${job}/hold`, { before: 'JOB_STATE_MERGING' })).body, really)
  t.match((await call('PUT', `${job}/pace`, { pace: '0s' })).body, really)
  t.match((await call('GET', job)).body, { next: /^its building blocks: passthrough, my-app@0\.1/ })
})

void t.test('code is run on this machine for its user alone', async (t) => {
  const options = { runApps: 'process', apps: [blockFolder(t, {})] } as const
  for (const host of ['0.0.0.0', '::', '192.168.0.7']) {
    await t.rejects(
      startEmulator({ ...options, host }),
      /--run-apps runs programs on this machine, so it goes with a loopback/,
    )
  }
  t.throws(() => assertMayRun({ runApps: 'process' }, '127.0.0.1', 'win32'), /does not work on Windows/)
  t.doesNotThrow(() => assertMayRun({ runApps: 'process' }, '::1', 'linux'))
  t.doesNotThrow(() => assertMayRun({ runApps: 'off' }, '0.0.0.0', 'win32'))
})

void t.test('the example blocks', { skip: works('python3', '--version') ? false : 'no Python here' }, async (t) => {
  const apps = [join(import.meta.dirname, '..', '..', 'examples', 'blocks')]
  const { url } = await emulator(t, { apps, runApps: 'process' })
  const call = client(url)
  const shouted = await finished(call, { templateId: 'shout-template' })
  t.match(shouted, { state: 'JOB_STATE_COMPLETE', numChunks: 3, errorMessage: '' })
  t.strictSame(Object.keys(await resultsOf(call, shouted.id)), ['results.zip'])
  const { id } = await finished(call, { templateId: 'count-words-template' })
  t.strictSame(await resultsOf(call, id), { 'words.json': '{"words":1}\n' })
  const hello = await finished(call, { templateId: 'hello-world-template', params: { app: { case: 'upper' } } })
  t.strictSame(await resultsOf(call, hello.id), { 'hello_world_processed.txt': 'DUMMY_FILE' })
})
