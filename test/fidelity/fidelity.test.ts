// The table of grounds: complete, true, and what every answer says of itself.
import t, { type Test } from 'tap'
import { absentOperations } from '../../src/routes/absent.ts'
import { groundHeader, groundOf, listedStatuses } from '../../src/fidelity/fidelity.ts'
import { operations } from '../../src/fidelity/operations.ts'
import { routes, table } from '../conformance.ts'
import { type Answer, client, emulator, exchange } from '../emulator.ts'
import { blockData, type Prepared, samples, secret, source } from './samples.ts'

const rowsById = new Map(table.rows.map((row) => [row.id, row]))

const answersByOperation = new Map(table.operations.map(({ operation, answers }) => [operation, answers]))

/** Rows that answers of this file named. */
const seen = new Set<string>()

const groundIn = (header: string | null | undefined): string => {
  const id = header?.split('; ')[1] ?? '(none)'
  seen.add(id)
  return id
}

void t.test('rows', async (t) => {
  t.equal(rowsById.size, table.rows.length, 'no id stands twice')
  for (const { id, known } of table.rows) {
    t.match(id, /^[a-z][a-z0-9-]*$/)
    t.match(known, /^[A-Z0-9`].*\.$/, `${id} is a sentence`)
    t.notMatch(known, /\/work|\/tmp|\.md\b/, `${id} names what everybody can look for`)
  }
  const named = new Set(table.operations.flatMap(({ answers }) => answers.flatMap(({ rows }) => rows)))
  const whole = ['control-api', 'docs-pages', 'unknown-path', 'wrong-method']
  t.same(
    table.rows.filter(({ id, about }) => about !== 'behaviour' && !named.has(id) && !whole.includes(id)),
    [],
    'every row of an answer is named by an operation',
  )
  for (const { operation, answers } of table.operations) {
    t.ok(
      answers.every(({ rows }) => rows.length > 0 && rows.every((id) => rowsById.has(id))),
      operation,
    )
  }
})

/** Operations that ask nobody who they are, and act in the world `default`: no persona meets anything there. */
const signIns = new Set(['POST /v1/auth/signin', 'POST /v1/auth/authenticate'])

/** Operations that ask for an id, of which there is none. */
const neverFound = new Set(['GET /v1/customer/schema/{id}', 'GET /v1/dev/tests/{id}', 'POST /v1/wallet/cancel_top_up'])

void t.test('every route, with every status that it can answer', async (t) => {
  const absent = new Set(
    Object.entries(absentOperations).flatMap(([base, list]) =>
      list.map(([method, path]) => `${String(method)} ${base}${path.replace(/:(\w+)/g, '{$1}')}`),
    ),
  )
  for (const { operation } of routes) {
    t.ok(groundOf(operation, { absent: absent.has(operation) }), operation)
    if (!operation.includes(' /v1/') || operation.includes('/docs')) continue
    const answers = answersByOperation.get(operation) ?? []
    const statuses = answers.map(({ status }) => status)
    const success = absent.has(operation) ? [501] : neverFound.has(operation) ? [] : [200]
    t.same(
      [...success, ...Object.keys(listedStatuses).map(Number)].filter((status) => !statuses.includes(status)),
      [],
      `${operation} has a row for every status`,
    )
  }
  const known = new Set(routes.map(({ operation }) => operation))
  t.same(
    Object.keys(operations).filter((operation) => !known.has(operation)),
    [],
    'the table has no operation without a route',
  )
})

const accessToken = 'POST /v1/auth/access_token'

/** What asks an emulator in the name of one world. */
function provoke(t: Test, url: string, world: string, { method, url: path, operation }: (typeof routes)[number]) {
  const sample = samples[operation] ?? {}
  const owner = client(url, `test_${world}`)

  async function prepare(): Promise<Prepared> {
    const jobs = '/v1/customer/jobs'
    const file = { dataSource: { dataSourceDescriptor: 'file' } }
    const request = { templateId: 'emulator-instant', ...(sample.job === 'uploaded' ? file : {}) }
    const { job } = (await owner('POST', jobs, request)).body
    if (sample.job === 'complete') await owner('POST', `${jobs}/${job.id}/run`)
    if (sample.job === 'uploaded') {
      groundIn((await fetch(job.dataSource.params.tempUrl, { method: 'PUT', body: 'x' })).headers.get(groundHeader))
    }
    if (/\/(apps|engines)\/\{/.test(operation)) {
      await owner('POST', `/v1/dev/${operation.includes('/apps/') ? 'apps' : 'engines'}`, { data: blockData })
    }
    if (operation.includes('/secrets/')) await owner('POST', '/v1/auth/secrets', secret)
    const keys = (await owner('GET', '/v1/auth/api_keys')).body.apiKeys
    return { jobId: job.id, keyId: keys[0].id }
  }

  const pathWith = (params: Record<string, string>): string =>
    path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? 'nobody-knows-it')

  async function good(): Promise<[string, unknown]> {
    const prepared = await prepare()
    const body = operation === 'POST /v1/customer/logs' ? { jobId: prepared.jobId } : sample.body
    return [
      pathWith({ jobId: prepared.jobId, ...sample.params?.(prepared) }),
      operation === accessToken ? { apiKey: `test_${world}` } : body,
    ]
  }

  /** Asks by a persona, or as nobody. */
  async function ask(
    target: string,
    body: unknown,
    persona: string | null = 'owner',
    own: Record<string, string> = {},
  ): Promise<Answer> {
    const key = persona === null || operation === accessToken ? null : `test_${world}:${persona}`
    if (!operation.endsWith('/events')) {
      return client(url, key)(method, target, method === 'GET' ? undefined : body, own)
    }
    // A stream has no end that could be waited for.
    const leave = new AbortController()
    const headers: Record<string, string> = { ...own, ...(key === null ? {} : { authorization: key }) }
    const response = await fetch(url + target, { signal: leave.signal, headers })
    const answer = { status: response.status, headers: response.headers, body: undefined as unknown }
    if (response.status >= 400) answer.body = await response.json()
    leave.abort()
    return answer
  }

  const check = (what: string, { status, headers, body }: Answer, wanted: number, ground: string): void => {
    const error = {
      code: answersByOperation.get(operation)?.find(({ status, rows }) => status === wanted && rows.includes(ground))
        ?.code,
      message: /./,
      details: [],
    }
    // A fault may strike where the table has another answer of the same status.
    if (ground === 'fault') error.code ??= body.code
    t.match(
      { status, ground: groundIn(headers.get(groundHeader)), body },
      { status: wanted, ground, ...(wanted < 400 ? {} : { body: error }) },
      `${method} ${path}: ${what}`,
    )
  }

  async function byFault(status: number): Promise<void> {
    const [target, body] = await good()
    const fault = { operation, times: 1, status }
    t.equal((await client(url, null)('POST', `/_emulator/worlds/${world}/faults`, fault)).status, 200)
    check('a fault', await ask(target, body), status, 'fault')
  }

  /** The row that is expected behind 400, with a request that leads to it. */
  async function malformed(): Promise<[string, Answer]> {
    const [target] = await good()
    const rows = answersByOperation.get(operation)!.flatMap((answer) => answer.rows)
    if (rows.includes('bad-json')) return ['bad-json', await ask(target, '{')]
    if (sample.badQuery !== undefined) return ['bad-query', await ask(`${target}?${sample.badQuery}`, undefined)]
    if (path.includes(':')) return ['broken-escape', await ask(path.replace(/:\w+/, '%zz'), undefined)]
    return ['grpc-timeout', await ask(target, undefined, 'owner', { 'grpc-timeout': 'x' })]
  }

  return { good, ask, check, byFault, malformed, pathWith, sample }
}

void t.test('every listed status of every operation', async (t) => {
  const { url } = await emulator(t)
  const ours = routes.filter(({ url }) => url.startsWith('/v1/') && !url.includes('/docs'))
  t.ok(ours.length > 80)
  for (const [index, route] of ours.entries()) {
    const { operation } = route
    const { good, ask, check, byFault, malformed, pathWith, sample } = provoke(t, url, `w${index}`, route)
    const answers = answersByOperation.get(operation)!
    const onlyByFault = (status: number): boolean =>
      answers.find((answer) => answer.status === status)?.onlyByFault ?? true
    const [target, body] = await good()
    if (signIns.has(operation)) {
      const [ground, answer] = await malformed()
      check('malformed', answer, 400, ground)
      check('good', await ask(target, body), 200, 'sign-in')
      continue
    }

    if (onlyByFault(400)) await byFault(400)
    else {
      const [ground, answer] = await malformed()
      check('malformed', answer, 400, ground)
    }

    if (operation === accessToken) {
      check('a wrong key', await client(url, null)('POST', target, { apiKey: 'wrong' }), 401, 'wrong-api-key')
      for (const status of [403, 503]) await byFault(status)
    } else {
      check('nobody', await ask(target, body, null), 401, 'not-authenticated')
      check('expired', await ask(target, body, 'expired'), 401, 'not-authenticated')
      check('forbidden', await ask(target, body, 'forbidden'), 403, 'no-permission')
      check('limited', await ask(target, body, 'limited'), 429, 'too-many-requests')
      check('down', await ask(target, body, 'down'), 503, 'temporarily-unavailable')
    }

    if (onlyByFault(404)) await byFault(404)
    else {
      const { rows } = answers.find((answer) => answer.status === 404)!
      check('not there', await ask(pathWith({}), sample.missing?.body ?? body), 404, rows[0]!)
    }

    await byFault(500)
    if (operation.endsWith('/results')) {
      const job = await client(url, `test_w${index}`)('POST', '/v1/customer/jobs', { templateId: 'emulator-instant' })
      const early = await ask(pathWith({ jobId: job.body.job.id }), undefined)
      check('before completion', early, 500, 'results-before-completion')
    }

    const success = answers.find((answer) => answer.status === 200)
    if (neverFound.has(operation)) check('good', await ask(target, body), 404, 'nothing-behind')
    else if (success === undefined) check('absent', await ask(target, body), 501, 'absent-operation')
    else check('good', await ask(target, body), 200, success.rows[0]!)
  }
})

void t.test('errors of one status have grounds of their own', async (t) => {
  const { url, port } = await emulator(t)
  const strict = await emulator(t, { strict: true })
  const call = client(url)
  const jobs = '/v1/customer/jobs'
  const make = async (fields: object = {}): Promise<string> =>
    (await call('POST', jobs, { templateId: 'emulator-instant', ...fields })).body.job.id
  const run = async (fields: object = {}): Promise<string> => {
    const id = await make(fields)
    t.equal((await call('POST', `${jobs}/${id}/run`)).status, 200)
    return id
  }
  /** In a world of its own, as blocks that are there change which jobs run. */
  const runInactive = async () => {
    const there = client(url, 'test_blocks')
    await there('POST', '/v1/dev/apps', { data: blockData })
    await there('POST', '/v1/dev/templates', { id: 'mine', app: 'sample', ...source })
    const { message } = (await there('GET', '/v1/dev/apps/sample/download')).body
    t.equal(groundIn((await fetch(message)).headers.get(groundHeader)), 'get-block')
    const { id } = (await there('POST', jobs, { templateId: 'mine' })).body.job
    return there('POST', `${jobs}/${id}/run`)
  }
  const deleted = await make()
  await call('DELETE', `${jobs}/${deleted}`)
  const [fresh, complete, endless] = [await make(), await run(), await run({ templateId: 'emulator-never-ends' })]
  const unsigned = '/bytenite-uploads-prod/a/data.bin'
  const local = { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' }
  const withFile = await make({ dataSource: { dataSourceDescriptor: 'file', params: local } })
  const { tempUrl } = (await call('GET', `${jobs}/${withFile}`)).body.job.dataSource.params
  const uploadLink = (tempUrl as string).slice(url.length)
  const s3 = { '@type': 'type.googleapis.com/bytenite.data_source.S3DataSource', secretId: 'none', bucketName: 'b' }
  const withSecret = await make({ dataSource: { dataSourceDescriptor: 's3', params: s3 } })
  const sourceless = await make({ templateId: 'hello-world-template' })
  const expensive = await make({ templateId: 'emulator-expensive' })
  const coupon = { couponCode: 'FREE-5' }
  await call('POST', '/v1/wallet/redeem_coupon', coupon)
  const ofStranger = client(url, 'test_default:stranger')
  const strictly = client(strict.url, await strict.world('default').token())
  const filters = [{ field: 'colour', condition: 'FILTER_CONDITION_EQ' }]

  const cases: readonly (readonly [string, number, Promise<Answer>])[] = [
    ['malformed-request', 400, call('POST', jobs, { templateId: 1 })],
    ['required-field', 400, call('POST', jobs, {})],
    ['strict-mode', 401, client(strict.url)('GET', jobs)],
    ['wrong-api-key', 401, client(url, 'test_default:nobody')('GET', jobs)],
    ['another-account', 403, ofStranger('GET', `${jobs}/${fresh}`)],
    ['body-too-large', 429, call('POST', jobs, Buffer.alloc(4 * 1024 * 1024 + 1, ' '))],
    ['grpc-timeout', 504, call('GET', jobs, undefined, { 'grpc-timeout': '1n' })],
    ['grpc-timeout', 400, call('GET', jobs, undefined, { 'grpc-timeout': '1' })],
    ['foreign-page', 403, call('GET', jobs, undefined, { origin: 'https://evil.example' })],
    ['grpc-headers', 400, call('GET', jobs, undefined, { 'grpc-metadata-foo-bin': 'x' })],
    ['grpc-headers', 500, call('GET', jobs, undefined, { 'grpc-metadata-': 'x' })],
    ['invalid-utf8', 500, call('GET', `${jobs}?orderBy=%ff`)],
    ['strict-mode', 400, strictly('POST', jobs, '{"templateId":"emulator-instant"} x')],
    ['strict-mode', 400, strictly('DELETE', `${jobs}/x`, 'undefined')],
    ['strict-mode', 400, strictly('POST', `${jobs}/filter`, { filters: [{ field: 'name', value: 'x' }] })],
    ['unknown-path', 404, call('GET', '/v1/nope')],
    ['wrong-method', 501, call('DELETE', jobs)],
    ['job-id-form', 400, call('POST', jobs, { templateId: 'emulator-instant', jobId: 'a b' })],
    ['source-check', 400, call('PATCH', `${jobs}/${fresh}/datasource`, { dataSource: {} })],
    ['job-started', 400, call('PATCH', `${jobs}/${complete}/params`, {})],
    ['job-id-taken', 400, call('POST', jobs, { templateId: 'emulator-instant', jobId: deleted })],
    ['unknown-job', 404, call('GET', `${jobs}/${deleted}`)],
    ['runs-once', 400, call('POST', `${jobs}/${complete}/run`)],
    ['nothing-to-run', 400, call('POST', `${jobs}/${sourceless}/run`)],
    ['secret-missing', 400, call('POST', `${jobs}/${withSecret}/run`)],
    ['balance-too-low', 400, call('POST', `${jobs}/${expensive}/run`)],
    ['takes-no-file', 400, call('PATCH', `${jobs}/${fresh}/uploadcompleted`)],
    ['ended-already', 400, call('POST', `${jobs}/${complete}/abort`)],
    ['still-running', 400, call('DELETE', `${jobs}/${endless}`)],
    ['too-many-ids', 400, call('POST', `${jobs}/runningTasks`, { jobsIds: Array(1001).fill('a') })],
    ['filter-rules', 400, call('POST', `${jobs}/filter`, { filters })],
    ['order-rules', 400, strictly('GET', `${jobs}?orderBy=colour`)],
    ['template-form', 400, call('POST', '/v1/dev/templates', { id: 'a b' })],
    ['sign-in-code', 400, call('POST', '/v1/auth/authenticate', { email: 'a', code: '1' })],
    ['block-form', 400, call('POST', '/v1/dev/apps', { data: 'aaaa' })],
    ['block-not-active', 400, runInactive()],
    [
      'secret-form',
      400,
      call('POST', '/v1/auth/secrets', { ...secret, secret: { ...secret.secret, secretType: 'x' } }),
    ],
    ['coupon-used', 400, call('POST', '/v1/wallet/redeem_coupon', coupon)],
    ['unknown-currency', 400, call('GET', '/v1/wallet/exchange_rate?currency=EUR')],
    ['link-refused', 403, call('PUT', unsigned, 'x')],
    ['part-of-a-file', 400, call('PUT', uploadLink, 'x', { 'content-range': 'bytes 0-0/1' })],
    ['docs-pages', 200, call('GET', '/v1/dev/docs/')],
    ['docs-pages', 200, call('GET', '/v1/dev/docs/swagger.json')],
    ['unknown-path', 404, call('GET', '/v1/dev/docs/none.css')],
    ['control-api', 200, call('GET', '/_emulator/docs/')],
    ['control-api', 404, call('GET', '/_emulator/worlds/none')],
    ['control-api', 400, call('POST', '/_emulator/worlds/default/fork', {})],
    ['control-api', 403, call('GET', '/_emulator/health', undefined, { origin: 'http://page.example' })],
  ]
  for (const [id, status, asked] of cases) {
    const answer = await asked
    t.strictSame([id, answer.status, groundIn(answer.headers.get(groundHeader))], [id, status, id])
  }
  const unknown = await client(strict.url, await strict.world('default').token())('POST', jobs, {
    templateId: 'a',
    nope: 1,
  })
  t.strictSame([unknown.status, groundIn(unknown.headers.get(groundHeader))], [400, 'strict-mode'])

  await t.test('links', async (t) => {
    const links = async () => (await call('GET', `${jobs}/${complete}/results`)).body.results[0].link as string
    const link = await links()
    const get = async (from: string, headers: Record<string, string> = {}) => {
      const response = await fetch(from, { headers })
      await response.arrayBuffer()
      return [response.status, groundIn(response.headers.get(groundHeader))]
    }
    const etag = (await fetch(link, { method: 'HEAD' })).headers.get('etag')!
    t.strictSame(await get(link), [200, 'get-result'])
    t.strictSame(await get(link, { range: 'bytes=0-0' }), [206, 'result-range'])
    t.strictSame(await get(link, { 'if-none-match': etag }), [304, 'result-unchanged'])
    t.strictSame(await get(link, { 'if-match': '"another"' }), [412, 'result-condition'])
    t.strictSame(await get(link, { range: 'bytes=999999999-' }), [416, 'range-beyond-end'])
    await call('POST', '/_emulator/worlds/default/clock/advance', { by: '49h' })
    t.strictSame(await get(link), [403, 'link-refused'])
    t.strictSame(await get(await links()), [404, 'file-gone'])
  })

  await t.test('what is no HTTP', async (t) => {
    for (const bytes of ['nonsense\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`]) {
      const text = await exchange(port, bytes)
      t.equal(groundIn(/^x-emulator-ground: (.*)\r$/im.exec(text)?.[1]), 'broken-http')
    }
  })
})

void t.test('every row of an answer was seen in one', async (t) => {
  // No disk fails here, blocks are run in test/runner, and the row of listed statuses stands beside that of faults.
  const unseen = ['server-error', 'listed-status', 'block-missing', 'private-key-needed']
  t.same(
    table.rows.filter(({ id, about }) => about !== 'behaviour' && !seen.has(id) && !unseen.includes(id)),
    [],
  )
})
