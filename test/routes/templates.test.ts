import t from 'tap'
import type { Seed } from '../../schemas/seed.ts'
import { builtInTemplates } from '../../src/domain/templates/built-in.ts'
import { startEmulator } from '../../src/index.ts'
import { type Call, client, emulator, steadyClock } from '../emulator.ts'

const customer = '/v1/customer/jobs/templates'
const dev = '/v1/dev/templates'

const save = async (call: Call, template: object): Promise<void> => {
  const { status, body } = await call('POST', dev, template)
  if (status !== 200) throw new Error(JSON.stringify(body))
}
const createFrom = (call: Call, templateId: string) => call('POST', '/v1/customer/jobs', { templateId })

void t.test('the built-in catalogue has every template that guides and public clients use', async (t) => {
  const call = client((await emulator(t)).url)
  const { body } = await call('GET', `${customer}?pagination.limit=1000`)
  const ids = body.data.map((template: { id: string }) => template.id)
  for (const id of [
    'video-transcoding@v0.2',
    'opencv-container@v0.1',
    'img-gen-diffusers',
    'img-gen-diffusers-flux-gpu-template',
    'decisionbot-transcription',
    'transcription-service-template',
    'web-scraper-dibek-fixed',
    'hello-world-template',
  ]) {
    t.ok(ids.includes(id), id)
  }
  t.strictSame(ids, [...builtInTemplates.keys()], "the vendor's first")
  for (const id of ids) {
    const { status, body } = await createFrom(call, id)
    t.strictSame([status, body.job?.templateId, body.templateInfo?.id], [200, id, id])
    t.not(body.job.dataDestination, null, `jobs from ${id} have a place for their output`)
  }
})

void t.test('lists are paged and ordered', async (t) => {
  const call = client((await emulator(t)).url)
  const total = builtInTemplates.size
  const first = await call('GET', customer)
  t.strictSame(first.body.pagination, { total, offset: 0, hasPrevious: false, hasNext: true })
  t.equal(first.body.data.length, 10)
  const shown = first.body.data.map(({ id }: { id: string }) => id)
  t.ok(shown.includes('video-transcoding@v0.2'), 'an integration that cannot page finds its template')
  t.notOk(shown.some((id: string) => id.startsWith('emulator-')))
  const rest = await call('GET', `${customer}?pagination.offset=10&pagination.limit=100`)
  t.strictSame(rest.body.pagination, { total, offset: 10, hasPrevious: true, hasNext: false })
  t.equal(rest.body.data.length, total - 10)
  const developer = await call('GET', `${dev}?pagination.limit=2&orderBy=id%20desc`)
  t.strictSame(developer.body.pagination, { total, offset: 0, hasPrevious: false, hasNext: true })
  const idsOf = (list: { id: string }[]) => list.map(({ id }) => id)
  t.strictSame(idsOf(developer.body.templates), [...builtInTemplates.keys()].sort().reverse().slice(0, 2))
  for (const path of [customer, dev]) {
    t.match(await call('GET', `${path}?pagination.limit=x`), { status: 400, body: { code: 3 } })
  }
})

void t.test('lists begin with what somebody made, and end with the emulator', async (t) => {
  const call = client((await emulator(t)).url)
  for (const id of ['z', 'emulator-of-mine', 'hello-world-template']) await save(call, { id, app: 'mine' })
  const { body } = await call('GET', `${customer}?pagination.limit=1000`)
  const ids = body.data.map(({ id }: { id: string }) => id) as string[]
  t.strictSame(ids.slice(0, 4), ['emulator-of-mine', 'hello-world-template', 'z', 'video-transcoding@v0.2'])
  const own = ids.slice(3).findIndex((id) => id.startsWith('emulator-')) + 3
  t.ok(ids.slice(own).every((id) => id.startsWith('emulator-')))
  t.equal(new Set(ids).size, ids.length)
})

