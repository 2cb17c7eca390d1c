import { join } from 'node:path'
import { existsSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { readBlock } from '../../src/domain/runs/block.ts'
import { chunksIn, gather } from '../../src/domain/runs/chunks.ts'
import { environmentOf, paramsText } from '../../src/domain/runs/environment.ts'
import { type StoredLine, storedLogs } from '../../src/domain/runs/log-lines.ts'
import { taskPrice } from '../../src/domain/runs/price.ts'
import { openBlockFolders } from '../../src/runner/folders.ts'
import { createTurns } from '../../src/runner/turns.ts'
import { client, emulator } from '../emulator.ts'
import { blockFolder } from './blocks.ts'

void t.test('chunks are data_{i}.bin, by number', async (t) => {
  const names = ['data_10.bin', 'data_2.bin', 'data_0.bin', 'notes.txt', 'data_.bin', 'xdata_1.bin', 'data_1.bin.bak']
  t.strictSame(chunksIn(names), {
    chunks: ['data_0.bin', 'data_2.bin', 'data_10.bin'],
    others: ['notes.txt', 'data_.bin', 'xdata_1.bin', 'data_1.bin.bak'],
  })
})

void t.test('a name that several tasks wrote gets the number of the task; others stay', async (t) => {
  const names = (results: string[][]) => gather(results).map(({ as }) => as)
  t.strictSame(names([['a.txt'], ['b.txt']]), ['a.txt', 'b.txt'])
  t.strictSame(names([['a.txt', 'own.txt'], ['a.txt']]), ['0_a.txt', 'own.txt', '1_a.txt'])
  t.strictSame(names([['out/a.txt'], ['out/a.txt']]), ['out/0_a.txt', 'out/1_a.txt'])
  t.strictSame(names([['a'], ['a'], ['0_a']]), ['0_0_a', '1_a', '0_a'], 'no file is written over')
})

void t.test('params are JSON with sorted keys, and never empty', async (t) => {
  t.equal(paramsText({ params: null }, 'app'), '{}')
  t.equal(paramsText({ params: { app: { b: 2, a: [{ d: 1, c: 0.5 }] } } }, 'app'), '{"a":[{"c":0.5,"d":1}],"b":2}')
  t.throws(() => paramsText({ params: { app: { text: 'x'.repeat(200_000) } } }, 'app'), /params\.app is 200011 bytes/)
})

void t.test('a block sees what the contract says, and nothing of the emulator', async (t) => {
  const shared = { home: '/h', temporary: '/t', userCache: '/u', sharedCache: '/s' }
  const common = {
    PATH: '/bin',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HOME: '/h',
    TMPDIR: '/t',
    PYTHONUNBUFFERED: '1',
    USER_CACHE_DIR: '/u',
    SHARED_CACHE_DIR: '/s',
  }
  t.strictSame(environmentOf({ kind: 'partitioner', source: '/a', chunks: '/b' }, shared, '/bin', '{}', {}), {
    ...common,
    SOURCE_DIR: '/a',
    CHUNKS_DIR: '/b',
    PARTITIONER_PARAMS: '{}',
  })
  t.strictSame(environmentOf({ kind: 'app', task: '/a', results: '/b', chunk: 3 }, shared, '/bin', '{}', {}), {
    ...common,
    TASK_DIR: '/a',
    TASK_RESULTS_DIR: '/b',
    CHUNK_NUMBER: '3',
    APP_PARAMS: '{}',
  })
  t.strictSame(
    environmentOf({ kind: 'assembler', results: '/a', output: '/b' }, shared, '/bin', '{}', {
      KEY_SECRET_KEY: 'k',
      PATH: 'not this',
    }),
    {
      KEY_SECRET_KEY: 'k',
      ...common,
      TASK_RESULTS_DIR: '/a',
      RESULTS_DIR: '/a',
      OUTPUT_DIR: '/b',
      ASSEMBLER_PARAMS: '{}',
    },
  )
})

void t.test('a manifest is read in every form that the vendor wrote', async (t) => {
  const scaffold = {
    Name: 'my-app',
    Version: '1.2',
    Platform: 'docker',
    Entrypoint: 'run.py',
    platform_config: { container: 'python:3' },
    deviceRequirements: { minCpu: 16, min_memory: 32 },
  }
  t.strictSame(readBlock(JSON.stringify(scaffold), '/f'), {
    kind: 'app',
    tag: 'my-app@1.2',
    code: { folder: '/f' },
    entrypoint: 'run.py',
    secrets: [],
    image: 'python:3',
    minCpu: 16,
    minMemory: 32,
  })
  const wrong: readonly [object, RegExp][] = [
    [{ name: '../x' }, /name "..\/x": expected/],
    [{ version: '1' }, /version "1": expected major\.minor/],
    [{ type: 'engine' }, /type "engine": expected app, partitioner or assembler/],
    [{ entrypoint: '../main.py' }, /entrypoint "..\/main.py": expected the name of a file inside app/],
    [{ entrypoint: '/bin/sh' }, /entrypoint/],
  ]
  for (const [field, sentence] of wrong)
    t.throws(() => readBlock(JSON.stringify({ name: 'a', version: '0.1', ...field }), ''), sentence)
})

void t.test('a task costs its hours times the larger need', async (t) => {
  t.equal(taskPrice(180, { minCpu: 16, minMemory: 32 }), 1.6)
  t.equal(taskPrice(3600, { minCpu: 1, minMemory: 1 }), 1)
})

void t.test('folders are read again when a file changes; what cannot be used is a sentence', async (t) => {
  const folder = blockFolder(t, {})
  const registry = openBlockFolders([folder])
  t.strictSame(
    registry.blocks.map(({ tag }) => tag),
    ['my-app@0.1'],
  )
  t.strictSame([...registry.templates.keys()], ['work'])
  t.strictSame(registry.problems, [])

  writeFileSync(join(folder, 'app', 'manifest.json'), '{"name":"other","version":"3.0"}')
  registry.refresh()
  t.equal(registry.blocks[0]?.tag, 'other@3.0')
  writeFileSync(join(folder, 'app', 'manifest.json'), '{"name":"other"')
  registry.refresh()
  t.strictSame(registry.blocks, [])
  t.match(registry.problems, [/app\/manifest\.json: /])

  t.throws(() => openBlockFolders([join(folder, 'nope')]), /nope" is not a folder; name one that holds building blocks/)
  t.ok(existsSync(folder))
})

void t.test('a template that changes in its folder changes in the answers about its jobs', async (t) => {
  const folder = blockFolder(t, {})
  const { url } = await emulator(t, { apps: [folder] })
  const call = client(url)
  const { body } = await call('POST', '/v1/customer/jobs', { templateId: 'work' })
  const described = async () =>
    (await call('GET', `/v1/customer/jobs/${body.job.id}`)).body.templateInfo.description as string
  t.equal(await described(), '')
  writeFileSync(join(folder, 'work.json'), JSON.stringify({ id: 'work', app: 'my-app', description: 'other' }))
  await call('GET', '/v1/customer/jobs/templates')
  t.equal(await described(), 'other')
})

void t.test('logs of one answer are bounded, and say so', async (t) => {
  const line = (chunk: number, log: string): StoredLine => ({
    at: 1,
    service: 'TASKRUNNER',
    chunk,
    level: 'UNKNOWN',
    log,
  })
  async function* lines(count: number, log: string) {
    for (let number = 0; number < count; number++) yield line(0, log)
  }
  const [task] = Object.values((await storedLogs('a', lines(10_005, 'x'), undefined, {})).taskrunner)
  t.equal(task?.logs.length, 10_001)
  t.match(task?.logs[0], { level: 'WARN', log: /^5 lines of tasks are left out/ })
  const large = await storedLogs('a', lines(100, 'x'.repeat(60_000)), undefined, {})
  t.ok(JSON.stringify(large).length < 4 * 1024 ** 2)

  const failure = { at: 5, failure: 'job was aborted', service: 'PARTITIONER' } as const
  const failed = await storedLogs('a', lines(1, 'x'), failure, {})
  t.match(failed.partitioner, [{ level: 'ERROR', log: 'job failed: job was aborted' }])
})

void t.test('jobs take turns: one with many tasks does not keep the others waiting', async (t) => {
  const turns = createTurns(1)
  const order: string[] = []
  const work = (job: string) => turns.take(job, async () => void order.push(job))
  await Promise.all([work('a'), work('a'), work('a'), work('b'), work('b')])
  t.strictSame(order, ['a', 'a', 'b', 'a', 'b'])
  await t.rejects(
    turns.take('a', async () => {
      throw new Error('no')
    }),
    /no/,
  )
  await work('c')
  t.equal(order.at(-1), 'c', 'a failure gives the place back')
})
