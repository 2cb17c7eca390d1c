import { join } from 'node:path'
import { crc32, inflateSync } from 'node:zlib'
import { unzipSync } from 'fflate'
import t, { type Test } from 'tap'
import { client, emulator } from '../emulator.ts'
import { jobs, bypass, waitingJob, put, advance, finish, completed, bytesOf, filesBelow } from './files.ts'

/** Width, height and pixels of a PNG, with every checksum looked at. */
function readPng(t: Test, png: Buffer) {
  t.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    const data = png.subarray(at + 8, at + 8 + length)
    t.equal(png.readUInt32BE(at + 8 + length), crc32(png.subarray(at + 4, at + 8 + length)))
    chunks.set(png.subarray(at + 4, at + 8).toString(), data)
    at += 12 + length
  }
  t.same([...chunks.keys()], ['IHDR', 'IDAT', 'IEND'])
  const header = chunks.get('IHDR')!
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    kind: [...header.subarray(8)],
    pixels: inflateSync(chunks.get('IDAT')!),
  }
}

void t.test('what templates produce', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)

  await t.test('images, in an archive', async (t) => {
    const request = {
      templateId: 'img-gen-diffusers-flux-gpu-template',
      params: { partitioner: { num_replicas: 3 }, app: { prompt: 'a lighthouse' }, assembler: {} },
    }
    const { results } = await completed(call, request)
    t.same(
      results.map(({ name }) => name),
      ['results_archive.zip'],
    )
    const archive = await bytesOf(results[0]!.link)
    const pictures = Object.entries(unzipSync(archive))
    t.same(
      pictures.map(([name]) => name),
      ['output_image_0.png', 'output_image_1.png', 'output_image_2.png'],
    )
    for (const [, bytes] of pictures) {
      const { width, height, kind, pixels } = readPng(t, Buffer.from(bytes))
      t.same([width, height, kind], [256, 256, [8, 2, 0, 0, 0]])
      t.equal(pixels.length, 256 * (1 + 256 * 3))
    }
    t.equal(new Set(pictures.map(([, bytes]) => Buffer.from(bytes).toString('hex'))).size, 3, 'every replica differs')

    const again = await completed(call, request)
    t.same(await bytesOf(again.results[0]!.link), archive, 'the same job gives the same bytes')
  })

  await t.test('images, as they are', async (t) => {
    const one = await completed(call, { templateId: 'img-gen-diffusers-flux-gpu-noreplica-template' })
    t.same(
      one.results.map(({ name }) => name),
      ['output_image.png'],
    )
    t.equal(readPng(t, await bytesOf(one.results[0]!.link)).width, 256)
    const two = await completed(call, {
      templateId: 'img-gen-diffusers-notaai-cpu-noreplica-template',
      params: { partitioner: { num_replicas: 2 } },
    })
    t.same(
      two.results.map(({ name }) => name),
      ['output_image_0.png', 'output_image_1.png'],
    )
  })

  await t.test('transcripts', async (t) => {
    const { results } = await completed(call, {
      templateId: 'transcription-service-template',
      params: { app: { model: 'tiny' } },
    })
    t.same(
      results.map(({ name }) => name),
      ['transcription_result.json'],
    )
    const transcript = JSON.parse((await bytesOf(results[0]!.link)).toString())
    t.match(transcript, {
      text: String,
      language: 'en',
      segments: [{ id: 0, start: 0, end: 4, text: String }],
      model_used: 'tiny',
    })
    t.equal(transcript.segments.map(({ text }: { text: string }) => text).join(''), transcript.text)
  })

  await t.test('decisions', async (t) => {
    const { results } = await completed(call, { templateId: 'decisionbot-transcription' })
    t.same(
      results.map(({ name }) => name),
      ['decisions.json'],
    )
    const made = JSON.parse((await bytesOf(results[0]!.link)).toString())
    t.match(made, { decisions: [String], transcripts: [/made up by bytenite-emulator/] })
  })

  await t.test('videos', async (t) => {
    const url = 'https://example.com/videos/Holidays.mov?x=1'
    const { results } = await completed(call, {
      templateId: 'video-transcoding@v0.2',
      dataSource: {
        dataSourceDescriptor: 'url',
        params: { '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource', url },
      },
    })
    t.same(
      results.map(({ name }) => name),
      ['Holidays_480p.mp4'],
    )
    const bytes = await bytesOf(results[0]!.link)
    t.equal(bytes.subarray(4, 8).toString(), 'ftyp')
    t.match(bytes.toString('latin1'), 'bytenite-emulator')
  })

  await t.test('texts', async (t) => {
    const hello = await completed(call, { templateId: 'hello-world-template', params: { app: { case: 'lower' } } })
    t.equal((await bytesOf(hello.results[0]!.link)).toString(), 'hello, world!')
    const llama = await completed(call, { templateId: 'llama4-app-cpu-template' })
    t.match(
      [llama.results[0]!.name, (await bytesOf(llama.results[0]!.link)).toString()],
      ['llama4_output_0.txt', 'Make me laugh'],
    )
    const scraper = await completed(call, {
      templateId: 'web-scraper-simple-template',
      params: { partitioner: { urls: ['https://a.example', 'https://b.example'] } },
    })
    t.match(JSON.parse((await bytesOf(scraper.results[0]!.link)).toString()), { total_items_analyzed: 2 })
    await call('POST', '/v1/dev/templates', { id: 'mine', app: 'nobody-knows', assembler: 'zipper' })
    const own = await completed(call, {
      templateId: 'mine',
      params: { partitioner: { num_replicas: 2 }, app: { a: 1 } },
    })
    const files = unzipSync(await bytesOf(own.results[0]!.link))
    t.same(Object.keys(files), ['output_0.txt', 'output_1.txt'])
    t.match(Buffer.from(files['output_0.txt']!).toString(), '"app":{"a":1}')
  })
})

