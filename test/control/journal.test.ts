import { request } from 'node:http'
import type { UnknownField } from '../../src/wire/unknown-fields.ts'
import t from 'tap'
import type { Exchange } from '../../schemas/journal.ts'
import { createJournal, keptBody, keptExchanges, type Noted } from '../../src/control/journal.ts'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const template = { templateId: 'emulator-succeeds' }

void t.test('an exchange names its job and its scenario', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('w')
  const call = client(url, world.apiKey)
  const { id } = (await call('POST', jobs, template)).body.job
  const scenario = await world.scenario({ jobId: id, failIn: 'JOB_STATE_MERGING' })
  await call('POST', `${jobs}/${id.toUpperCase()}/run`)
  await call('POST', '/v1/customer/logs', { jobId: id })
  const failing = (await call('POST', jobs, { templateId: 'emulator-fails' })).body.job
  await call('POST', `${jobs}/run/${failing.id}`)
  await call('GET', '/v1/computing/jobs?pagination.limit=1')
  t.equal((await world.requests({ limit: 1 }))[0]?.path, '/v1/computing/jobs?pagination.limit=1')

  const brief = (exchanges: Exchange[]) =>
    exchanges.map(({ operation, jobId, scenario }) => [operation.replace('/v1/customer', ''), jobId, scenario])
  t.strictSame(brief(await world.requests()), [
    ['POST /jobs', id, null],
    ['POST /jobs/{jobId}/run', id, scenario.id],
    ['POST /logs', id, null],
    ['POST /jobs', failing.id, null],
    ['POST /jobs/run/{jobId}', failing.id, 'emulator-fails'],
    ['GET /jobs', null, null],
  ])
  t.equal((await world.requests({ jobId: id.toUpperCase() })).length, 3)
  t.match((await world.explain(id)).requests, [{ operation: 'POST /v1/customer/jobs' }, {}, {}])
})

void t.test('lists are in order, filtered, and as long as they are asked to be', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('w')
  const call = client(url, world.apiKey)
  for (const name of ['a', 'b', 'c']) await call('POST', jobs, { ...template, name })
  await call('GET', `${jobs}/none`)
  await client(url, world.keyOf('readonly'))('POST', jobs, template)
  const all = await world.requests()
  const ids = all.map(({ id }) => id)
  t.strictSame(
    ids,
    [...ids].sort((a, b) => a - b),
  )
  for (const [query, wanted] of [
    [{}, ids],
    [{ limit: 2 }, ids.slice(3)],
    [{ limit: 0 }, []],
    [{ after: ids[2]! }, ids.slice(3)],
    [{ operation: 'POST /v1/customer/jobs' }, [ids[0], ids[1], ids[2], ids[4]]],
    [{ operation: 'post /v1/computing/jobs', limit: 1, status: 200 }, [ids[2]]],
    [{ persona: 'readonly' }, [ids[4]]],
    [{ status: 404 }, [ids[3]]],
    [{ status: 0 }, []],
    [{ jobId: 'none' }, [ids[3]]],
  ] as const) {
    t.strictSame(
      (await world.requests(query)).map(({ id }) => id),
      wanted,
      JSON.stringify(query),
    )
  }
})

const noted = (more: Partial<Noted> = {}): Noted => ({
  at: 0,
  worldTime: 0,
  operation: 'GET /v1/customer/jobs',
  method: 'GET',
  path: '/v1/customer/jobs',
  persona: 'owner',
  status: 200,
  durationMs: 1,
  headers: [],
  requestBody: undefined,
  responseBody: '',
  unknownFields: [],
  fault: null,
  scenario: null,
  jobId: null,
  ground: '',
  ...more,
})

