import t from 'tap'
import { jobStates } from '../../schemas/jobs.ts'
import { client, emulator, steadyClock } from '../emulator.ts'
import { template, id, create, read, idsOf } from './job-calls.ts'

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

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
