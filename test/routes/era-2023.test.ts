// `--era 2023`: answers as the vendor's notebooks of 2023 saved them.
import t from 'tap'
import { client, emulator } from '../emulator.ts'
import { bypass, finish, jobs } from './files.ts'

const templateId = 'video-transcoding@v0.2'

const started = async (t: Parameters<typeof emulator>[0], options: object = {}) => {
  const running = await emulator(t, { era: '2023', ...options })
  return { ...running, call: client(running.url, 'test_default', '2023') }
}

const output = (height: string, output_type = 'mp4') => ({
  output_type,
  output_params: { aspect: { resolution: { height } } },
})

const withOutputs = (...outputs: object[]) => ({ data: { output_template: 'x', outputs }, preset: 'unpackaged' })

void t.test('a job has the 21 fields of 2023, in their order', async (t) => {
  const { call } = await started(t)
  const { body } = await call('POST', jobs, { templateId, name: 'A new job' })
  t.strictSame(Object.keys(body), ['job'], 'nothing beside it')
  t.strictSame(
    Object.keys(body.job).join(' '),
    'id templateId name config priority startAt deadline submittedAt startedAt completedAt regions state dataSource params ' +
      'dataDestination duration deletedAt createdAt paymentAmount numUnitsEstimation numChunks',
  )
  t.match(body.job, {
    config: { minChunkSize: '0', maxChunkSize: '0', replicationFactor: 0, partitioningSettings: {} },
    dataDestination: null,
    paymentAmount: '0',
    numUnitsEstimation: '0',
    numChunks: '0',
  })
  const destination = { dataDestination: { dataSourceDescriptor: 'bucket', params: {} } }
  const set = await call('POST', `${jobs}/datasource/${body.job.id}`, destination)
  t.strictSame(set.body.job.dataDestination, destination.dataDestination, 'one that was set shows its params')
})

void t.test('params keep data as it was sent, under strict too', async (t) => {
  for (const strict of [false, true]) {
    const { url } = await emulator(t, { era: '2023', strict })
    const { token } = (await client(url, null, '2023')('POST', '/v1/auth/access_token', { apiKey: 'test_w' })).body
    const call = client(url, token, '2023')
    const { id } = (await call('POST', jobs, { templateId, name: 'A new job' })).body.job
    const sent = withOutputs(output('480p'))
    const { status, body } = await call('POST', `${jobs}/params/${id}`, sent)
    t.equal(status, 200, JSON.stringify(body))
    t.strictSame(body.job.params, { schema: '', data: sent.data, preset: 'unpackaged', selectedOutputs: [] })
    t.strictSame((await call('GET', `${jobs}/${id}`)).body.job.params, body.job.params)
  }
  const { url } = await emulator(t)
  const call = client(url)
  const { id } = (await call('POST', jobs, { templateId })).body.job
  const { body } = await call('POST', `${jobs}/params/${id}`, withOutputs(output('480p')))
  t.notOk('data' in body.job.params, 'in 2025 it is an unknown field')
})

void t.test('videos are one for each output, named by the job', async (t) => {
  const { call } = await started(t)
  for (const [params, names] of [
    [undefined, ['Test_job_480p.mp4']],
    [withOutputs(output('480p')), ['Test_job_480p.mp4']],
    [withOutputs(output('720p'), output('480p')), ['out_0/Test_job_480p.mp4', 'out_1/Test_job_720p.mp4']],
    [
      withOutputs(output('1080p', 'hls'), output('540p', 'png')),
      ['out_0/Test_job_540p.png', 'out_1/Test_job_1080p.m3u8'],
    ],
    [withOutputs({ output_type: '../../x' }), ['Test_job_480p.mp4']],
    [{ data: { outputs: 'none' } }, ['Test_job_480p.mp4']],
  ] as const) {
    const { body } = await call('POST', jobs, { templateId, name: 'Test job', params, dataSource: bypass })
    await finish(call, body.job.id)
    const { results } = (await call('GET', `${jobs}/${body.job.id}/results`)).body
    t.strictSame(
      results.map(({ name }: { name: string }) => name),
      names,
    )
  }
})

void t.test('balances are strings, and a user has a phone number', async (t) => {
  const { call, url } = await started(t)
  for (const path of ['/v1/customer/wallet/balance', '/v1/wallet/balance']) {
    const { body } = await call('GET', path)
    t.strictSame(body, { accountId: body.accountId, totalBalance: '10000', availableBalance: '10000' }, path)
  }
  const { user } = (await call('GET', '/v1/auth/user')).body
  t.strictSame(
    Object.keys(user).join(' '),
    'id createdAt lastLogin displayName email phoneNumber photoUrl providerId emailVerified customClaims role',
  )
  t.match(user, { phoneNumber: '', customClaims: {} })
  t.equal((await client(url, 'test_default', 'omit')('GET', '/_emulator/worlds/default/jobs')).status, 200)
})

void t.test('a Storj source shows an empty tempUrl, in every era', async (t) => {
  for (const era of ['2023', '2025'] as const) {
    const { url } = await emulator(t, { era })
    const params = {
      '@type': 'type.googleapis.com/bytenite.data_source.StorjDataSource',
      bucketName: 'b',
      name: '/a.mp4',
    }
    const source = { dataSourceDescriptor: 'storj', params }
    const { body } = await client(url, 'test_default', era === '2023' ? '2023' : 'emit')('POST', jobs, {
      templateId,
      dataSource: source,
    })
    t.equal(body.job.dataSource.params.tempUrl, '', era)
  }
})
