// Files of jobs whose world is emptied or replaced while a request is under way: each request has those of the one or of the other.
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { filesLeft } from '../../src/core/storage.ts'
import type { JobRecord } from '../../src/domain/jobs/job.ts'
import { type Files, openFiles } from '../../src/store/files/files.ts'
import { client, emulator } from '../emulator.ts'
import { bypass, bytesOf, completed, filesBelow, jobs, put, until, waitingJob } from './files.ts'

/** Files of a world 1 whose place the test changes. */
function movingFiles(folder: string): { files: Files; move: () => void } {
  let place = 1
  return { files: openFiles(folder, () => place), move: () => place++ }
}

void t.test(
  'what an act placed or removed is that of its own place, also after the world has another one',
  async (t) => {
    const { files, move } = movingFiles(t.testdir())
    const upload = { name: 'a', size: 5, completed: false, file: 'upload-1.bin' }
    const job = { id: 'j', upload, deletedAt: null } as JobRecord
    const former = files.of(1, 'j')
    const first = await files.receive(Readable.from(['first']))
    first.place(former, upload.file)
    const removals = [
      filesLeft(files, former, job, { ...job, upload: null }),
      filesLeft(files, former, job, { ...job, upload: { ...upload, file: 'upload-2.bin' } }),
      filesLeft(files, former, job, { ...job, deletedAt: 1 }),
    ]
    t.equal(filesLeft(files, former, job, { ...job, upload: { ...upload, completed: true } }), undefined)
    move()
    const present = files.of(1, 'j')
    const fork = await files.receive(Readable.from(['fork']))
    fork.place(present, upload.file)
    for (const remove of removals) remove!()
    await Promise.all([first.flush(), first.discard()])
    t.equal(await files.upload(former, upload), undefined)
    t.equal(await text(await (await files.upload(present, upload))!.read()), 'fork')
  },
)

void t.test('a result that was found is read as it was found, or not at all', async (t) => {
  const { files, move } = movingFiles(t.testdir())
  const make = (owner: ReturnType<Files['of']>, content: string) =>
    files.makeResults(
      owner,
      [{ name: 'r', contentType: 'text/plain', bytes: () => [Buffer.from(content)] }],
      () => true,
    )
  const former = files.of(1, 'j')
  await make(former, 'former')
  const [found] = (await files.results(former))!
  move()
  const present = files.of(1, 'j')
  await make(former, 'too late')
  t.equal(await files.results(present), undefined, 'results of a former place are thrown away')
  await make(present, 'of the fork')
  t.equal(await text(await found!.read()), 'former')
  files.removePlace(1)
  await t.rejects(found!.read(), { code: 'ENOENT' })
  t.equal(await text(await (await files.results(present))![0]!.read()), 'of the fork')
})

for (const kept of ['in memory', 'on disk']) {
  void t.test(`requests beside a fork that replaces their world, ${kept}`, async (t) => {
    const { url, world } = await emulator(t, kept === 'on disk' ? { data: t.testdir() } : {})
    const control = client(url, null)
    const fork = (from: string) => control('POST', `/_emulator/worlds/${from}/fork`, { into: 'a', replace: true })
    const call = client(url, 'test_a')

    await t.test('a job that is deleted, and is there again, has its upload', async (t) => {
      const { id, tempUrl } = await waitingJob(call)
      await put(tempUrl, 'THE INPUT')
      await world('a').fork('source')
      for (let round = 0; round < 5; round++) {
        await Promise.all([call('DELETE', `${jobs}/${id}`), fork('source')])
        // Whichever was last.
        const isThere = (await call('GET', `${jobs}/${id}`)).status === 200
        const archive = Buffer.from(await world('a').export())
        t.equal(archive.includes('THE INPUT'), isThere)
        await fork('source')
      }
    })

    await t.test('a second upload leaves one file of the two', async (t) => {
      const { tempUrl } = await waitingJob(call)
      await put(tempUrl, 'THE FIRST')
      await world('a').fork('with-first', { replace: true })
      for (let round = 0; round < 10; round++) {
        const [second] = await Promise.all([put(tempUrl, 'THE SECOND'), fork('with-first')])
        t.equal(second.status, 200)
        const archive = Buffer.from(await world('a').export())
        t.equal(Number(archive.includes('THE FIRST')) + Number(archive.includes('THE SECOND')), 1)
        await fork('with-first')
      }
    })

    await t.test('a download has the length that it promises', async (t) => {
      const contents = { short: 'A'.repeat(1000), long: 'B'.repeat(3000) }
      let link = ''
      for (const [name, content] of Object.entries(contents)) {
        await world(name).scenario({ results: [{ name: 'x.txt', text: content }] })
        const done = { templateId: 'hello-world-template', jobId: 'j', dataSource: bypass }
        const own = client(url, `test_${name}`)
        await own('POST', jobs, done)
        await own('POST', `${jobs}/j/run`)
        await world(name).clock.advance('job:j')
        const { body } = await own('GET', `${jobs}/j/results`)
        link = body.results[0].link.replace(`/${name}/`, '/a/')
      }
      await fork('short')
      const { body } = await call('GET', `${jobs}/j/results`)
      link = body.results[0].link
      for (let round = 0; round < 20; round++) {
        const [answer] = await Promise.all([bytesOf(link), fork(round % 2 === 0 ? 'long' : 'short')])
        t.ok(Object.values(contents).includes(answer.toString()), `${answer.length} bytes`)
      }
    })
  })
}

void t.test('results of a job that a reset has replaced are those of the new one', async (t) => {
  const { url, world } = await emulator(t)
  const call = client(url)
  const own = world('default')
  async function run(results: { name: string; text?: string; size?: number }[]): Promise<void> {
    await own.scenario({ results })
    await call('POST', jobs, { templateId: 'hello-world-template', jobId: 'j', dataSource: bypass })
    await call('POST', `${jobs}/j/run`)
    await own.clock.advance('job:j')
  }
  await run([{ name: 'large.bin', size: 30_000_000 }])
  const asked = call('GET', `${jobs}/j/results`)
  await own.reset()
  await run([{ name: 'small.txt', text: 'small' }])
  const { body } = await call('GET', `${jobs}/j/results`)
  t.same(
    body.results.map(({ name }: { name: string }) => name),
    ['small.txt'],
  )
  const former = await asked
  t.ok(former.status === 404 || former.body.results?.length === 1, 'the answer to the first is one of either job')
})

void t.test('an upload that no data source reads any more goes', async (t) => {
  const data = t.testdir()
  const { url } = await emulator(t, { data })
  const call = client(url)
  const names = () => filesBelow(`${data}/files/worlds`)
  const source = { dataSourceDescriptor: 'url', params: { url: 'https://example.com/x' } }
  for (const drop of [
    (id: string) => call('POST', jobs, { jobId: id, templateId: 'hello-world-template', dataSource: source }),
    (id: string) => call('POST', `${jobs}/${id}/datasource`, { dataSource: source }),
  ]) {
    const { id, tempUrl } = await waitingJob(call)
    await put(tempUrl, 'x')
    t.equal(names().length, 1)
    t.equal((await drop(id)).status, 200)
    await until(() => names().length === 0)
  }
  const { id, results } = await completed(call, { templateId: 'hello-world-template' })
  t.equal(results.length, 1)
  t.equal((await call('DELETE', `${jobs}/${id}`)).status, 200)
  await until(() => names().length === 0)
})
