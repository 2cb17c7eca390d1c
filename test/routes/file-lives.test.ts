import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { SeedResult } from '../../schemas/seed.ts'
import { readSeed } from '../../src/settings/seed-files.ts'
import { openFiles } from '../../src/store/files/files.ts'
import { jobFolder } from '../../src/store/files/folders.ts'
import { client, emulator } from '../emulator.ts'
import { jobs, waitingJob, put, finish, completed, bytesOf, filesBelow, until } from './files.ts'

void t.test('files survive a restart; what was left half-done does not', async (t) => {
  const data = t.testdir()
  const first = await emulator(t, { data })
  let call = client(first.url)
  const uploaded = await waitingJob(call, { params: { app: { case: 'upper' } } })
  await put(uploaded.tempUrl, 'kept')
  const done = await completed(call, { templateId: 'img-gen-diffusers' })
  const before = await bytesOf(done.results[0]!.link)
  await first.close()
  const cut = join(data, 'files', 'incoming', '1')
  mkdirSync(join(data, 'files', 'incoming'), { recursive: true })
  writeFileSync(cut, 'half an upload')

  const second = await emulator(t, { data })
  t.notOk(existsSync(cut))
  call = client(second.url)
  t.same(await bytesOf(done.results[0]!.link.replace(first.url, second.url)), before, 'the link still works')
  t.equal((await call('PATCH', `${jobs}/${uploaded.id}/uploadcompleted`)).status, 200)
  await finish(call, uploaded.id)
  const { body } = await call('GET', `${jobs}/${uploaded.id}/results`)
  t.equal((await bytesOf(body.results[0].link)).toString(), 'KEPT')
})

void t.test('folders of jobs that are gone are swept away', async (t) => {
  const data = t.testdir()
  const files = openFiles(data, (world) => world)
  const [there, gone] = ['0b6ecb4e-2c9c-4b8e-9a3e-000000000001', '0b6ecb4e-2c9c-4b8e-9a3e-000000000002']
  const kept = [there, 'a-name']
  for (const world of [1, 2]) {
    for (const jobId of [...kept, gone, 'a-gone-name']) {
      const arrival = await files.receive(Readable.from(['x']))
      arrival.place(files.of(world, jobId), 'upload-1.bin')
      await arrival.flush()
    }
  }
  const stray = await files.receive(Readable.from(['stray']))
  stray.place(files.of(1, there), 'upload-2.bin')
  await files.sweep({
    worldAt: (place) => (place === 1 ? 1 : undefined),
    job: ({ jobId }) => (kept.includes(jobId) ? { upload: { file: 'upload-1.bin' } } : undefined),
    jobIds: () => kept,
  })
  t.same(readdirSync(join(data, 'files', 'worlds')), ['1'], 'a place that no world has goes')
  t.same(readdirSync(join(data, 'files', 'worlds', '1')).sort(), kept.map(jobFolder).sort())
  t.same(
    readdirSync(join(data, 'files', 'worlds', '1', there)),
    ['upload-1.bin'],
    'an upload that no row names goes, too',
  )
})

void t.test('an upload that comes to nothing leaves the former one', async (t) => {
  const files = openFiles(t.testdir(), (world) => world)
  const owner = files.of(1, 'j')
  const receive = async (content: string) => files.receive(Readable.from([content]))
  ;(await receive('first')).place(owner, 'upload-1.bin')
  const refused = await receive('second')
  refused.place(owner, 'upload-2.bin')
  // The act was rolled back after the file was placed.
  await refused.discard()
  const kept = await files.upload(owner, { file: 'upload-1.bin' })
  t.equal(await text(await kept!.read()), 'first')
  t.equal(await files.upload(owner, { file: 'upload-2.bin' }), undefined)
})

void t.test('a second upload takes the place of the first one', async (t) => {
  const data = t.testdir()
  const { url } = await emulator(t, { data })
  const job = await waitingJob(client(url))
  for (const content of ['first', 'the second']) t.equal((await put(job.tempUrl, content)).status, 200)
  const names = () => filesBelow(join(data, 'files', 'worlds'))
  await until(() => names().length === 1)
  t.match(names(), [/^upload-[\da-f-]{36}\.bin$/])
})

