import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { World } from '../../src/index.ts'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const [upload, download] = ['PUT /bytenite-uploads-prod/*', 'GET /bytenite-results-prod/*']

interface Outcome {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
  readonly error: string
}

/** How a request ended: node:http tells a reset and a cut from an answer, where fetch may hang or hide them. */
function send(
  url: string,
  {
    method = 'GET',
    body = '',
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string> } = {},
): { sent: ClientRequest; ended: Promise<Outcome> } {
  const sent = request(url, { method, agent: false, headers: { authorization: 'test_w', ...headers } })
  const ended = new Promise<Outcome>((resolve) => {
    sent.on('error', (error) => resolve({ status: 0, headers: {}, body: '', error: error.message }))
    sent.on('response', (answer) => {
      let text = ''
      const { statusCode: status = 0, headers } = answer
      answer.setEncoding('latin1').on('data', (part: string) => (text += part))
      answer.on('end', () => resolve({ status, headers, body: text, error: '' }))
      answer.on('error', (error) => resolve({ status, headers, body: text, error: error.message }))
    })
  })
  sent.end(body)
  return { sent, ended }
}

const text = 'twenty bytes of text'
const fileSource = {
  dataSourceDescriptor: 'file',
  params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource', name: 'notes.txt' },
}

/** A world with a link to put a file to, and one to get a file from. */
async function links(t: Test): Promise<{ world: World; url: string; id: string; put: string; get: string }> {
  const { url, world: open } = await emulator(t, { pace: { by: 'time', total: 0 } })
  const world = open('w')
  const call = client(url, world.apiKey)
  await world.scenario({ results: [{ name: 'a.txt', text }] })
  const { job } = (await call('POST', jobs, { templateId: 'hello-world-template', dataSource: fileSource })).body
  const done = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  await call('POST', `${jobs}/${done.id}/run`)
  const [{ link }] = (await call('GET', `${jobs}/${done.id}/results`)).body.results
  return { world, url, id: job.id, put: job.dataSource.params.tempUrl, get: link }
}

