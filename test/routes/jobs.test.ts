import t from 'tap'
import { jobStates } from '../../schemas/jobs.ts'
import { type Call, client, emulator, steadyClock } from '../emulator.ts'

const template = 'hello-world-template'
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const id = '3d4f9a60-1b1e-4c53-9a59-2a3c0f1d7e11'
const other = 'c0ffee00-1b1e-4c53-9a59-2a3c0f1d7e22'

/** A create that must succeed; answers with the job. */
const create = async (call: Call, body: object): Promise<any> => {
  const answer = await call('POST', '/v1/customer/jobs', { templateId: template, ...body })
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body.job
}

const read = async (call: Call, jobId: string): Promise<any> =>
  (await call('GET', `/v1/customer/jobs/${jobId}`)).body.job

const idsOf = (page: { data: { id: string }[] }): string[] => page.data.map((job) => job.id)

void t.test('create', async (t) => {
  void t.test('answers with all 24 fields of a new job, in order, and its template', async (t) => {
    const clock = steadyClock('2025-05-20T09:00:00.123456Z')
    const { url } = await emulator(t, { clock })
    const call = client(url)
    const { status, headers, body } = await call('POST', '/v1/customer/jobs', { templateId: template, name: 'first' })
    t.equal(status, 200)
    t.equal(headers.get('content-type'), 'application/json')
    t.match(body.job.id, uuid4)
    const expected = {
      id: body.job.id,
      templateId: template,
      name: 'first',
      config: { taskTimeout: 0, jobTimeout: 0, isTestJob: false },
      priority: 'EXECUTION_PRIORITY_UNDEFINED',
      startAt: null,
      submittedAt: null,
      startedAt: null,
      endedAt: null,
      regions: null,
      state: 'JOB_STATE_NEW',
      dataSource: null,
      params: null,
      dataDestination: { dataSourceDescriptor: 'bucket', params: null },
      duration: null,
      deletedAt: null,
      createdAt: '2025-05-20T09:00:00.123456Z',
      paymentAmount: 0,
      numUnitsEstimation: '0',
      numChunks: 0,
      errorMessage: '',
      description: '',
      stateTimestamps: { JOB_STATE_NEW: '2025-05-20T09:00:00.123456Z' },
      appId: '',
    }
    t.strictSame(body.job, expected)
    t.equal(Object.keys(body.job).length, 24)
    t.strictSame(Object.keys(body.job), Object.keys(expected))
    t.strictSame(body.templateInfo, {
      id: template,
      owner: 'bytenite',
      description: 'Writes a text in upper, lower or title case',
      app: 'hello-world',
      partitioner: 'passthrough',
      assembler: 'passthrough',
    })
    t.strictSame((await call('GET', `/v1/customer/jobs/${body.job.id}`)).body, body, 'and get reads the same')
  })

  void t.test('keeps everything a request may hold', async (t) => {
    const call = client((await emulator(t)).url)
    const s3 = {
      '@type': 'type.googleapis.com/bytenite.data_source.S3DataSource',
      name: 'in.csv',
      bucketName: 'b',
      cloudRegion: 'eu-west-1',
      secretId: 's',
      accessKey: '',
      secretKey: '',
    }
    const request = {
      jobId: id,
      name: 'n',
      description: 'd',
      dataSource: { dataSourceDescriptor: 's3', params: s3 },
      dataDestination: { dataSourceDescriptor: 's3', params: { ...s3, name: 'out.csv' } },
      params: {
        preset: 'p',
        partitioner: { a: [1, null] },
        assembler: {},
        app: { text: 'x', snake_case: { b: true } },
      },
      config: { taskTimeout: 1, jobTimeout: 4_294_967_295, isTestJob: true },
    }
    const { jobId, ...rest } = request
    const job = await create(call, request)
    t.match(job, { id: jobId, ...rest })
    t.strictSame(job.params, request.params)
    t.strictSame(job.dataSource, request.dataSource)
    t.strictSame(await read(call, id), job)
  })

  void t.test('takes names in snake_case at any depth', async (t) => {
    const call = client((await emulator(t)).url)
    const { status, body } = await call('POST', '/v1/customer/jobs', {
      template_id: template,
      job_id: id,
      data_source: {
        data_source_descriptor: 's3',
        params: { '@type': 'x/bytenite.data_source.S3DataSource', bucket_name: 'b', secret_id: 's' },
      },
      config: { task_timeout: 7, is_test_job: true },
      params: { app: { some_key: { other_key: 1 } } },
    })
    t.equal(status, 200)
    t.equal(body.job.id, id)
    t.match(body.job.dataSource.params, { bucketName: 'b', secretId: 's' })
    t.match(body.job.config, { taskTimeout: 7, isTestJob: true })
    t.strictSame(body.job.params.app, { some_key: { other_key: 1 } }, 'but keys of free-form objects stay as they are')
  })

  void t.test('takes null as absent, for every field', async (t) => {
    const call = client((await emulator(t)).url)
    const nulls = { jobId: null, name: null, description: null, dataSource: null, dataDestination: null, params: null }
    const { id: given, ...job } = await create(call, { ...nulls, config: null })
    t.match(given, uuid4)
    t.match(job, { name: '', description: '', dataSource: null, params: null })
    const inside = await create(call, { config: { taskTimeout: null }, params: { app: null, preset: null } })
    t.equal(inside.config.taskTimeout, 0)
    t.strictSame(inside.params, { preset: '', partitioner: null, assembler: null, app: null })
  })

  void t.test('takes integers as numbers, whole floats and numeric strings', async (t) => {
    const call = client((await emulator(t)).url)
    for (const [sent, kept] of [
      ['3600', 3600],
      ['3600.0', 3600],
      ['3.6e3', 3600],
      ['"3600"', 3600],
      ['"84200"', 84200],
      ['"3.6e3"', 3600],
      ['0', 0],
      ['-0', 0],
      ['4294967295', 4_294_967_295],
    ] as const) {
      const body = `{"templateId":"${template}","config":{"taskTimeout":${sent}}}`
      const answer = await call('POST', '/v1/customer/jobs', body)
      t.strictSame([sent, answer.status, answer.body.job?.config.taskTimeout], [sent, 200, kept])
    }
  })

  void t.test('ignores unknown fields', async (t) => {
    const call = client((await emulator(t)).url)
    const job = await create(call, {
      nmae: 'x',
      config: { nope: 1, taskTimeout: 2 },
      dataSource: {
        dataSourceDescriptor: 'file',
        params: {
          '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource',
          name: 'a.wav',
          url: 'u',
          username: 'u',
        },
      },
    })
    t.equal(job.name, '')
    t.equal(job.config.taskTimeout, 2)
    t.strictSame(Object.keys(job.dataSource.params), ['@type', 'tempUrl', 'name'])
  })

  void t.test('does not mind the content type', async (t) => {
    const call = client((await emulator(t)).url)
    const bytes = new TextEncoder().encode(JSON.stringify({ templateId: template, name: 'n' }))
    const types = ['', 'application/json', 'text/plain', 'application/x-protobuf', 'nonsense', 'a/b; c="', ';', 'text']
    for (const type of types) {
      const headers = type === '' ? {} : { 'content-type': type }
      const { status, body } = await call('POST', '/v1/customer/jobs', bytes, headers)
      t.strictSame([type, status, body.job?.name], [type, 200, 'n'])
    }
  })
})

