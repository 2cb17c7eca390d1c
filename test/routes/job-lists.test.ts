import t from 'tap'
import type { JobState } from '../../schemas/jobs.ts'
import { client, emulator, steadyClock } from '../emulator.ts'
import { template, id, create, read, idsOf } from './job-calls.ts'
import { bypass, jobs } from './files.ts'

const other = 'c0ffee00-1b1e-4c53-9a59-2a3c0f1d7e22'

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
      ['pagination.limit=x', /parsing field "limit".*"x": invalid syntax; pagination\.limit takes/],
      ['pagination.limit=', /invalid syntax/],
      ['pagination.limit=-1', /invalid syntax/],
      ['pagination.limit=1.5', /invalid syntax/],
      ['pagination.limit=%201', /invalid syntax/],
      ['pagination.offset=4294967296', /value out of range/],
      ['pagination.limit=1&pagination.limit=2', /too many values for field "limit": 1, 2/],
      ['orderBy=name&orderBy=id', /too many values for field "order_by": name, id/],
      ['orderBy=name;DROP%20TABLE%20jobs', /invalid semicolon separator/],
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
        t.match(await post(body), { status: 400, body: { code: 3, message: /unexpected EOF|invalid escape code/ } })
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
    // Names come back sorted, as the gateway writes them.
    const app = '{"__proto__":{"polluted":true},"a":{"__proto__":null},"constructor":{"prototype":{"polluted":true}}}'
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
      t.match({ status, ...body }, { status: 400, code: 3, message: /exceeded max depth/ })
      const list = await post(`{"templateId":"${template}","params":{"app":{"a":${'['.repeat(depth)}`)
      t.match({ status: list.status, code: list.body.code }, { status: 400, code: 3 })
    }
  })

  await t.test('names in params come back sorted by their text, and -0 as it was', async (t) => {
    const sent = '{"b":[{"2":-0,"1":0}],"a":-0.0,"9":1,"10":2,"B":3,"é":4}'
    const written = '{"10":2,"9":1,"B":3,"a":-0,"b":[{"1":0,"2":-0}],"é":4}'
    const { body } = await post(`{"templateId":"${template}","params":{"app":${sent}}}`)
    const headers = { authorization: 'test_default' }
    const text = await (await fetch(`${url}/v1/customer/jobs/${body.job.id}`, { headers })).text()
    t.ok(text.includes(`"app":${written}`), text)
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
    createdAt: '2025-05-20T09:00:00Z',
    stateTimestamps: { JOB_STATE_NEW: '2025-05-20T09:00:00Z' },
  })
  const page = (await call('GET', '/v1/customer/jobs')).body
  t.strictSame(page, { pagination: { total: 1 }, data: [body.job] })
  const none = (await client(url, 'test_other', 'omit')('GET', '/v1/customer/jobs')).body
  t.strictSame(none, { pagination: {} })
})

void t.test('lists by state are true for one moment, though time goes on while they are made', async (t) => {
  // Each look at this clock is 30 ms later than the one before.
  const base = steadyClock()
  const clock = { now: () => (base.advance(0.03), base.now()) }
  const { url, world } = await emulator(t, { clock, pace: '2s' })
  const call = client(url)
  const state = ({ state }: { state: JobState }) => state
  for (let round = 0; round < 20; round++) {
    const { body } = await call('POST', jobs, { templateId: 'hello-world-template', dataSource: bypass })
    await call('POST', `${jobs}/${body.job.id}/run`)
    for (const wanted of [
      'JOB_STATE_STARTED',
      'JOB_STATE_PARTITIONED',
      'JOB_STATE_TASKS_COMPLETED',
      'JOB_STATE_COMPLETE',
    ]) {
      const filters = [{ field: 'state', condition: 'FILTER_CONDITION_EQ', value: wanted }]
      const found = (await call('POST', `${jobs}/filter`, { filters })).body.data.map(state)
      t.same(new Set(found).size <= 1 && (found[0] ?? wanted), wanted)
      const known = (await world('default').jobs({ state: wanted })).map(state)
      t.same(new Set(known).size <= 1 && (known[0] ?? wanted), wanted)
    }
    const ordered = (await call('GET', `${jobs}?orderBy=state`)).body.data.map(state)
    t.same(ordered, [...ordered].sort())
  }
})