/** Resolves once a condition holds; what it waits for needs turns of the event loop. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await setImmediate()
}

void t.test('links to storage are spoilt like everything else', async (t) => {
  const { world, id, put, get, url } = await links(t)
  const call = client(url, world.apiKey)
  const isUploaded = async () => (await call('PATCH', `${jobs}/${id}/uploadcompleted`)).status === 200
  const sendFile = () => send(put, { method: 'PUT', body: text }).ended

  await world.fault({ operation: upload, status: 503, retryAfter: 2, times: 1 })
  t.match(await sendFile(), { status: 503, headers: { 'retry-after': '2' }, body: /"code":14/ })
  await world.fault({ operation: upload, connection: 'resetBefore', times: 1 })
  t.match(await sendFile(), { status: 0, error: /reset|hang up/i })
  t.notOk(await isUploaded())
  await world.fault({ operation: upload, connection: 'resetAfter', times: 1 })
  t.match(await sendFile(), { status: 0, error: /reset|hang up/i })
  t.ok(await isUploaded(), 'the file is there, the reply was lost')
  await world.fault({ operation: upload, answer: 'cut', times: 1 })
  t.match(await sendFile(), { status: 200, body: '', error: /aborted/ })

  const getFile = () => send(get).ended
  const whole = { status: 200, body: text, error: '' }
  await world.fault({ operation: download, status: 500, body: '<b>', contentType: 'text/html', times: 1 })
  t.match(await getFile(), { status: 500, headers: { 'content-type': 'text/html' }, body: '<b>' })
  await world.fault({ operation: download, answer: 'cut', times: 1 })
  t.match(await getFile(), { status: 200, headers: { 'content-length': '20' }, body: 'twenty byt', error: /aborted/ })
  await world.fault({ operation: download, answer: 'cut', times: 1 })
  t.match(await send(get, { headers: { range: 'bytes=7-11' } }).ended, { status: 206, body: 'by', error: /aborted/ })
  for (const connection of ['resetBefore', 'resetAfter'] as const) {
    await world.fault({ operation: download, connection, times: 1 })
    t.match(await getFile(), { status: 0, error: /reset|hang up/i })
  }
  await world.fault({ operation: download, answer: 'wrongContentType', times: 1 })
  t.match(await getFile(), { ...whole, headers: { 'content-type': 'text/html' } })
  await world.fault({ operation: download, answer: 'slow', times: 1 })
  t.match(await getFile(), { ...whole, headers: { 'content-length': '20' } })
  await world.fault({ operation: '*', delay: '1ms', times: 1 })
  t.match(await getFile(), whole)
  await world.fault({ operation: 'HEAD /bytenite-results-prod/*', status: 403, times: 1 })
  t.match(await send(get, { method: 'HEAD' }).ended, { status: 403, body: '' })
  t.match(await getFile(), whole)

  const exchanges = (await world.requests()).filter(({ path }) => path.startsWith('/bytenite-'))
  const brief = exchanges.map(({ operation, status, request, response, fault, jobId }) => [
    operation.split(' ')[0],
    status,
    request.bodyBytes,
    response.bodyBytes,
    fault === null,
    jobId === id,
  ])
  const failed = brief[0]![3] as number
  t.strictSame(brief, [
    ['PUT', 503, 0, failed, false, true],
    ['PUT', 0, 0, 0, false, true],
    ['PUT', 0, 20, 0, false, true],
    ['PUT', 200, 20, 0, false, true],
    ['GET', 500, 0, 3, false, false],
    ['GET', 200, 0, 10, false, false],
    ['GET', 206, 0, 2, false, false],
    ['GET', 0, 0, 0, false, false],
    ['GET', 0, 0, 0, false, false],
    ['GET', 200, 0, 20, false, false],
    ['GET', 200, 0, 20, false, false],
    ['GET', 200, 0, 20, false, false],
    ['HEAD', 403, 0, brief[12]![3], false, false],
    ['GET', 200, 0, 20, true, false],
  ])
  const everything = JSON.stringify(exchanges)
  t.notMatch(everything, /X-Goog-Signature=[0-9a-f]/, 'no signature')
  t.notMatch(everything, text, 'no bytes of files')
})

void t.test('a fault strikes the requests it names, and counts them', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('w')
  const call = client(url, world.apiKey)
  const statuses = async (count: number) => {
    const found: number[] = []
    while (found.length < count) found.push((await call('GET', jobs)).status)
    return found
  }
  await world.fault({ operation: 'get /v1/computing/jobs', nth: 2, status: 429, retryAfter: 2 })
  await world.fault({ operation: 'GET /v1/customer/jobs', skip: 1, times: 2, status: 500 })
  const never = await world.fault({ operation: 'DELETE /v1/customer/jobs/:jobId', status: 500 })
  t.equal(never.operation, 'DELETE /v1/customer/jobs/{jobId}')
  t.same(await statuses(5), [200, 429, 500, 500, 200])
  t.match(await world.faults(), [
    { matched: 5, used: 1 },
    { matched: 4, used: 2 },
    { matched: 0, used: 0 },
  ])
  t.same(
    (await world.faults({ unused: true })).map(({ id }) => id),
    [never.id],
  )
  t.equal((await world.faults({ unused: false })).length, 2)
  t.equal((await world.removeFault(never.id)).used, 0)

  const token = '/v1/auth/access_token'
  await world.fault({ operation: `POST ${token}`, persona: 'readonly', status: 503, times: 1 })
  for (const [apiKey, status] of [
    ['test_w', 200],
    ['test_other:readonly', 200],
    ['test_w:readonly', 503],
    ['test_w:readonly', 200],
  ] as const) {
    t.equal((await client(url, null)('POST', token, { apiKey })).status, status)
  }
  t.same(
    (await world.requests({ operation: `POST ${token}` })).map(({ persona, status }) => [persona, status]),
    [
      ['owner', 200],
      ['readonly', 503],
      ['readonly', 200],
    ],
  )
})

void t.test('what would be refused is struck all the same, but not what belongs to no world', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('w')
  await world.fault({ operation: '*', status: 502, message: 'bad gateway' })
  const down = await client(url, 'test_w:down')('GET', jobs)
  t.match(down, { status: 502, body: { message: 'bad gateway' } })
  t.equal(down.headers.get('retry-after'), null, 'nothing is left of the error in its place')
  t.equal((await client(url, 'test_w')('POST', jobs, '{')).status, 502)
  t.equal((await client(url, 'nobody')('GET', jobs)).status, 401)
  t.equal((await client(url, 'test_w')('GET', '/v1/customer/nothing')).status, 404)
  t.equal((await fetch(`${url}/bytenite-results-prod/a/b`)).status, 403)
  t.match(await world.faults(), [{ matched: 2, used: 2 }])
  await world.reset()
  await world.fault({ operation: '*', persona: 'readonly', connection: 'resetBefore' })
  const refused = send(url + jobs, { method: 'POST', headers: { authorization: 'test_w:readonly' } })
  t.match(await refused.ended, { status: 0 })
})

void t.test('a client that goes away ends its delay, and its act is not done', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('w')
  for (const delay of ['until-released', '10m']) {
    const { id } = await world.fault({ operation: 'POST /v1/customer/jobs', delay, times: 1 })
    const waiting = async () => (await world.faults()).find((fault) => fault.id === id)?.waiting
    const { sent, ended } = send(url + jobs, { method: 'POST', body: '{"templateId":"emulator-succeeds"}' })
    await until(async () => (await waiting()) === 1)
    sent.destroy()
    await ended
    await until(async () => (await waiting()) === 0)
    await world.releaseFault(id)
  }
  t.equal((await world.inspect()).jobs.total, 0)
  t.match(await world.requests(), [{ status: 0 }, { status: 0 }])
})

void t.test('delays and slow bodies end with the emulator', async (t) => {
  const started = await emulator(t)
  const world = started.world('w')
  const [held, slow] = ['GET /v1/customer/jobs', 'GET /v1/wallet/balance']
  await world.fault({ operation: held, delay: '10m' })
  await world.fault({ operation: slow, answer: 'slow' })
  const waits = send(started.url + jobs)
  const drips = send(`${started.url}/v1/wallet/balance`)
  await Promise.all([until(async () => (await world.faults())[0]?.waiting === 1), once(drips.sent, 'response')])
  await started.close()
  t.match(await waits.ended, { status: 200, error: '' })
  t.match(await drips.ended, { status: 200, error: '', body: /^\{.*\}$/ })
})

void t.test('without a socket a lost connection is an error, too', async (t) => {
  const { inject, world: open } = await emulator(t)
  const world = open('w')
  for (const rule of [{ connection: 'resetBefore' }, { connection: 'resetAfter' }, { answer: 'cut' }] as const) {
    await world.fault({ operation: '*', ...rule, times: 1 })
    await t.rejects(inject({ url: jobs, headers: { authorization: 'test_w' } }))
  }
  t.equal((await inject({ url: jobs, headers: { authorization: 'test_w' } })).statusCode, 200)
})

void t.test('a rule that could not be meant is refused', async (t) => {
  const { world: open } = await emulator(t)
  const world = open('w')
  const operation = 'GET /v1/customer/jobs'
  for (const [rule, message] of [
    [{ operation: 'GET /bytenite-results-prod', status: 500 }, /did you mean "GET \/bytenite-results-prod\/\*"\?/],
    [
      { operation, status: 500, persona: 'readonyl' },
      /persona "readonyl" does not exist \(did you mean "readonly"\?\)/,
    ],
    [{ operation, status: 500, nth: 1, times: 1 }, /nth is short for skip and times/],
    [{ operation, status: 500, nth: 0 }, /nth 0: the first request is 1/],
    [{ operation, status: 500, times: 0 }, /times 0: expected at least 1/],
    [{ operation, answer: 'slow', retryAfter: 1 }, /retryAfter goes with status/],
    [{ operation, status: 500, message: 'a', body: 'b' }, /expected message or body/],
    [{ operation, status: 500, contentType: 'text/html' }, /contentType "text\/html": expected/],
    [{ operation, status: 500, body: 'b', contentType: 'a\r\nb: c' }, /contentType/],
    [{ operation, delay: '11m' }, /delay "11m": expected a duration of at most 10m/],
    [{ operation: download, answer: 'brokenJson' }, /cannot be changed in this way/],
    [{ operation: 'HEAD /bytenite-results-prod/*', answer: 'cut' }, /cannot be changed in this way/],
    [{ operation, answer: 'upside-down' }, /answer="upside-down"/],
  ] as const) {
    await t.rejects(world.fault(rule as object as Parameters<World['fault']>[0]), { status: 400, message })
  }
})
