import t from 'tap'
import { version } from '../../src/base/package.ts'
import { client, emulator, steadyClock } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const template = 'hello-world-template'

void t.test('health', async (t) => {
  const clock = steadyClock()
  const { url } = await emulator(t, { clock })
  const call = client(url, null)
  clock.advance(12.5)
  const { status, body } = await call('GET', '/_emulator/health')
  t.equal(status, 200)
  t.strictSame(body, {
    status: 'ok',
    version,
    uptime: 12.5,
    database: { location: ':memory:', schema: body.database.schema },
    worlds: 0,
    ahead: 0,
    worldsAhead: [],
  })
  t.ok(body.database.schema >= 1)
  for (const key of ['test_a', 'test_b', 'test_a']) await client(url, key)('GET', jobs)
  t.equal((await call('GET', '/_emulator/health')).body.worlds, 2)

  const data = t.testdir()
  const onDisk = await emulator(t, { data })
  const location = (await client(onDisk.url, null)('GET', '/_emulator/health')).body.database.location
  t.match(location, data)
})

void t.test('reset of a world', async (t) => {
  const seed = { jobs: [{ templateId: template, jobId: 'seeded', name: 'as seeded' }] }
  const { url } = await emulator(t, { seed })
  const [mine, other] = [client(url, 'test_mine'), client(url, 'test_other')]
  for (const call of [mine, other]) {
    await call('POST', jobs, { templateId: template, name: 'made' })
    await call('POST', jobs, { templateId: template, jobId: 'seeded', name: 'changed' })
    await call('POST', '/v1/dev/templates', { id: 'made' })
  }
  await client(url, 'test_mine:stranger')('POST', jobs, { templateId: template })

  const { status, body } = await client(url, null)('POST', '/_emulator/worlds/mine/reset')
  t.equal(status, 200)
  t.strictSame(body, { world: 'mine', removed: { jobs: 3, templates: 1 }, seeded: { jobs: 1 } })

  const page = (await mine('GET', jobs)).body
  t.equal(page.pagination.total, 1)
  t.match(page.data, [{ id: 'seeded', name: 'as seeded' }])
  t.equal((await mine('GET', '/v1/dev/templates/made')).status, 404)
  t.equal((await client(url, 'test_mine:stranger')('GET', jobs)).body.pagination.total, 0)

  t.equal((await other('GET', jobs)).body.pagination.total, 2, 'other worlds are left alone')
  t.equal((await other('GET', '/v1/dev/templates/made')).status, 200)

  const fresh = await client(url, null)('POST', '/_emulator/worlds/never.used/reset', {})
  t.strictSame(fresh.body, { world: 'never.used', removed: { jobs: 0, templates: 0 }, seeded: { jobs: 1 } })
  t.equal((await client(url, 'test_never.used')('GET', jobs)).body.pagination.total, 1)

  for (const name of ['a%20b', 'x'.repeat(65), 'a%2Fb', '']) {
    const answer = await client(url, null)('POST', `/_emulator/worlds/${name}/reset`)
    t.ok(answer.status === 400 || answer.status === 404, name)
  }
})

void t.test('a host name that a stranger can own is refused, whatever the origin says', async (t) => {
  const { inject, port } = await emulator(t)
  for (const [host, status] of [
    [`127.0.0.1:${port}`, 200],
    ['localhost', 200],
    ['app.localhost:8080', 200],
    ['[::1]:2983', 200],
    ['emulator:2983', 200],
    ['host.docker.internal:2983', 200],
    ['evil.example', 403],
    [`evil.example:${port}`, 403],
    ['127.0.0.1.evil.example', 403],
  ] as const) {
    for (const headers of [{ host }, { host, origin: `http://${host}` }]) {
      const answer = await inject({ method: 'GET', url: '/_emulator/health', headers })
      t.equal(answer.statusCode, status, JSON.stringify(headers))
      if (status === 403) t.match(answer.json(), { code: 7, message: /host name/ })
    }
  }
})

void t.test('requests of foreign web pages are refused', async (t) => {
  const { url, port } = await emulator(t)
  for (const [origin, status] of [
    [url, 200],
    ['http://evil.example', 403],
    [`http://localhost:${port}`, 403],
    ['null', 403],
    ['', 403],
  ] as const) {
    const answer = await client(url, null)('POST', '/_emulator/worlds/default/reset', undefined, { origin })
    t.strictSame([origin, answer.status, answer.body.code], [origin, status, status === 403 ? 7 : undefined])
  }
})