void t.test('jobId', async (t) => {
  void t.test('absent, null or blank: a new lower-case UUID v4 each time', async (t) => {
    const call = client((await emulator(t)).url)
    const seen = new Set<string>()
    for (const body of [{}, { jobId: null }, { jobId: '' }, { jobId: '  \t' }]) {
      const job = await create(call, body)
      t.match(job.id, uuid4)
      seen.add(job.id)
    }
    t.equal(seen.size, 4)
  })

  void t.test('new: created under it; an upper-case UUID is the same as its lower-case spelling', async (t) => {
    const call = client((await emulator(t)).url)
    const job = await create(call, { jobId: id.toUpperCase(), name: 'a' })
    t.equal(job.id, id)
    t.equal((await read(call, id.toUpperCase())).id, id)
    await create(call, { jobId: id, name: 'b' })
    t.equal((await read(call, id)).name, 'b')
    t.equal((await call('GET', '/v1/customer/jobs')).body.pagination.total, 1)
  })

  void t.test('may be readable, unless the emulator is strict', async (t) => {
    const call = client((await emulator(t)).url)
    for (const jobId of ['my-job', 'A', '0', 'a.b_c~d', 'x'.repeat(128)]) {
      t.equal((await create(call, { jobId })).id, jobId)
      t.equal((await read(call, jobId)).id, jobId)
    }
    const refused = ['a/b', 'a b', '%2F', '..', '-a', 'é', 'a\u0000', 'x'.repeat(129), 'templates', 'filter', 'run']
    for (const jobId of refused) {
      const { status, body } = await call('POST', '/v1/customer/jobs', { templateId: template, jobId })
      t.match({ jobId, status, code: body.code }, { jobId, status: 400, code: 3 })
      t.match(body.message, /^jobId "/)
    }
    const total = (await call('GET', '/v1/customer/jobs')).body.pagination.total
    t.equal(total, 5, 'and a refused create leaves nothing behind')
  })

  void t.test('200 creates at once for the same new jobId make one job and no error', async (t) => {
    const call = client((await emulator(t)).url)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        call('POST', '/v1/customer/jobs', { templateId: template, jobId: id, name: `n${index}` }),
      ),
    )
    t.strictSame(
      answers.filter(({ status }) => status !== 200).map(({ body }) => body),
      [],
    )
    t.strictSame([...new Set(answers.map(({ body }) => body.job.createdAt))].length, 1)
    const page = (await call('GET', '/v1/customer/jobs')).body
    t.equal(page.pagination.total, 1)
    t.strictSame(idsOf(page), [id])
  })
})

