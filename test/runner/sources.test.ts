// What blocks read besides uploads: sources that are not here, secrets; and what their work costs.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { finished, jobs, resultsOf, runningEmulator, temporary } from './blocks.ts'

const copies = { app: "writeFileSync(join(env.TASK_RESULTS_DIR, 'out'), readFileSync(join(env.TASK_DIR, 'data.bin')))" }

const urlSource = (url: string) => ({
  dataSource: {
    dataSourceDescriptor: 'url',
    params: { '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource', url },
  },
})

const bucketSource = (name: string) => ({
  dataSource: {
    dataSourceDescriptor: 's3',
    params: { '@type': 'type.googleapis.com/bytenite.data_source.S3DataSource', bucketName: 'my-bucket', name },
  },
})

void t.test('--sources stands for the web and for buckets', async (t) => {
  const sources = temporary(t)
  for (const [path, text] of [
    ['example.com/a b/in.txt', 'from the web'],
    ['my-bucket/dir/in.txt', 'from a bucket'],
  ] as const) {
    mkdirSync(join(sources, path, '..'), { recursive: true })
    writeFileSync(join(sources, path), text)
  }
  writeFileSync(join(sources, '..', 'outside.txt'), 'outside')
  const { call } = await runningEmulator(t, copies, { sources })
  for (const [source, text] of [
    [urlSource('https://example.com/a%20b/in.txt?x=1'), 'from the web'],
    [bucketSource('dir/in.txt'), 'from a bucket'],
  ] as const) {
    const job = await finished(call, source)
    t.equal(job.state, 'JOB_STATE_COMPLETE', job.errorMessage)
    t.strictSame(await resultsOf(call, job.id), { out: text })
  }
  for (const [source, reason] of [
    [urlSource('https://example.com/other'), /put the file into .* as example\.com\/other, allow --fetch-sources/],
    [urlSource('https://example.com/..%2f..%2foutside.txt'), /not fetched/],
    [bucketSource('../../outside.txt'), /not fetched/],
    [urlSource('ftp://example.com/x'), /expected a URL that begins with http/],
  ] as const) {
    const job = await finished(call, source)
    t.match(job, { state: 'JOB_STATE_FAILED', errorMessage: reason })
  }
})

void t.test('--fetch-sources asks the network, and says what went wrong', async (t) => {
  const server = createServer(({ url, headers }, response) => {
    response.writeHead(url === '/in' ? 200 : 404).end(`fetched by ${headers.authorization ?? 'nobody'}`)
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { call } = await runningEmulator(t, copies, { fetchSources: true })
  const job = await finished(call, urlSource(`${origin}/in`))
  t.strictSame(await resultsOf(call, job.id), { out: 'fetched by nobody' })
  t.match(await finished(call, urlSource(`${origin}/other`)), { errorMessage: /cannot be fetched: it answers 404/ })
  t.match(await finished(call, urlSource('http://127.0.0.1:9/x')), { errorMessage: /cannot be fetched: / })
})

void t.test('a block has the secrets that its manifest names, and they are masked in its logs', async (t) => {
  const app = `writeFileSync(join(env.TASK_RESULTS_DIR, 'out'), JSON.stringify([env.MY_KEY_ACCESS_KEY, env.MY_KEY_SECRET_KEY, env.TOKEN, env.OTHER_SECRET_KEY]))
    console.log('the key is ' + env.MY_KEY_SECRET_KEY)`
  const { call } = await runningEmulator(
    t,
    { app },
    {},
    { platform_config: { secrets: ['my-key', 'token', 'absent'] } },
  )
  for (const [id, secretType, secretKey] of [
    ['my-key', 'aws', 'long-enough'],
    ['token', 'other', 'tok'],
    ['other', 'aws', 'not named'],
  ]) {
    await call('POST', '/v1/auth/secrets', { secret: { id, secretType, accessKey: 'access' }, secretKey })
  }
  const job = await finished(call)
  t.strictSame(JSON.parse((await resultsOf(call, job.id))['out']!), ['access', 'long-enough', 'tok', null])
  const logs = JSON.stringify((await call('POST', '/v1/customer/logs', { jobId: job.id })).body)
  t.match(logs, /the key is \*\*\*/)
  t.notMatch(logs, /long-enough/)
})

void t.test('a real run is paid when it is complete: hours of its tasks times what they need', async (t) => {
  const app = "const until = Date.now() + 100; while (Date.now() < until); if (env.APP_PARAMS !== '{}') process.exit(1)"
  const { call } = await runningEmulator(t, { app }, {}, { device_requirements: { min_cpu: 16, min_memory: 64 } })
  const balance = async () => (await call('GET', '/v1/wallet/balance')).body.totalBalance as number
  const before = await balance()
  const job = await finished(call)
  t.ok(job.paymentAmount >= (0.1 / 3600) * 64 * 0.9, `costs ${job.paymentAmount}`)
  t.ok(Math.abs(before - (await balance()) - job.paymentAmount) < 1e-6)
  const { data } = (await call('GET', '/v1/wallet/transactions?orderBy=createdAt desc')).body
  t.match(data[0], { transactionType: 'payment', amount: job.paymentAmount })
  const failed = await finished(call, { params: { app: { fails: true } } })
  t.equal(failed.state, 'JOB_STATE_FAILED')
  t.ok(Math.abs(before - (await balance()) - job.paymentAmount) < 1e-6, 'one that fails costs nothing')
  t.equal((await call('GET', `${jobs}/${job.id}`)).status, 200)
})