void t.test('docs', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, null)
  const paths: Record<string, string[]> = {
    '/v1/customer': ['/jobs', '/jobs/{jobId}', '/jobs/templates'],
    '/v1/auth': ['/access_token', '/signout'],
    '/v1/dev': ['/templates', '/templates/{id}'],
    '/v1/wallet': [],
  }
  const titles: Record<string, string> = {
    '/v1/customer': 'ByteNite jobs API',
    '/v1/auth': 'ByteNite auth API',
    '/v1/dev': 'ByteNite developers API',
    '/v1/wallet': 'ByteNite wallet API',
  }
  for (const base of Object.keys(paths)) {
    await t.test(`${base}/docs/`, async (t) => {
      const page = await call('GET', `${base}/docs/`)
      t.equal(page.status, 200)
      t.match(page.headers.get('content-type'), 'text/html')
      t.match(page.body, `<title>${titles[base]}</title>`)
      t.match((await call('GET', `${base}/docs`)).body, /swagger/i, 'also without the slash')
      for (const asset of ['static/swagger-ui-bundle.js', 'static/swagger-initializer.js', 'static/swagger-ui.css']) {
        t.equal((await call('GET', `${base}/docs/${asset}`)).status, 200, asset)
      }
      const { status, body } = await call('GET', `${base}/docs/swagger.json`)
      t.equal(status, 200)
      t.match(body, { info: { title: titles[base], version: '0.1' }, servers: [{ url: url + base }] })
      for (const path of paths[base]!) t.ok(path in body.paths, path)
      t.notOk(Object.keys(body.paths as object).some((path) => path.startsWith('/v1') || path.startsWith('/_')))
    })
  }

  await t.test('describe the create with request, answer and errors', async (t) => {
    const { body } = await call('GET', '/v1/customer/docs/swagger.json')
    const { post } = body.paths['/jobs']
    t.equal(post.operationId, 'Customer_CreateJob')
    t.match(post.requestBody.content['application/json'].schema, { $ref: '#/components/schemas/CreateJobRequest' })
    const request = body.components.schemas.CreateJobRequest
    t.strictSame(request.required, ['templateId'])
    const fields = ['templateId', 'jobId', 'name', 'description', 'dataSource', 'dataDestination', 'params', 'config']
    t.strictSame(Object.keys(request.properties), fields)
    t.strictSame(Object.keys(post.responses).sort(), ['200', '400', '401', '403', '404', '500', '503', 'default'])
    t.strictSame(body.security, [{ ApiKeyAuth: [] }])
    const open = (await call('GET', '/v1/auth/docs/swagger.json')).body.paths['/access_token'].post
    t.strictSame(open.security, [])
  })

  await t.test('what is not there is 404, or 501 for another method', async (t) => {
    t.match(await call('GET', '/v1/nope/docs/'), { status: 404, body: { code: 5 } })
    t.match(await call('POST', '/v1/customer/docs/'), { status: 501, body: { code: 12 } })
    t.equal((await call('GET', '/v1/customer/docs/static/nope.js')).status, 404)
    t.equal((await call('GET', '/v1/customer/docs/static/..%2f..%2fpackage.json')).status, 404)
  })
})

void t.test('durations are texts, or numbers of milliseconds', async (t) => {
  const { url } = await emulator(t, { clock: steadyClock() })
  const call = client(url, null)
  const world = '/_emulator/worlds/default'
  const before = Date.parse((await call('GET', `${world}/clock`)).body.now as string)
  for (const [by, passed] of [
    ['90s', 90_000],
    [1500, 91_500],
    ['1500', 93_000],
  ] as const) {
    const { status, body } = await call('POST', `${world}/clock/advance`, { by })
    t.equal(status, 200)
    t.equal(Date.parse(body.now as string) - before, passed, JSON.stringify(by))
  }
  const fault = await call('POST', `${world}/faults`, { operation: '*', delay: 5 })
  t.match(fault, { status: 200, body: { delay: '5' } })
  t.match(await call('POST', `${world}/clock/advance`, { by: true }), {
    status: 400,
    body: { message: /field by: true; by takes a text such as "90s", or a number of milliseconds/ },
  })
})