void t.test('create with the jobId of a job that is there', async (t) => {
  void t.test('fields present replace, absent ones stay, createdAt stays', async (t) => {
    const clock = steadyClock()
    const call = client((await emulator(t, { clock })).url)
    const first = await create(call, {
      jobId: id,
      name: 'first',
      description: 'about',
      dataSource: { dataSourceDescriptor: 'bypass' },
      dataDestination: { dataSourceDescriptor: 'bypass' },
      params: { preset: 'p', partitioner: { a: 1 }, app: { b: 2, c: 3 } },
      config: { taskTimeout: 10, jobTimeout: 20, isTestJob: true },
    })
    clock.advance(60)
    const steps: readonly [request: object, change: (job: any) => object][] = [
      [{}, () => ({})],
      [{ name: 'second' }, () => ({ name: 'second' })],
      [{ name: null }, () => ({})],
      [{ name: '' }, () => ({ name: '' })],
      [{ description: 'other' }, () => ({ description: 'other' })],
      [
        { params: { app: { d: 4 } } },
        (job) => ({ params: { ...job.params, app: { d: 4 } } }), // a section is replaced as a whole
      ],
      [{ params: { app: null } }, () => ({})],
      [{ params: { assembler: {} } }, (job) => ({ params: { ...job.params, assembler: {} } })],
      [{ params: { preset: '' } }, (job) => ({ params: { ...job.params, preset: '' } })],
      [{ config: { jobTimeout: 0 } }, (job) => ({ config: { ...job.config, jobTimeout: 0 } })],
      [{ config: { isTestJob: false } }, (job) => ({ config: { ...job.config, isTestJob: false } })],
      [
        { dataSource: { dataSourceDescriptor: 'url' } },
        () => ({ dataSource: { dataSourceDescriptor: 'url', params: null } }),
      ],
      [
        { dataDestination: { dataSourceDescriptor: 'bucket', params: {} } },
        () => ({ dataDestination: { dataSourceDescriptor: 'bucket', params: {} } }),
      ],
    ]
    let expected = first
    for (const [request, change] of steps) {
      expected = { ...expected, ...change(expected) }
      t.strictSame(await create(call, { jobId: id, ...request }), expected, JSON.stringify(request))
      t.strictSame(await read(call, id), expected)
    }
    t.equal(expected.createdAt, first.createdAt)
  })

  void t.test('another templateId replaces the template', async (t) => {
    const call = client((await emulator(t)).url)
    await create(call, { jobId: id, name: 'kept' })
    const { body } = await call('POST', '/v1/customer/jobs', { jobId: id, templateId: 'img-gen-diffusers' })
    t.match(body, { job: { name: 'kept', templateId: 'img-gen-diffusers' }, templateInfo: { id: 'img-gen-diffusers' } })
    t.strictSame((await call('GET', `/v1/customer/jobs/${id}`)).body, body)
  })

  void t.test('a refused update changes nothing', async (t) => {
    const call = client((await emulator(t)).url)
    const before = await create(call, { jobId: id, name: 'kept' })
    const bad = [
      { name: 'x', templateId: 'nope' },
      { name: 'x', templateId: '' },
      { name: 'x', config: { taskTimeout: -1 } },
      { name: 'x', dataSource: { dataSourceDescriptor: 'nope' } },
    ]
    for (const request of bad) {
      const { status } = await call('POST', '/v1/customer/jobs', { templateId: template, jobId: id, ...request })
      t.ok(status === 400 || status === 404, JSON.stringify(request))
      t.strictSame(await read(call, id), before)
    }
  })

  void t.test('once started: 400 with code 9, in every state but NEW', async (t) => {
    const jobs = jobStates.map((state, index) => ({ templateId: template, jobId: `job-${index}`, name: state, state }))
    const call = client((await emulator(t, { seed: { jobs } })).url)
    for (const { jobId, state } of jobs) {
      const { status, body } = await call('POST', '/v1/customer/jobs', { templateId: template, jobId, name: 'changed' })
      if (state === 'JOB_STATE_NEW') {
        t.match({ status, name: body.job?.name }, { status: 200, name: 'changed' })
        continue
      }
      t.match({ state, status, code: body.code }, { state, status: 400, code: 9 })
      t.match(body.message, jobId)
      t.equal((await read(call, jobId)).name, state, 'the job is as it was')
    }
  })
})