void t.test('results that came from elsewhere while they were made stay as they are', async (t) => {
  const files = openFiles(t.testdir(), (world) => world)
  const owner = files.of(1, 'j')
  const make = (content: string, isWanted: () => boolean) =>
    files.makeResults(owner, [{ name: 'r', contentType: 'text/plain', bytes: () => [Buffer.from(content)] }], isWanted)
  await make('first', () => true)
  await make('second', () => true)
  await make('unwanted', () => false)
  const [result] = (await files.results(owner))!
  t.equal(await text(await result!.read()), 'first')
  files.removeJob(owner)
  await t.rejects(result!.read(), { code: 'ENOENT' })
  t.equal(await files.results(owner), undefined)
  files.close()
})

void t.test('without a data directory, files go at the end', async (t) => {
  const folder = t.testdir()
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  t.teardown(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })
  const running = await emulator(t)
  const { tempUrl } = await waitingJob(client(running.url))
  t.same(readdirSync(folder), [], 'no directory before it is needed')
  await put(tempUrl, 'x')
  t.match(filesBelow(folder), [/^upload-[\da-f-]{36}\.bin$/])
  await running.close()
  t.same(readdirSync(folder), [])

  await t.test('nor stays an upload that the end cut short', async (t) => {
    const another = await emulator(t)
    const { tempUrl } = await waitingJob(client(another.url))
    const sent = request(tempUrl, { method: 'PUT' })
    const failed = once(sent, 'error')
    sent.write('some')
    await until(() => filesBelow(folder).length === 1)
    await another.close()
    await failed
    t.same(readdirSync(folder), [])
  })
})

void t.test('a seed names results of its own', async (t) => {
  const folder = t.testdir({ 'result.pdf': 'not really a PDF' })
  const seedFile = join(folder, 'seed.json')
  const results = [
    { name: 'a.txt', text: 'text' },
    { name: 'b.bin', base64: 'AAEC' },
    { name: 'c.pdf', file: 'result.pdf' },
    { name: 'd', text: '{}', contentType: 'application/json' },
  ]
  const jobId = '0b6ecb4e-2c9c-4b8e-9a3e-7c1d3f5a9b21'
  writeFileSync(
    seedFile,
    JSON.stringify({
      templates: [{ id: 'own', results }, { id: 'hello-world-template' }, { id: 'empty', results: [] }],
      jobs: [{ templateId: 'own', jobId, state: 'JOB_STATE_COMPLETE' }],
    }),
  )
  const { url } = await emulator(t, { seed: readSeed(seedFile) })
  const call = client(url)
  const { body } = await call('GET', `${jobs}/${jobId}/results`)
  const downloads = await Promise.all(
    body.results.map(async ({ name, link }: { name: string; link: string }) => {
      const answer = await fetch(link)
      return [name, answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer()).toString('latin1')]
    }),
  )
  t.same(downloads, [
    ['a.txt', 'text/plain; charset=utf-8', 'text'],
    ['b.bin', 'application/octet-stream', '\0\x01\x02'],
    ['c.pdf', 'application/pdf', 'not really a PDF'],
    ['d', 'application/json', '{}'],
  ])
  t.same((await completed(call, { templateId: 'empty' })).results, [])
  t.equal((await completed(call, { templateId: 'hello-world-template' })).results.length, 1, 'a built-in recipe')
  await call('POST', '/v1/dev/templates', { id: 'own' })
  t.same(
    (await completed(call, { templateId: 'own' })).results.map(({ name }) => name),
    ['output.txt'],
  )
  t.equal(readFileSync(join(folder, 'result.pdf'), 'utf8'), 'not really a PDF')

  const failing = (results: object[], message: RegExp) =>
    t.rejects(
      emulator(t, { seed: { templates: [{ id: 'first' }, { id: 'second', results: results as SeedResult[] }] } }),
      { message },
    )
  await failing(
    [{ name: 'a', text: '' }, { name: 'b' }],
    /templates\[1\]\.results\[1\].*exactly one of text, base64 and file/,
  )
  await failing([{ name: 'a', text: '', file: 'b' }], /exactly one/)
  await failing([{ name: '../a', text: '' }], /templates\[1\]\.results\[0\]: name "\.\.\/a"/)
  await failing(
    [
      { name: 'a', text: '' },
      { name: 'a', text: '' },
    ],
    /results\[1\].*twice/,
  )
  await failing([{ name: 'a', base64: '*' }], /not base64/)
  await failing([{ name: 'a', file: 'nowhere.txt' }], /file "nowhere.txt" does not exist/)
  await failing([{ name: 'a', txt: '' }], /txt.*did you mean "text"/)
})
