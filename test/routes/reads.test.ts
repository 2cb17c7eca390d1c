import t from 'tap'
import { client, emulator } from '../emulator.ts'

const type = (name: string) => `type.googleapis.com/bytenite.data_source.${name}`

void t.test('POST /jobs/runningTasks counts the tasks that run now', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const advance = (by: string) => call('POST', '/_emulator/worlds/default/clock/advance', { by })
  const create = async (body: object) => (await call('POST', '/v1/customer/jobs', body)).body.job.id as string
  const count = async (jobsIds: unknown) => call('POST', '/v1/customer/jobs/runningTasks', { jobsIds })

  const five = await create({ templateId: 'img-gen-diffusers' })
  const fresh = await create({ templateId: 'img-gen-diffusers' })
  const gone = await create({ templateId: 'img-gen-diffusers' })
  await call('DELETE', `/v1/customer/jobs/${gone}`)
  await call('POST', '/_emulator/worlds/default/clock/freeze')
  await call('POST', `/v1/customer/jobs/${five}/run`)
  const all = [five, fresh, gone, 'unknown', five.toUpperCase()]
  for (const [by, running] of [
    ['599ms', 0],
    ['1ms', 5],
    ['1499ms', 5],
    ['1ms', 0],
    ['1h', 0],
  ] as const) {
    await advance(by)
    const { status, body } = await count(all)
    t.equal(status, 200)
    t.same(body, { jobsRunningTasks: { [five]: running, [fresh]: 0, [five.toUpperCase()]: running } })
  }
  t.same((await count([])).body, { jobsRunningTasks: {} })
  const stranger = client(url, 'test_default:stranger')
  t.same((await stranger('POST', '/v1/customer/jobs/runningTasks', { jobsIds: [five] })).body, { jobsRunningTasks: {} })

  t.match(await call('POST', '/v1/customer/jobs/runningTasks', {}), {
    status: 400,
    body: { code: 3, message: 'jobsIds is required' },
  })
  t.match(await count('x'), { status: 400, body: { code: 3, message: /jobsIds/ } })
  t.match(await count(Array.from({ length: 1001 }, () => 'x')), { status: 400, body: { message: /at most 1000/ } })
})

void t.test('a data source is tested without asking anybody', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const test = (dataSource: unknown, listFiles?: boolean) =>
    call('POST', '/v1/customer/datasource/test', { dataSource, ...(listFiles === undefined ? {} : { listFiles }) })
  const http = (address: string) => ({
    dataSourceDescriptor: 'url',
    params: { '@type': type('HttpDataSource'), url: address },
  })
  const s3 = (name: string, bucketName = 'mine') => ({
    dataSourceDescriptor: 's3',
    params: { '@type': type('S3DataSource'), name, bucket_name: bucketName, secret_id: 'x' },
  })

  const file = await test(http('https://example.com/videos/a.MP4?x=1'), true)
  t.equal(file.status, 200)
  t.match(file.body, {
    filename: 'a.MP4',
    path: '/videos/a.MP4',
    size: /^[1-9]\d{3,7}$/,
    properties: { 'content-type': 'video/mp4' },
    tempUrl: '',
    files: {
      name: 'videos',
      path: '/videos/',
      directories: [],
      files: [{ id: '/videos/a.MP4', name: 'a.MP4', path: '/videos/a.MP4', size: file.body.size }],
    },
  })
  t.same((await test(http('https://example.com/videos/a.MP4?x=1'), true)).body, file.body, 'always the same')
  t.equal((await test(http('https://example.com/videos/a.MP4?x=1'))).body.files, null, 'files only when asked for')

  t.match((await test(s3('in/b.zip'))).body, {
    filename: 'b.zip',
    path: 'in/b.zip',
    properties: { 'content-type': 'application/zip' },
  })
  t.match((await test(s3('in/'), true)).body, {
    filename: '',
    size: '0',
    files: { name: 'in', path: 'in/', directories: [], files: [] },
  })
  for (const dataSourceDescriptor of ['bypass', 'bucket', 'file']) {
    const empty = { filename: '', path: '', size: '0', properties: {}, tempUrl: '' }
    const files = { name: '', path: '', directories: [], files: [] }
    t.same((await test({ dataSourceDescriptor }, true)).body, { ...empty, files }, dataSourceDescriptor)
  }

  const legacy = await call('POST', '/v1/customer/jobs/datasource/info', {
    data_source: s3('in/b.zip'),
    list_files: true,
  })
  t.same(legacy.body, (await test(s3('in/b.zip'), true)).body, 'the other path')

  for (const [source, message] of [
    [undefined, /dataSource is required/],
    [{}, /dataSource\.dataSourceDescriptor is required/],
    [{ dataSourceDescriptor: 'urll' }, /did you mean "url"/],
    [{ ...http('https://example.com/a'), dataSourceDescriptor: 's3' }, /does not fit descriptor "s3"/],
    [{ dataSourceDescriptor: 's3', params: { '@type': type('S4DataSource') } }, /unable to resolve/],
    [{ dataSourceDescriptor: 'url' }, /url "": expected the address of a file/],
    [http('not an address'), /"not an address": expected/],
    [http('javascript:alert(1)'), /expected the address of a file/],
    [s3('a', ''), /dataSource\.params\.bucketName is required/],
  ] as const) {
    t.match(await test(source), { status: 400, body: { code: 3, message } })
  }
})