void t.test('what a request leaves out comes from the template', async (t) => {
  const seed = {
    templates: [
      {
        id: 'full',
        dataSource: { dataSourceDescriptor: 'bypass' },
        dataDestination: { dataSourceDescriptor: 's3' },
        params: { preset: 'fast', partitioner: { p: 1 }, app: { a: 1, b: 2 } },
        config: { taskTimeout: 11, jobTimeout: 22, isTestJob: true },
      },
    ],
  }
  const call = client((await emulator(t, { seed })).url)
  const bypass = { dataSourceDescriptor: 'bypass', params: null }
  const fromTemplate = {
    dataSource: bypass,
    dataDestination: { dataSourceDescriptor: 's3', params: null },
    params: { preset: 'fast', partitioner: { p: 1 }, assembler: null, app: { a: 1, b: 2 } },
    config: { taskTimeout: 11, jobTimeout: 22, isTestJob: true },
  }
  const cases: readonly [request: object, expected: object][] = [
    [{}, fromTemplate],
    [{ config: { jobTimeout: '0' } }, { ...fromTemplate, config: { taskTimeout: 11, jobTimeout: 0, isTestJob: true } }],
    [{ params: { app: { c: 3 } } }, { ...fromTemplate, params: { ...fromTemplate.params, app: { c: 3 } } }],
    [{ dataDestination: { dataSourceDescriptor: 'bypass' } }, { ...fromTemplate, dataDestination: bypass }],
  ]
  for (const [request, expected] of cases) {
    const { dataSource, dataDestination, params, config } = await create(call, { templateId: 'full', ...request })
    t.strictSame({ dataSource, dataDestination, params, config }, expected, JSON.stringify(request))
  }
  const image = await create(call, { templateId: 'img-gen-diffusers' })
  t.match(image, { dataSource: bypass, dataDestination: { dataSourceDescriptor: 'bucket' } })
  t.match(image.params, { partitioner: { num_replicas: 5 }, app: { prompt: String } })
})

