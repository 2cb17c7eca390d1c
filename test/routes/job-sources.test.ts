import t from 'tap'
import { client, emulator } from '../emulator.ts'
import { template, create } from './job-calls.ts'

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