void t.test('presets and estimation', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  t.same((await call('GET', '/v1/customer/jobs/templates/img-gen-diffusers/presets')).body, { presets: [] })
  t.match(await call('GET', '/v1/customer/jobs/templates/unknown/presets'), { status: 404, body: { code: 5 } })

  const { id } = (await call('POST', '/v1/customer/jobs', { templateId: 'img-gen-diffusers' })).body.job
  const estimation = await call('GET', `/v1/customer/jobs/estimation/${id}`)
  t.same(estimation.body, { estimation: { totalEstimation: '10' } })
  await call('POST', `/v1/customer/jobs/${id}/run`)
  t.equal((await call('GET', `/v1/customer/jobs/${id}`)).body.job.paymentAmount, 10)
  t.same((await call('GET', `/v1/customer/jobs/estimation/${id}`)).body, estimation.body)
  t.match(await call('GET', '/v1/customer/jobs/estimation/unknown'), { status: 404 })
})

void t.test('who may only read may ask', async (t) => {
  const { url } = await emulator(t)
  const { id } = (await client(url)('POST', '/v1/customer/jobs', { templateId: 'img-gen-diffusers' })).body.job
  const readonly = client(url, 'test_default:readonly')
  const dataSource = { dataSourceDescriptor: 'bypass' }
  for (const [path, body] of [
    ['/jobs/filter', {}],
    ['/jobs/runningTasks', { jobsIds: [id] }],
    ['/logs', { jobId: id }],
    ['/datasource/test', { dataSource }],
    ['/jobs/datasource/info', { dataSource }],
  ] as const) {
    for (const base of ['/v1/customer', '/v1/computing'])
      t.equal((await readonly('POST', base + path, body)).status, 200, path)
    t.equal((await client(url, null)('POST', `/v1/customer${path}`, body)).status, 401, path)
    t.equal((await client(url, 'test_default:forbidden')('POST', `/v1/customer${path}`, body)).status, 403, path)
  }
  t.equal(
    (await readonly('POST', `/v1/customer/jobs/datasource/${id}`, { dataSource })).status,
    403,
    'the legacy update is a write',
  )
})

void t.test('whatever a client reads of a job counts as a poll, once a request', async (t) => {
  const { url, world } = await emulator(t, { pace: 'polls:4' })
  const call = client(url)
  const start = async () => {
    const { id } = (await call('POST', '/v1/customer/jobs', { templateId: 'emulator-succeeds' })).body.job
    await call('POST', `/v1/customer/jobs/${id}/run`)
    return id as string
  }
  const seen = async (id: string) => {
    const { next, timeline } = await world('default').explain(id)
    const waits = timeline.find(({ at }) => at === '')?.reason ?? next
    return Number(/\((\d+) of 4 so far\)/.exec(waits)?.[1] ?? 4)
  }
  const ways: Readonly<Record<string, (id: string) => Promise<{ status: number }>>> = {
    job: (id) => call('GET', `/v1/customer/jobs/${id}`),
    results: (id) => call('GET', `/v1/customer/jobs/${id}/results`),
    logs: (id) => call('POST', '/v1/customer/logs', { jobId: id }),
    'running tasks': (id) => call('POST', '/v1/customer/jobs/runningTasks', { jobsIds: [id, id, id.toUpperCase()] }),
    list: () => call('GET', '/v1/customer/jobs?pagination.limit=1'),
    filter: (id) =>
      call('POST', '/v1/customer/jobs/filter', {
        filters: [{ field: 'id', condition: 'FILTER_CONDITION_EQ', value: id }],
      }),
  }
  for (const [name, read] of Object.entries(ways)) {
    const id = await start()
    for (const count of [1, 2, 3]) {
      await read(id)
      t.equal(await seen(id), count, `${name}: ${count}`)
    }
    await read(id)
    t.equal((await world('default').explain(id)).state, 'JOB_STATE_COMPLETE', name)
  }

  // A page shows the step that it counts; jobs on other pages stay.
  const [first, second] = [await start(), await start()]
  const page = (await call('GET', '/v1/customer/jobs?pagination.limit=1')).body.data
  t.strictSame([page[0].id, page[0].state === 'JOB_STATE_STARTED'], [second, false])
  t.strictSame([await seen(first), await seen(second)], [0, 1])

  const id = await start()
  const uncounted: readonly (() => Promise<unknown>)[] = [
    () => client(url, 'test_default:stranger')('GET', `/v1/customer/jobs/${id}`),
    () => client(url, 'test_default:stranger')('POST', '/v1/customer/jobs/runningTasks', { jobsIds: [id] }),
    () => client(url, null)('GET', `/v1/customer/jobs/${id}`),
    () => call('POST', '/v1/customer/logs', `{"jobId": "${id}", "levels": 7}`),
    () => call('GET', `/_emulator/worlds/default/jobs/${id}`),
    () => call('GET', '/_emulator/worlds/default/jobs'),
    () => call('GET', '/v1/customer/jobs?pagination.limit=1&pagination.offset=1'),
  ]
  for (const [index, ask] of uncounted.entries()) {
    await ask()
    t.equal(await seen(id), 0, `not counted: ${index}`)
  }
  for (const effect of [{ status: 503 }, { connection: 'resetAfter' }, { answer: 'cut' }] as const) {
    await world('default').fault({ operation: 'GET /v1/customer/jobs/{jobId}', times: 1, ...effect })
    await call('GET', `/v1/customer/jobs/${id}`).catch(() => undefined)
    t.equal(await seen(id), 0, `spoilt: ${JSON.stringify(effect)}`)
  }
  await world('default').fault({ operation: 'GET /v1/customer/jobs/{jobId}', times: 1, delay: '1ms' })
  await call('GET', `/v1/customer/jobs/${id}`)
  t.equal(await seen(id), 1, 'an answer that is late is an answer')
})