void t.test('data sources', async (t) => {
  const call = client((await emulator(t)).url)
  const type = (name: string) => `type.googleapis.com/bytenite.data_source.${name}DataSource`
  const both = ['s3', 'aws', 'gcp', 'storj', 'bypass']
  const ok = { dataSource: ['url', 'file', 'local', ...both], dataDestination: ['bucket', ...both] }
  for (const field of ['dataSource', 'dataDestination'] as const) {
    for (const dataSourceDescriptor of ['url', 'file', 'local', 'bucket', ...both, '', 'nope', 'URL', '__proto__']) {
      const { status, body } = await call('POST', '/v1/customer/jobs', {
        templateId: template,
        [field]: { dataSourceDescriptor },
      })
      const expected = ok[field].includes(dataSourceDescriptor) ? 200 : 400
      t.strictSame([field, dataSourceDescriptor, status], [field, dataSourceDescriptor, expected])
      if (status === 400) t.match(body, { code: 3, message: new RegExp(`^${field}.dataSourceDescriptor .*known are`) })
    }
  }

  await t.test('params absent echo null, {} echoes {}, an Any shows all fields of its message', async (t) => {
    const echo: readonly [sent: unknown, shown: unknown][] = [
      [undefined, null],
      [null, null],
      [{}, {}],
      [{ url: 'no type, so unknown' }, {}],
      [
        { '@type': type('Http'), url: 'http://127.0.0.1/a' },
        { '@type': type('Http'), name: '', url: 'http://127.0.0.1/a', username: '', password: '' },
      ],
      [
        { url: 'u', '@type': 'a/b/bytenite.data_source.HttpDataSource' },
        { '@type': 'a/b/bytenite.data_source.HttpDataSource', name: '', url: 'u', username: '', password: '' },
      ],
    ]
    for (const [params, shown] of echo) {
      const job = await create(call, { dataSource: { dataSourceDescriptor: 'url', params } })
      t.strictSame(job.dataSource, { dataSourceDescriptor: 'url', params: shown })
      t.strictSame(Object.keys(job.dataSource.params ?? {}), Object.keys(shown ?? {}), '@type comes first')
    }
  })

  await t.test('a type that does not exist, or does not fit, is 400 with code 3', async (t) => {
    for (const [dataSourceDescriptor, params, message] of [
      ['url', { '@type': 'nope' }, /unable to resolve "nope"/],
      ['url', { '@type': 7 }, /@type/],
      ['url', { '@type': '__proto__' }, /unable to resolve/],
      ['url', { '@type': type('S3') }, /does not fit/],
      ['s3', { '@type': type('Http') }, /does not fit/],
      ['url', { '@type': type('Http'), url: 7 }, /dataSource\.params\.url/],
      ['url', 'text', /dataSource\.params/],
      ['url', [], /dataSource\.params/],
    ] as const) {
      const { status, body } = await call('POST', '/v1/customer/jobs', {
        templateId: template,
        dataSource: { dataSourceDescriptor, params },
      })
      t.match({ status, ...body }, { status: 400, code: 3, message })
    }
  })

  await t.test('a file gets its tempUrl in the answer to create', async (t) => {
    for (const dataSourceDescriptor of ['file', 'local']) {
      for (const params of [undefined, {}, { '@type': type('LocalFile'), name: 'a.wav' }]) {
        const job = await create(call, { dataSource: { dataSourceDescriptor, params } })
        const { '@type': shown, tempUrl, name } = job.dataSource.params
        t.equal(shown, type('LocalFile'))
        t.equal(name, (params as any)?.name ?? '')
        t.ok(URL.canParse(tempUrl), tempUrl)
        t.match(tempUrl, `/bytenite-uploads-prod/${job.id}/`)
      }
    }
  })

  await t.test('a tempUrl that a client sends is not believed', async (t) => {
    const params = { '@type': type('LocalFile'), temp_url: 'http://elsewhere.example/' }
    const job = await create(call, { dataSource: { dataSourceDescriptor: 'file', params } })
    t.notMatch(job.dataSource.params.tempUrl, 'elsewhere')
  })
})

void t.test('accounts and worlds', async (t) => {
  const { url } = await emulator(t)
  const owner = client(url)
  const stranger = client(url, 'test_default:stranger')
  const abroad = client(url, 'test_abroad')
  const mine = await create(owner, { jobId: id, name: 'mine' })
  await create(stranger, { jobId: other, name: 'theirs' })

  await t.test('a stranger gets 403 with code 7, and the other way round', async (t) => {
    for (const [call, jobId] of [
      [stranger, id],
      [owner, other],
    ] as const) {
      const got = await call('GET', `/v1/customer/jobs/${jobId}`)
      t.match({ status: got.status, code: got.body.code }, { status: 403, code: 7 })
      const put = await call('POST', '/v1/customer/jobs', { templateId: template, jobId, name: 'taken' })
      t.match({ status: put.status, code: put.body.code }, { status: 403, code: 7 })
    }
    t.strictSame(await read(owner, id), mine)
  })

  await t.test('each account lists and counts its own jobs', async (t) => {
    const pages = await Promise.all([owner, stranger].map((call) => call('GET', '/v1/customer/jobs')))
    t.strictSame(
      pages.map(({ body }) => [body.pagination.total, idsOf(body)]),
      [
        [1, [id]],
        [1, [other]],
      ],
    )
  })

  await t.test('the same jobId may exist in two worlds, which share nothing', async (t) => {
    t.equal((await abroad('GET', `/v1/customer/jobs/${id}`)).status, 404)
    await create(abroad, { jobId: id, name: 'abroad' })
    t.equal((await read(abroad, id)).name, 'abroad')
    t.strictSame(await read(owner, id), mine)
    t.equal((await abroad('GET', '/v1/customer/jobs')).body.pagination.total, 1)
  })
})

