// The table of grounds: complete, true, and what every answer says of itself.
import t from 'tap'
import { groundHeader } from '../../src/fidelity/fidelity.ts'
import { routes, table } from '../conformance.ts'
import { type Answer, client, emulator } from '../emulator.ts'

void t.test('the journal notes the ground of every exchange', async (t) => {
  const started = await emulator(t)
  const { url } = started
  const mine = started.world('mine')
  const call = client(url, mine.apiKey)
  const list = '/v1/customer/jobs'
  const operation = `GET ${list}`
  await call('GET', list)
  await call('GET', `${list}/none`)
  for (const rule of [
    { status: 500 },
    { connection: 'resetBefore' },
    { connection: 'resetAfter' },
    { answer: 'cut' },
    { answer: 'brokenJson' },
    { answer: 'wrongContentType' },
    { delay: '1ms' },
  ] as const) {
    await mine.fault({ operation, times: 1, ...rule })
    await fetch(url + list, { headers: { authorization: mine.apiKey } }).then(
      (response) => response.text().catch(() => ''),
      () => '',
    )
  }
  const leave = new AbortController()
  await fetch(`${url}/v1/customer/events`, { headers: { authorization: mine.apiKey }, signal: leave.signal })
  leave.abort()
  await mine.waitForRequest({ operation: 'GET /v1/customer/events' })
  const noted = await mine.requests()
  const fault = 'chosen; fault'
  t.strictSame(
    noted.map(({ status, ground }) => [status, ground]),
    [
      [200, 'documented; list-jobs'],
      [404, 'documented; unknown-job'],
      [500, fault],
      [0, fault],
      [0, fault],
      [200, fault],
      [200, fault],
      [200, fault],
      [200, 'documented; list-jobs'],
      [200, 'chosen; listen-events'],
    ],
  )
})

void t.test('GET /_emulator/fidelity', async (t) => {
  const { url } = await emulator(t)
  const get = async (query: Record<string, string>) =>
    client(url, null)('GET', `/_emulator/fidelity?${new URLSearchParams(query).toString()}`)
  t.same((await get({})).body, table)

  const { body } = await get({ operation: 'GET /v1/customer/jobs/{jobId}/results' })
  t.same(
    body.operations.map(({ operation }: { operation: string }) => operation),
    ['GET /v1/customer/jobs/{jobId}/results'],
  )
  t.match(
    body.operations[0].answers.filter(({ status }: Answer) => status === 500),
    [{ code: 2, rows: ['results-before-completion'] }, { code: 13 }],
  )
  t.match(
    body.rows.find(({ id }: { id: string }) => id === 'results-before-completion'),
    { about: 'error', ground: 'observed' },
  )
  t.notOk(body.rows.some(({ about }: { about: string }) => about === 'behaviour'))

  const chosen = (await get({ ground: 'inferred' })).body
  t.ok(chosen.rows.length > 0 && chosen.rows.every(({ ground }: { ground: string }) => ground === 'inferred'))

  for (const [query, message] of [
    [{ operation: 'GET /v1/customer/job' }, /did you mean "GET \/v1\/customer\/jobs"/],
    [{ ground: 'guessed' }, /guessed/],
    [{ kind: 'x' }, /unknown field \?kind/],
  ] as const) {
    const refused = await get(query)
    t.match([refused.status, refused.body.code, refused.body.message], [400, 3, message])
  }
})

void t.test('GET /_emulator/openapi.json', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, null)
  const { status, body } = await call('GET', '/_emulator/openapi.json')
  t.equal(status, 200)
  t.match(body, {
    openapi: '3.1.0',
    info: { title: 'bytenite-emulator control API' },
    servers: [{ url: '/_emulator' }],
  })
  t.same(body.security, [], 'nobody is asked who they are')
  t.notOk('securitySchemes' in body.components)

  const drawn = Object.entries<Record<string, any>>(body.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ request: `${method.toUpperCase()} ${path}`, operation })),
  )
  const made = routes
    .filter(({ url, response }) => url.startsWith('/_emulator/') && response !== undefined)
    .map(({ method, url }) => `${method} ${url.slice('/_emulator'.length).replace(/:(\w+)/g, '{$1}')}`)
  t.same(drawn.map(({ request }) => request).sort(), made.sort(), 'it has every route')
  const tags = body.tags.map(({ name }: { name: string }) => name)
  for (const { request, operation } of drawn) {
    t.match(operation, { operationId: /^Emulator_/, summary: /./, description: /\.$/ }, request)
    t.ok(tags.includes(operation.tags[0]), `${request} has a tag that is explained`)
    t.ok(
      ['200', '400', '403', '404', '500'].every((known) => known in operation.responses),
      request,
    )
    for (const { name, description } of operation.parameters ?? [])
      t.ok(description, `${request}: ${name} is explained`)
  }

  await t.test('its examples work', async (t) => {
    const world = '/_emulator/worlds/default'
    const job = await client(url)('POST', '/v1/customer/jobs', { templateId: 'emulator-succeeds', name: 'Hello' })
    await call('PUT', `${world}/pace`, { pace: 'manual' })
    await client(url)('POST', `/v1/customer/jobs/${job.body.job.id}/run`)
    let examples = 0
    for (const { request, operation } of drawn) {
      const content = operation['requestBody']?.content['application/json']
      const example = content?.example ?? content?.schema.example
      if (example === undefined || request.endsWith('/wait')) continue
      examples++
      const [method = '', path = ''] = request.split(' ')
      const target = path.replace('{world}', 'default').replace('{jobId}', job.body.job.id)
      const answer = await call(method, `/_emulator${target}`, example)
      t.equal(answer.status, 200, `${request} ${JSON.stringify(example)}: ${JSON.stringify(answer.body)}`)
    }
    t.ok(examples >= 6)
  })

  await t.test('the header stands in the documents of the vendor, too', async (t) => {
    const { paths, components } = (await call('GET', '/v1/customer/docs/swagger.json')).body
    const { responses } = paths['/jobs/{jobId}'].get
    t.strictSame(responses['404'], { $ref: '#/components/responses/Error404' })
    for (const response of [responses['200'], components.responses.Error404]) t.ok(response.headers[groundHeader])
  })
})

void t.test('every tag of an operation is declared, with a description', async (t) => {
  const { url } = await emulator(t)
  for (const path of ['/v1/customer', '/v1/auth', '/v1/dev', '/v1/wallet'].map((base) => `${base}/docs/swagger.json`)) {
    const { body } = await client(url, null)('GET', path)
    const declared = new Map<string, string>(body.tags.map((tag: any) => [tag.name, tag.description]))
    const used = Object.values<any>(body.paths).flatMap((item) => Object.values<any>(item).flatMap(({ tags }) => tags))
    t.strictSame([...declared.keys()].sort(), [...new Set(used)].sort(), path)
    for (const [name, description] of declared) t.match(description, /^[A-Z].{10,}/, name)
  }
})