void t.test('where results go', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const request = { templateId: 'hello-world-template' }

  const bypassed = await completed(call, { ...request, dataDestination: bypass })
  t.same(bypassed.results, [])

  const temporary = await completed(call, request)
  const params = {
    '@type': 'type.googleapis.com/bytenite.data_source.S3DataSource',
    bucketName: 'b',
    accessKey: 'a',
    secretKey: 's',
  }
  const kept = await completed(call, { ...request, dataDestination: { dataSourceDescriptor: 's3', params } })
  t.equal(kept.results.length, 1)

  await advance(call, '49h')
  const links = async (id: string) => (await call('GET', `${jobs}/${id}/results`)).body.results[0].link as string
  const gone = await fetch(await links(temporary.id))
  t.match([gone.status, await gone.json()], [404, { code: 5, message: /48 hours/ }])
  t.equal((await fetch(await links(kept.id))).status, 200)
})

void t.test('results that there are none of', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { body } = await call('POST', jobs, { templateId: 'hello-world-template', dataSource: bypass })
  const { id } = body.job
  const early = { status: 500, body: { code: 2, message: 'job has not yet been completed', details: [] } }
  await call('POST', `${jobs}/${id}/run`)
  t.match(await call('GET', `${jobs}/${id}/results`), early)
  await call('POST', `${jobs}/${id}/abort`)
  t.match(await call('GET', `${jobs}/${id}/results`), early, 'a failed job never completed')
  await call('DELETE', `${jobs}/${id}`)
  t.match(await call('GET', `${jobs}/${id}/results`), { status: 404, body: { code: 5 } })

  const { id: done, results } = await completed(call, { templateId: 'hello-world-template' })
  t.equal((await client(url, 'test_default:stranger')('GET', `${jobs}/${done}/results`)).status, 403)
  t.equal((await client(url, 'test_default:readonly')('GET', `${jobs}/${done}/results`)).status, 200)
  t.equal((await call('GET', `/v1/computing/jobs/${done}/results`)).body.results[0].name, results[0]!.name)
})

void t.test('two who ask at once get the same results', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { body } = await call('POST', jobs, { templateId: 'img-gen-diffusers' })
  await finish(call, body.job.id)
  const answers = await Promise.all(Array.from({ length: 20 }, () => call('GET', `${jobs}/${body.job.id}/results`)))
  t.same(new Set(answers.map(({ status, body }) => `${status} ${body.results.length}`)), new Set(['200 1']))
})

void t.test('files go with their job and their world', async (t) => {
  const data = t.testdir()
  const { url } = await emulator(t, { data })
  const call = client(url)
  const files = () => filesBelow(join(data, 'files', 'worlds'))

  const uploaded = await waitingJob(call)
  await put(uploaded.tempUrl, 'x')
  t.match(files(), [/^upload-[\da-f-]{36}\.bin$/])
  await call('POST', `${jobs}/${uploaded.id}/abort`)
  t.same(files(), [])

  const { id, results } = await completed(call, { templateId: 'hello-world-template' })
  t.equal(files().length, 2)
  await call('DELETE', `${jobs}/${id}`)
  t.same(files(), [])
  t.equal((await fetch(results[0]!.link)).status, 404)

  await completed(call, { templateId: 'hello-world-template' })
  const other = client(url, 'test_other')
  const named = await waitingJob(other, { jobId: 'Readable-Id.1' })
  await put(named.tempUrl, 'x')
  await call('POST', '/_emulator/worlds/default/reset')
  t.match(files(), [/^upload-[\da-f-]{36}\.bin$/], 'the other world keeps its files')
  await call('POST', '/_emulator/worlds/other/reset')
  t.same(files(), [])
})