void t.test('get of an unknown job is 404 with code 5', async (t) => {
  const call = client((await emulator(t)).url)
  for (const jobId of [id, 'nope', '%F0%9F%98%80', '__proto__', 'a'.repeat(3000), "'%20OR%201=1--"]) {
    const { status, body } = await call('GET', `/v1/customer/jobs/${jobId}`)
    t.match({ status, ...body }, { status: 404, code: 5, message: /^job ".* does not exist$/ })
  }
})

void t.test('list', async (t) => {
  const clock = steadyClock()
  const call = client((await emulator(t, { clock })).url)
  const list = async (query = ''): Promise<any> => {
    const { status, body } = await call('GET', `/v1/customer/jobs${query}`)
    t.equal(status, 200, query)
    return body
  }
  t.strictSame(await list(), { pagination: { total: 0, offset: 0, hasPrevious: false, hasNext: false }, data: [] })

  // Made in this order; the last two at the same moment.
  const made: string[] = []
  for (let index = 0; index < 12; index++) {
    if (index < 11) clock.advance(1)
    const templateId = index % 2 === 0 ? template : 'img-gen-diffusers'
    made.push((await create(call, { templateId, name: `n${String((index * 5) % 12).padStart(2, '0')}` })).id)
  }
  const newestFirst = made.toReversed()

  await t.test('newest first, ten on a page, bare jobs', async (t) => {
    const page = await list()
    t.strictSame(page.pagination, { total: 12, offset: 0, hasPrevious: false, hasNext: true })
    t.strictSame(idsOf(page), newestFirst.slice(0, 10))
    t.strictSame(page.data[0], await read(call, newestFirst[0]!))
  })

  await t.test('limit and offset', async (t) => {
    for (const [query, offset, ids, hasPrevious, hasNext] of [
      ['pagination.limit=5', 0, newestFirst.slice(0, 5), false, true],
      ['pagination.limit=5&pagination.offset=5', 5, newestFirst.slice(5, 10), true, true],
      ['pagination.limit=5&pagination.offset=10', 10, newestFirst.slice(10), true, false],
      ['pagination.limit=12', 0, newestFirst, false, false],
      ['pagination.limit=0', 0, newestFirst.slice(0, 10), false, true],
      ['pagination.limit=4294967295', 0, newestFirst, false, false],
      ['pagination.offset=12', 12, [], true, false],
      ['pagination.offset=4294967295', 4_294_967_295, [], true, false],
      ['limit=1&offset=3', 0, newestFirst.slice(0, 10), false, true],
      ['', 0, newestFirst.slice(0, 10), false, true],
    ] as const) {
      const page = await list(`?${query}`)
      t.strictSame(
        { query, ...page.pagination, ids: idsOf(page) },
        { query, total: 12, offset, hasPrevious, hasNext, ids },
      )
    }
  })

  await t.test('orderBy', async (t) => {
    const all = (await list('?pagination.limit=100')).data as Record<string, string>[]
    for (const field of ['createdAt', 'name', 'templateId', 'state', 'id']) {
      // Ties fall in the order of making, as they do in `made`.
      const rank = (job: Record<string, string>) => made.indexOf(job['id']!)
      const ascending = [...all].sort((a, b) =>
        a[field]! < b[field]! ? -1 : a[field]! > b[field]! ? 1 : rank(a) - rank(b),
      )
      const expected = ascending.map((job) => job['id']!)
      const snake = field.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)
      for (const text of [field, snake, `${field} asc`, `${field} ASC`, `  ${snake}  asc `]) {
        t.strictSame(idsOf(await list(`?pagination.limit=100&orderBy=${encodeURIComponent(text)}`)), expected, text)
      }
      const down = await list(`?pagination.limit=100&order_by=${field}+desc`)
      t.strictSame(idsOf(down), expected.toReversed(), `${field} desc`)
    }
    for (const text of ['', '%20']) t.strictSame(idsOf(await list(`?orderBy=${text}`)), newestFirst.slice(0, 10))
  })

  await t.test('pages of any size and order put together are the whole list', async (t) => {
    for (const orderBy of ['createdAt', 'name desc', 'state', 'template_id desc']) {
      const whole = idsOf(await list(`?pagination.limit=100&orderBy=${encodeURIComponent(orderBy)}`))
      for (const limit of [1, 5, 7]) {
        const ids: string[] = []
        for (let offset = 0; offset < 12; offset += limit) {
          const query = `?pagination.limit=${limit}&pagination.offset=${offset}&orderBy=${encodeURIComponent(orderBy)}`
          ids.push(...idsOf(await list(query)))
        }
        t.strictSame(ids, whole, `${orderBy}, ${limit} on a page`)
      }
    }
  })

  await t.test('values that do not parse are 400 with code 3', async (t) => {
    for (const [query, message] of [
      ['pagination.limit=x', /parsing field "pagination\.limit".*"x": invalid syntax/],
      ['pagination.limit=', /invalid syntax/],
      ['pagination.limit=-1', /invalid syntax/],
      ['pagination.limit=1.5', /invalid syntax/],
      ['pagination.limit=%201', /invalid syntax/],
      ['pagination.offset=4294967296', /value out of range/],
      ['pagination.limit=1&pagination.limit=2', /too many values for field "pagination\.limit": 1, 2/],
      ['orderBy=name&order_by=id', /too many values for field "orderBy"/],
      ['orderBy=nme', /orderBy "nme".*did you mean "name"/],
      ['orderBy=name%20up', /orderBy/],
      ['orderBy=name%20asc%20asc', /orderBy/],
      ['orderBy=name;DROP%20TABLE%20jobs', /orderBy/],
      ['orderBy=__proto__', /orderBy/],
    ] as const) {
      const { status, body } = await call('GET', `/v1/customer/jobs?${query}`)
      t.match({ query, status, ...body }, { query, status: 400, code: 3, message })
    }
  })
})

void t.test('what text and params must withstand', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const post = (body: string) => call('POST', '/v1/customer/jobs', body)

  await t.test('names of 100,000 characters, NUL, emoji, quotes, markup and SQL come back as they were', async (t) => {
    const names = [
      'x'.repeat(100_000),
      '😀'.repeat(50_000),
      'a\u0000b',
      '👩‍👩‍👧‍👦 é ﷺ \u202e',
      '"\\/\b\f\n\r\t\u2028',
      "'; DROP TABLE jobs;--",
      '<script>',
    ]
    for (const [index, name] of names.entries()) {
      const job = await create(call, { name, description: name, params: { app: { [name]: name } } })
      t.ok(job.name === name && job.description === name, `name ${index}`)
      t.ok((await read(call, job.id)).name === name)
      t.ok(job.params.app[name] === name)
    }
    const list = await call('GET', '/v1/customer/jobs?orderBy=name')
    t.equal(list.body.pagination.total, names.length)
  })

  await t.test('half a surrogate pair and bytes that are no UTF-8 are 400 with code 3', async (t) => {
    for (const text of ['\\ud800', 'a\\udc00b', '\\udc00\\ud800', '\\ud83d\\ud83d\\ude00']) {
      for (const body of [
        `{"templateId":"${template}","name":"${text}"}`,
        `{"templateId":"${template}","params":{"app":{"${text}":1}}}`,
        `{"templateId":"${template}","params":{"app":{"a":["${text}"]}}}`,
      ]) {
        t.match(await post(body), { status: 400, body: { code: 3, message: /surrogate/ } })
      }
    }
    const [head, tail] = [`{"templateId":"${template}","name":"`, '"}']
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      const body = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)])
      const answer = await call('POST', '/v1/customer/jobs', body)
      t.match(answer, { status: 400, body: { code: 3, message: /UTF-8/ } })
    }
    const pair = await post(`{"templateId":"${template}","name":"\\ud83d\\ude00"}`)
    t.equal(pair.body.job.name, '😀', 'a whole pair is fine')
  })

  await t.test('__proto__ and constructor in params come back untouched and pollute nothing', async (t) => {
    const app = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"a":{"__proto__":null}}'
    const raw = `{"templateId":"${template}","params":{"app":${app},"partitioner":{"__proto__":1}}}`
    const { status, body } = await post(raw)
    t.equal(status, 200)
    t.equal(JSON.stringify(body.job.params.app), app)
    t.equal(JSON.stringify(body.job.params.partitioner), '{"__proto__":1}')
    t.equal(JSON.stringify((await read(call, body.job.id)).params.app), app)
    const around = `"__proto__":{"name":"p","polluted":true},"constructor":7,"config":{"__proto__":{"taskTimeout":9}}`
    const outside = await post(`{"templateId":"${template}",${around}}`)
    t.match(outside, { status: 200, body: { job: { name: '', config: { taskTimeout: 0 } } } })
    t.equal(({} as any).polluted, undefined)
    const update = await post(
      `{"templateId":"${template}","jobId":"${body.job.id}","params":{"assembler":{"__proto__":2}}}`,
    )
    t.equal(JSON.stringify(update.body.job.params.assembler), '{"__proto__":2}')
    t.equal(JSON.stringify(update.body.job.params.app), app)
  })

  await t.test('deep params come back, deeper ones are 400 with code 3', async (t) => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    const deep = await post(`{"templateId":"${template}","params":{"app":${nested(900)}}}`)
    t.equal(deep.status, 200)
    t.equal(JSON.stringify(deep.body.job.params.app), nested(900))
    t.equal(JSON.stringify((await read(call, deep.body.job.id)).params.app), nested(900))
    for (const depth of [1000, 10_000, 500_000]) {
      const { status, body } = await post(`{"templateId":"${template}","params":{"app":${nested(depth)}}}`)
      t.match({ status, ...body }, { status: 400, code: 3, message: /recursion depth/ })
      const list = await post(`{"templateId":"${template}","params":{"app":{"a":${'['.repeat(depth)}`)
      t.match({ status: list.status, code: list.body.code }, { status: 400, code: 3 })
    }
  })

  await t.test('numbers in params are doubles, and strings that look like numbers stay strings', async (t) => {
    const { body } = await post(
      `{"templateId":"${template}","params":{"app":{"a":1.0,"b":1e3,"c":9007199254740993,"d":"1","e":-0.5,"f":true,"g":null}}}`,
    )
    const app = { a: 1, b: 1000, c: 9007199254740992, d: '1', e: -0.5, f: true, g: null }
    t.strictSame(body.job.params.app, app)
  })
})