void t.test('what is kept is bounded', async (t) => {
  const journal = createJournal()
  for (let count = 0; count < keptExchanges + 10; count++) journal.note('w', noted())
  t.equal(journal.count('w'), keptExchanges)
  t.equal(journal.list('w', {})[0]?.id, 11, 'the oldest go')

  const body = 'ü'.repeat(keptBody)
  journal.note(
    'large',
    noted({
      requestBody: Buffer.from(body),
      responseBody: body,
      unknownFields: Array<UnknownField>(500).fill({ path: 'f', suggestion: undefined }),
    }),
  )
  const [large] = journal.list('large', {})
  for (const part of [large!.request, large!.response]) {
    t.equal(Buffer.byteLength(part.body), keptBody)
    t.equal(part.bodyBytes, 2 * keptBody)
  }
  t.equal(large!.unknownFields.length, 100)

  for (let count = 0; count < 2000; count++) {
    journal.note(`w${count % 20}`, noted({ requestBody: Buffer.alloc(keptBody), responseBody: ' '.repeat(keptBody) }))
  }
  let kept = 0
  for (let count = 0; count < 20; count++) kept += journal.count(`w${count}`)
  t.ok(kept * 2 * keptBody <= 64 * 1024 * 1024, `${kept} exchanges of 128 KiB`)
  t.ok(kept > 400)
  t.equal(journal.count('w'), 0, 'the world that was silent longest goes first')
  journal.close()
})

void t.test('what is noted is read back, whatever came before and however much there is', async (t) => {
  const texts = ['', 'plain', 'ÄÖ', '€uro \u{1f600}', 'two\nlines', 'x'.repeat(5000), '€'.repeat(20_000)]
  const some = <T>(values: readonly T[], index: number): T => values[index % values.length]!
  const all = Array.from({ length: 300 }, (_, index) =>
    noted({
      at: 1_790_000_000_123_456 + index,
      durationMs: index / 8,
      operation: some(['GET /a', 'POST /b'], index),
      path: some(['/a', '/b?name=\u00fc'], index),
      status: 200 + index,
      headers: some([[], ['Host', 'b'], ['Host', 'b', 'Accept', '\u00e4']], index),
      requestBody: some([undefined, Buffer.from(some(texts, index >> 1))], index),
      responseBody: some(texts, index),
      jobId: some([null, 'job', 'a\nb'], index),
      fault: some([null, null, 'f'], index),
      unknownFields: some([[], [{ path: 'ö', suggestion: undefined }]], index),
    }),
  )
  const journal = createJournal()
  for (const each of all) journal.note('w', each)
  const read = journal.list('w', {})
  t.equal(read.length, 300)
  for (const [index, exchange] of read.entries()) {
    const wanted = all[index]!
    t.match(
      exchange,
      {
        id: index + 1,
        durationMs: wanted.durationMs,
        operation: wanted.operation,
        path: wanted.path,
        status: wanted.status,
        jobId: wanted.jobId,
        fault: wanted.fault,
        scenario: null,
        unknownFields: wanted.unknownFields.map(({ path }) => path),
        request: { body: wanted.requestBody?.toString() ?? '', bodyBytes: wanted.requestBody?.length ?? 0 },
        response: { body: wanted.responseBody, bodyBytes: Buffer.byteLength(wanted.responseBody) },
      },
      `exchange ${index}`,
    )
    const names = wanted.headers.filter((_, place) => place % 2 === 0).map((name) => name.toLowerCase())
    t.strictSame(Object.keys(exchange.request.headers), names)
  }
  journal.clear('w')
  t.same([journal.count('w'), journal.list('w', {})], [0, []], 'nothing is left of what is forgotten')
})

void t.test('a small body does not hold the chunk that it came in', async (t) => {
  const journal = createJournal()
  const chunk = Buffer.alloc(64 * 1024, 'x')
  journal.note('w', noted({ requestBody: chunk.subarray(0, 8) }))
  chunk.fill('y')
  t.equal(journal.list('w', {})[0]?.request.body, 'xxxxxxxx')
})