void t.test('a misspelt id is answered with the nearest one', async (t) => {
  const call = client((await emulator(t)).url)
  for (const [id, meant] of [
    ['hello-world', 'hello-world-template'],
    ['helo_world', 'hello-world-template'],
    ['video-transcoding-template', 'video-transcoding@v0.2'],
    ['img-gen-difusers', 'img-gen-diffusers'],
    ['emulator-suceeds', 'emulator-succeeds'],
  ]) {
    t.match(
      (await createFrom(call, id!)).body.message,
      `template "${id}" does not exist (did you mean "${meant}"?); add it`,
    )
  }
  t.notMatch((await createFrom(call, 'something-else-altogether')).body.message, /did you mean/)
})

void t.test('a template that a client makes', async (t) => {
  const clock = steadyClock('2025-05-20T09:00:00Z')
  const { url } = await emulator(t, { clock })
  const call = client(url)
  const template = {
    id: 'mine@1.0',
    description: 'd',
    app: 'my-app@1',
    partitioner: 'passthrough',
    assembler: 'zipper@1.2',
    dataSource: { dataSourceDescriptor: 'bypass' },
    dataDestination: { dataSourceDescriptor: 'bucket' },
    params: { partitioner: { n: 1 }, assembler: {}, app: { prompt: 'p' } },
    config: { taskTimeout: '5', isTestJob: true },
  }

  await t.test('answers ok, and reads back with all its fields', async (t) => {
    const { status, body } = await call('POST', dev, template)
    t.equal(status, 200)
    t.strictSame(body, { ok: true, requestId: '', message: '', error: null })
    const read = await call('GET', `${dev}/mine@1.0`)
    t.strictSame(read.body, {
      id: 'mine@1.0',
      owner: read.body.owner,
      description: 'd',
      app: 'my-app@1',
      partitioner: 'passthrough',
      assembler: 'zipper@1.2',
      createdAt: '2025-05-20T09:00:00Z',
      updatedAt: '2025-05-20T09:00:00Z',
      isPublic: false,
      dataSource: { dataSourceDescriptor: 'bypass', params: null },
      dataDestination: { dataSourceDescriptor: 'bucket', params: null },
      params: { preset: '', partitioner: { n: 1 }, assembler: {}, app: { prompt: 'p' } },
      config: { taskTimeout: 5, jobTimeout: 0, isTestJob: true },
      userName: '',
    })
    t.match(read.body.owner, /^[0-9a-f-]{36}$/)
    t.equal((await call('GET', `${dev}/mine%401.0`)).status, 200, 'by its escaped id, too')
  })

  await t.test('gives its defaults to jobs, and is in both lists with fields of its own', async (t) => {
    const { body } = await createFrom(call, 'mine@1.0')
    t.match(body.job, { params: template.params, config: { taskTimeout: 5, isTestJob: true } })
    const all = '?pagination.limit=1000'
    const listed = (await call('GET', customer + all)).body.data.find((known: any) => known.id === 'mine@1.0')
    t.strictSame(listed, body.templateInfo)
    const detail = (await call('GET', dev + all)).body.templates.find((known: any) => known.id === 'mine@1.0')
    t.strictSame(detail, (await call('GET', `${dev}/mine@1.0`)).body)
  })

  await t.test('is replaced as a whole by another one with its id; jobs made before keep what they got', async (t) => {
    const { job } = (await createFrom(call, 'mine@1.0')).body
    clock.advance(1)
    await save(call, { id: 'mine@1.0', app: 'other' })
    const { body } = await call('GET', `${dev}/mine@1.0`)
    t.match(body, { app: 'other', description: '', params: null, config: null, dataSource: null })
    t.match(body, { createdAt: '2025-05-20T09:00:00Z', updatedAt: '2025-05-20T09:00:01Z' })
    const read = (await call('GET', `/v1/customer/jobs/${job.id}`)).body
    t.strictSame(read.job, job)
    t.equal(read.templateInfo.app, 'other', 'and show the template as it is now')
  })

  await t.test('belongs to its account and its world', async (t) => {
    const stranger = client(url, 'test_default:stranger')
    const abroad = client(url, 'test_abroad')
    t.match(await stranger('GET', `${dev}/mine@1.0`), { status: 403, body: { code: 7 } })
    t.match(await createFrom(stranger, 'mine@1.0'), { status: 403, body: { code: 7 } })
    t.match(await stranger('POST', dev, { id: 'mine@1.0' }), { status: 403, body: { code: 7 } })
    t.match(await abroad('GET', `${dev}/mine@1.0`), { status: 404, body: { code: 5 } })
    for (const someone of [stranger, abroad]) {
      t.equal((await someone('GET', dev)).body.pagination.total, builtInTemplates.size)
    }
    await save(abroad, { id: 'mine@1.0', app: 'theirs' })
    t.equal((await call('GET', `${dev}/mine@1.0`)).body.app, 'other')
  })

  await t.test('may take the place of a built-in one', async (t) => {
    await save(call, { id: 'hello-world-template', app: 'my-hello' })
    t.equal((await createFrom(call, 'hello-world-template')).body.templateInfo.app, 'my-hello')
    const page = (await call('GET', `${customer}?pagination.limit=1000`)).body
    t.equal(page.data.filter(({ id }: any) => id === 'hello-world-template').length, 1)
    const abroad = await createFrom(client(url, 'test_abroad'), 'hello-world-template')
    t.equal(abroad.body.templateInfo.app, 'hello-world')
  })

  await t.test('with something wrong in it is 400 with code 3', async (t) => {
    for (const [body, message] of [
      [{}, /id is required/],
      [{ id: '' }, /id is required/],
      [{ id: 'a/b' }, /id "a\/b"/],
      [{ id: 'a b' }, /id "a b"/],
      [{ id: 'x'.repeat(129) }, /id "x/],
      [{ id: 'x', app: 'a@b' }, /app "a@b": expected a tag/],
      [{ id: 'x', assembler: 'a@1.2.3' }, /assembler "a@1\.2\.3": expected a tag/],
      [{ id: 'x', dataSource: { dataSourceDescriptor: 'bucket' } }, /dataSource/],
      [{ id: 'x', dataDestination: { dataSourceDescriptor: 'file' } }, /dataDestination/],
      [{ id: 'x', params: { app: [] } }, /params\.app/],
      [{ id: 'x', config: { taskTimeout: -1 } }, /config\.taskTimeout/],
      [{ id: 7 }, /id: 7/],
      [[], /JSON object/],
      [undefined, /id is required/],
    ] as const) {
      const answer = await call('POST', dev, body)
      t.match({ body, status: answer.status, ...answer.body }, { body, status: 400, code: 3, message })
    }
    t.equal((await call('GET', `${dev}/x`)).status, 404, 'and nothing is kept')
  })

  await t.test('is there after a restart', async (t) => {
    const data = t.testdir()
    const before = await emulator(t, { data })
    await save(client(before.url), { id: 'kept', app: 'a' })
    await before.close()
    t.equal((await client((await emulator(t, { data })).url)('GET', `${dev}/kept`)).body.app, 'a')
  })
})

void t.test('ids with odd characters can be read', async (t) => {
  const call = client((await emulator(t)).url)
  for (const id of ['a+b', 'a@1', 'a~b', '_', '.a', 'x'.repeat(128), '__proto__', 'constructor']) {
    await save(call, { id, app: 'odd' })
    t.match((await call('GET', `${dev}/${id}`)).body, { id, app: 'odd' })
    t.match((await createFrom(call, id)).body, { job: { templateId: id }, templateInfo: { id } })
  }
})

void t.test('a tag means the highest version that fits', async (t) => {
  const call = client((await emulator(t)).url)
  for (const id of ['conv@1.2', 'conv@1.10', 'conv@2.0', 'plain']) await save(call, { id })
  for (const [tag, id] of [
    ['conv', 'conv@2.0'],
    ['conv@1', 'conv@1.10'],
    ['conv@1.2', 'conv@1.2'],
    ['conv@v1', 'conv@1.10'],
    ['conv@2', 'conv@2.0'],
    ['plain', 'plain'],
    ['video-transcoding', 'video-transcoding@v0.2'],
    ['video-transcoding@0.2', 'video-transcoding@v0.2'],
  ] as const) {
    t.strictSame([tag, (await createFrom(call, tag)).body.job?.templateId], [tag, id])
    t.strictSame([tag, (await call('GET', `${dev}/${tag}`)).body.id], [tag, id])
  }
  for (const tag of ['conv@3', 'conv@1.3', 'con', 'conv@', 'plain@1']) {
    t.match(await createFrom(call, tag), { status: 404, body: { code: 5 } }, tag)
  }
})

void t.test('a template that nobody knows', async (t) => {
  await t.test('is 404 with code 5, and the message says what to do', async (t) => {
    const call = client((await emulator(t)).url)
    const { status, body } = await createFrom(call, 'helo-world-template')
    t.match({ status, ...body }, { status: 404, code: 5 })
    for (const part of [
      '"helo-world-template"',
      '"hello-world-template"',
      'POST /v1/dev/templates',
      '--seed',
      '--templates open',
    ]) {
      t.match(body.message, part)
    }
    t.equal((await call('GET', '/v1/customer/jobs')).body.pagination.total, 0)
    t.match(await call('GET', `${dev}/nope`), { status: 404, body: { code: 5 } })
    t.match(await createFrom(call, 'x'.repeat(10_000)), { status: 404, body: { code: 5 } })
  })

  await t.test("is a template with templates: 'open'", async (t) => {
    const call = client((await emulator(t, { templates: 'open' })).url)
    const { status, body } = await createFrom(call, 'anything-at-all')
    t.equal(status, 200)
    t.match(body, { job: { templateId: 'anything-at-all', params: null }, templateInfo: { id: 'anything-at-all' } })
    t.strictSame((await call('GET', `/v1/customer/jobs/${body.job.id}`)).body, body)
    t.match((await createFrom(call, 'a/b c')).body, { code: 3 }, 'if it can be the id of one')
  })
})

void t.test('seed', async (t) => {
  const seed = {
    templates: [{ id: 'seeded', app: 'a', params: { app: { x: 1 } } }],
    jobs: [
      { job_id: 'Seed-1', template_id: 'seeded', name: 'one' },
      { templateId: 'hello-world-template', state: 'JOB_STATE_COMPLETE' },
    ],
    // Other spellings of the names are taken, too.
  } as object as Seed

  await t.test('every world starts from it', async (t) => {
    const { url } = await emulator(t, { seed })
    for (const key of ['test_default', 'test_other']) {
      const call = client(url, key)
      t.match((await call('GET', `${dev}/seeded`)).body, { id: 'seeded', owner: 'seed', isPublic: true })
      const page = (await call('GET', '/v1/customer/jobs')).body
      t.equal(page.pagination.total, 2)
      const { job } = (await call('GET', '/v1/customer/jobs/Seed-1')).body
      t.match(job, { name: 'one', state: 'JOB_STATE_NEW', params: { app: { x: 1 } } })
    }
  })

  await t.test('is sown once, not again at a restart', async (t) => {
    const data = t.testdir()
    const first = await emulator(t, { seed, data })
    await client(first.url)('POST', '/v1/customer/jobs', { templateId: 'seeded', jobId: 'Seed-1', name: 'changed' })
    await first.close()
    const call = client((await emulator(t, { seed, data })).url)
    t.equal((await call('GET', '/v1/customer/jobs')).body.pagination.total, 2)
    t.equal((await call('GET', '/v1/customer/jobs/Seed-1')).body.job.name, 'changed')
  })

  await t.test('that does not fit is an error at start, which names the place', async (t) => {
    for (const [wrong, message] of [
      [{ job: [] }, /job .*did you mean "jobs"/],
      [{ jobs: [{}] }, /jobs\[0\]\.templateId is required/],
      [{ jobs: [{ templateId: 'nope' }] }, /jobs\[0\].*template "nope" does not exist/],
      [{ jobs: [{ templateId: 'hello-world-template', jobId: 'a/b' }] }, /jobs\[0\].*jobId "a\/b"/],
      [{ jobs: [1, 2].map(() => ({ templateId: 'hello-world-template', jobId: 'a' })) }, /jobs\[1\].*twice/],
      [{ jobs: [{ templateId: 'hello-world-template', state: 'JOB_STATE_NOPE' }] }, /state="JOB_STATE_NOPE"/],
      [{ templates: [{ id: 'a' }, { id: 'a' }] }, /same id/],
      [{ templates: [{ id: 'a', app: '@' }] }, /app "@"/],
      [[], /option seed \[\]: expected an object/],
    ] as const) {
      await t.rejects(startEmulator({ seed: wrong as object as Seed }), { message }, JSON.stringify(wrong))
    }
  })
})