void t.test('strict mode', async (t) => {
  const { url } = await emulator(t, { strict: true })
  const token = (await client(url, null)('POST', '/v1/auth/access_token', { apiKey: 'test_default' })).body.token
  const call = client(url, token as string)
  for (const [body, message] of [
    [{ nmae: 'x' }, /nmae.*did you mean "name"/],
    [{ config: { task_timeuot: 1 } }, /config\.task_timeuot.*did you mean "taskTimeout"/],
    [{ zzzzzzzz: 1, qqqqqqqq: 2 }, /fields zzzzzzzz, qqqqqqqq/],
    [{ jobId: 'readable' }, /jobId "readable".*UUID/],
    [{ dataSource: { dataSourceDescriptor: 'url', params: { url: 'u' } } }, /dataSource\.params\.url.*@type/],
  ] as const) {
    const answer = await call('POST', '/v1/customer/jobs', { templateId: template, ...body })
    t.match(answer, { status: 400, body: { code: 3, message } })
  }
  t.match(await call('GET', '/v1/customer/jobs?limit=3'), { status: 400, body: { code: 3, message: /limit/ } })
  const job = await create(call, { jobId: id, params: { app: { anything: 1 } } })
  t.strictSame(job.params.app, { anything: 1 }, 'free-form objects hold what they like')
})