void t.test('a forked world has the files, and keeps them when the first one goes', async (t) => {
  const data = t.testdir()
  const { url } = await emulator(t, { data })
  const call = client(url)
  const done = await completed(call, { templateId: 'img-gen-diffusers' })
  const uploaded = await waitingJob(call)
  await put(uploaded.tempUrl, 'from the first world')
  await call('PATCH', `${jobs}/${uploaded.id}/uploadcompleted`)

  t.equal((await call('POST', '/_emulator/worlds/default/fork', { into: 'copy' })).status, 200)
  t.equal((await call('DELETE', '/_emulator/worlds/default')).status, 200)
  const copy = client(url, 'test_copy')
  t.equal((await fetch(done.results[0]!.link)).status, 404, 'links are of one world')
  const again = await copy('GET', `${jobs}/${done.id}/results`)
  t.equal(Object.keys(unzipSync(await bytesOf(again.body.results[0].link))).length, 5)
  await finish(copy, uploaded.id, 'copy')
  const { body } = await copy('GET', `${jobs}/${uploaded.id}/results`)
  t.equal((await bytesOf(body.results[0].link)).toString(), 'from the first world')

  await call('DELETE', '/_emulator/worlds/copy')
  t.same(filesBelow(join(data, 'files', 'worlds')), [])
})

void t.test('scenarios say what a job produces', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const results = [
    { name: 'out/a.json', text: '{"a":1}' },
    { name: 'b.bin', base64: 'AAEC' },
    { name: 'large.bin', size: 200_000 },
    { name: 'empty', size: 0 },
  ]
  const added = await call('POST', '/_emulator/worlds/default/scenarios', { name: 'scripted', results })
  t.equal(added.status, 200)
  const scripted = await completed(call, { templateId: 'hello-world-template', name: 'scripted' })
  t.same(
    scripted.results.map(({ name }) => name),
    ['out/a.json', 'b.bin', 'large.bin', 'empty'],
  )
  const [first, second, large, empty] = scripted.results.map(({ link }) => link) as [string, string, string, string]
  t.same(await (await fetch(first)).json(), { a: 1 })
  t.same([...(await bytesOf(second))], [0, 1, 2])
  t.equal((await bytesOf(large)).length, 200_000)
  t.equal((await bytesOf(empty)).length, 0)
  t.equal((await completed(call, { templateId: 'hello-world-template', name: 'other' })).results.length, 1)

  for (const [wrong, message] of [
    [[{ name: '../a', text: '' }], /results\[0\]\.name/],
    [
      [
        { name: 'a', text: '' },
        { name: 'a', size: 1 },
      ],
      /results\[1\]\.name "a" occurs twice/,
    ],
  ] as const) {
    t.match(await call('POST', '/_emulator/worlds/default/scenarios', { results: wrong }), {
      status: 400,
      body: { code: 3, message },
    })
  }
})

void t.test('in 2023, a job that is not complete has no results', async (t) => {
  const { url } = await emulator(t, { era: '2023' })
  // The schemas are those of 2025, so answers are not held against them.
  const call = client(url, 'test_default', 'omit')
  const { body } = await call('POST', jobs, { templateId: 'hello-world-template', dataSource: bypass })
  t.match(await call('GET', `${jobs}/${body.job.id}/results`), { status: 200, body: { results: [] } })
  await finish(call, body.job.id)
  t.equal((await call('GET', `${jobs}/${body.job.id}/results`)).body.results.length, 1)
})

void t.test('the journal notes what was done with links', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { id, tempUrl } = await waitingJob(call)
  await put(tempUrl, 'x')
  await put(tempUrl.slice(0, -1), 'x')
  const { body } = await call('GET', '/_emulator/worlds/default/journal')
  t.match(
    body.exchanges.filter(({ path }: { path: string }) => path.startsWith('/bytenite-')),
    [{ method: 'PUT', status: 200, jobId: id }],
  )
})

void t.test(
  'whatever clients call a job or its input, its result is called as a file can be, and can be imported',
  async (t) => {
    const started = await emulator(t)
    const call = client(started.url)
    const type = (name: string) => `type.googleapis.com/bytenite.data_source.${name}`
    const url = (path: string) => ({
      dataSourceDescriptor: 'url',
      params: { '@type': type('HttpDataSource'), url: `http://a.example/${path}` },
    })
    const stored = (name: string) => ({ dataSourceDescriptor: 's3', params: { '@type': type('S3DataSource'), name } })
    for (const [given, called] of [
      [{ dataSource: url('films/night.avi?x=/y') }, 'night_480p.mp4'],
      [{ dataSource: url('a\0\x7fb.avi') }, 'ab_480p.mp4'],
      [{ dataSource: url('..') }, 'data_480p.mp4'],
      [{ dataSource: url('c\\d.avi') }, 'd_480p.mp4'],
      [{ dataSource: url('x'.repeat(250)) }, `${'x'.repeat(200)}_480p.mp4`],
      [{ dataSource: url('x'.repeat(256)) }, 'data_480p.mp4'],
      [{ dataSource: stored('../../e\u0001f.avi') }, 'ef_480p.mp4'],
      [{ dataSource: stored('\t') }, 'data_480p.mp4'],
      [{ dataSource: bypass, name: 'ü'.repeat(100_000) }, `${'ü'.repeat(100)}_480p.mp4`],
      [{ dataSource: bypass, name: '../up' }, '.._up_480p.mp4'],
    ] as const) {
      const { results } = await completed(call, { templateId: 'video-transcoding@v0.2', ...given })
      t.same(
        results.map(({ name }) => name),
        [called],
        JSON.stringify(given).slice(0, 200),
      )
    }
    await started.world('copy').import(await started.world('default').export())
  },
)