void t.test('no secret can be read from any field', async (t) => {
  const { url, world: open } = await emulator(t, { apiKeys: { 'Rm9vYmFyCg==': 'w' }, pace: '0s' })
  const world = open('w')
  const token = await world.token()
  const raw = (path: string, body: string, headers: Record<string, string>, method = 'POST') =>
    new Promise((resolve) => {
      const sent = request(url + path, { method, agent: false, headers }, (answer) =>
        answer.resume().on('end', resolve),
      )
      sent.end(body)
    })
  const authorization = `Bearer ${token}`
  const access = '/v1/auth/access_token'
  for (const key of ['Rm9vYmFyCg==', 'test_w', 'test_w:readonly']) {
    await raw(access, JSON.stringify({ apiKey: key }), {})
    await raw(access, `{"api_key" : "${key}\\n", "unknown": "${key}"}`, {})
    await raw(access, `{"\\u0061piKey":"${key}"}`, {})
    await raw(
      `${jobs}?api_key=${encodeURIComponent(key)}&x=${key}`,
      '{}',
      { authorization: key, 'x-api-key': key },
      'GET',
    )
  }
  const hidden = [
    'hide-1',
    'hide-2',
    'hide-3',
    'hide-4',
    'hide-5',
    'hide-6',
    'hide-7',
    'hide-8',
    'hide-9',
    'hide-a',
    'hide-b',
    'hide-c',
  ]
  const params = {
    '@type': 'type.googleapis.com/bytenite.data_source.S3DataSource',
    accessKey: hidden[0],
    secretKey: hidden[1],
  }
  const s3 = { ...template, dataSource: { dataSourceDescriptor: 's3', params } }
  await raw(jobs, JSON.stringify(s3), { authorization, cookie: `session=${hidden[2]}` })
  const http = {
    '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource',
    url: `https://me:${hidden[3]}@example.com/a?sig=${hidden[4]}&X-Amz-Signature=${hidden[5]}`,
    password: hidden[6],
  }
  await raw(jobs, JSON.stringify({ ...template, dataSource: { dataSourceDescriptor: 'url', params: http } }), {
    authorization,
  })
  await raw(
    '/v1/auth/secrets',
    `{"secret":{"secretType":"s3","accessKey":"${hidden[7]}"},"secretKey":["${hidden[8]}"]}`,
    {
      authorization,
    },
  )
  await raw(`${jobs}?%61pi%4Bey=${hidden[9]}&secret.secret_key=${hidden[10]}`, '', { authorization }, 'GET')
  await raw('/v1/dev/engines', `password=${hidden[11]}&tag=x`, {
    authorization,
    'content-type': 'application/x-www-form-urlencoded',
  })
  await raw(jobs, `{"templateId":"x","name":"${token}"`, { authorization })
  await raw(`${jobs}/${token}`, '', { authorization }, 'GET')
  const { job } = (
    await client(url, token)('POST', jobs, {
      templateId: 'hello-world-template',
      dataSource: { dataSourceDescriptor: 'file', params: { '@type': '/bytenite.data_source.LocalFileDataSource' } },
    })
  ).body
  await raw((job.dataSource.params.tempUrl as string).slice(url.length), 'x', {}, 'PUT')

  const exchanges = await world.requests()
  t.ok(exchanges.length >= 17, `${exchanges.length} exchanges`)
  const verified = await world.verify({ operation: 'POST /v1/customer/jobs', count: 99 })
  const compared = await world.verify({
    operation: 'POST /v1/auth/secrets',
    status: 400,
    body: { secretKey: 'x', secret: { accessKey: 'y' } },
  })
  t.match(
    compared.nearest.map(({ differences }) => differences.join()).join('; '),
    /body\.secret\.accessKey: not what was expected,body\.secretKey: not what was expected/,
  )
  const everything = JSON.stringify([exchanges, verified, compared, await world.explain(job.id)])
  for (const secret of ['Rm9vYmFyCg', 'test_w', token, token.slice(-40), ...hidden]) {
    const at = everything.indexOf(secret)
    t.equal(at, -1, `${secret} in ${everything.slice(Math.max(0, at - 100), at + 50)}`)
  }
  t.notMatch(everything, /X-Goog-Signature=[0-9a-f]/)
  t.match(everything, '"name"', 'what is no secret is there')
})

void t.test('a body that is not kept as a whole is no miss, but cannot be compared', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('default')
  const params = { app: { prompt: 'x'.repeat(70_000) } }
  await client(url)('POST', jobs, { ...template, name: 'long', params })
  const { ok, nearest } = await world.verify({ operation: '*', body: { name: 'long' } })
  t.notOk(ok)
  t.match(nearest[0]!.differences, [/^body: of its 70\d{3} bytes the journal keeps 65536, so it cannot be compared$/])
  t.equal((await world.verify({ operation: 'POST /v1/customer/jobs' })).count, 1)
  t.equal((await world.requests({ operation: '*' })).length, 1)
})