void t.test("unset: 'omit' leaves unset fields out", async (t) => {
  const clock = steadyClock('2025-05-20T09:00:00Z')
  const { url } = await emulator(t, { unset: 'omit', clock })
  const call = client(url, 'test_default', 'omit')
  const { body } = await call('POST', '/v1/customer/jobs', {
    templateId: template,
    jobId: id,
    config: { isTestJob: false },
    params: { app: { zero: 0, empty: '', no: null, list: [], object: {} } },
    dataSource: { dataSourceDescriptor: 'url', params: {} },
  })
  t.strictSame(body.job, {
    id,
    templateId: template,
    config: {},
    priority: 'EXECUTION_PRIORITY_UNDEFINED',
    state: 'JOB_STATE_NEW',
    dataSource: { dataSourceDescriptor: 'url', params: {} },
    params: { app: { zero: 0, empty: '', no: null, list: [], object: {} } },
    dataDestination: { dataSourceDescriptor: 'bucket' },
    createdAt: '2025-05-20T09:00:00.000000Z',
    stateTimestamps: { JOB_STATE_NEW: '2025-05-20T09:00:00.000000Z' },
  })
  const page = (await call('GET', '/v1/customer/jobs')).body
  t.strictSame(page, { pagination: { total: 1 }, data: [body.job] })
  const none = (await client(url, 'test_other', 'omit')('GET', '/v1/customer/jobs')).body
  t.strictSame(none, { pagination: {} })
})
