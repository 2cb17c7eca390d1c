import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { World } from '../../src/index.ts'
import type { FaultRequest } from '../../schemas/faults.ts'
import { client, emulator, steadyClock } from '../emulator.ts'

const path = '/v1/customer/events'

/** Opens the stream of events; gone with the test. */
async function listen(t: Test, url: string, headers: Record<string, string> = {}) {
  const leave = new AbortController()
  t.teardown(() => leave.abort())
  const response = await fetch(url + path, {
    headers: { authorization: 'test_default', ...headers },
    signal: leave.signal,
  })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    response,
    leave: () => leave.abort(),
    /** The next message, parsed; undefined at the end. */
    next: async (separator = '\n'): Promise<any> => {
      while (!text.includes(separator)) {
        const { value, done } = await reader.read()
        if (done) return undefined
        text += value
      }
      const end = text.indexOf(separator)
      const message = text.slice(0, end)
      text = text.slice(end + separator.length)
      const [, id, data = ''] = /^(?:id: (.*)\n)?(?:data: )?(.*)$/s.exec(message) ?? []
      return id === undefined ? JSON.parse(data) : { id, ...JSON.parse(data) }
    },
  }
}

const allStates = [
  'JOB_STATE_STARTED',
  'JOB_STATE_UPLOADING',
  'JOB_STATE_PARTITIONING',
  'JOB_STATE_PARTITIONED',
  'JOB_STATE_TASKS_COMPLETED',
  'JOB_STATE_MERGING',
  'JOB_STATE_MERGED',
  'JOB_STATE_DOWNLOADING',
  'JOB_STATE_COMPLETE',
]

async function runJob(url: string, key = 'test_default'): Promise<string> {
  const call = client(url, key)
  const { id } = (await call('POST', '/v1/customer/jobs', { templateId: 'img-gen-diffusers' })).body.job
  await call('POST', `/v1/customer/jobs/${id}/run`)
  return id as string
}

const advance = (url: string, by: string) => client(url)('POST', '/_emulator/worlds/default/clock/advance', { by })

void t.test('a moved clock tells what happened, each state once, as the job shows it', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'time', total: 3_600_000_000 } })
  const { response, next } = await listen(t, url)
  t.equal(response.status, 200)
  t.equal(response.headers.get('content-type'), 'application/json')
  const id = await runJob(url)
  await advance(url, '30m')
  await client(url)('POST', '/v1/customer/jobs/filter', { filters: [{ field: 'state', value: 'JOB_STATE_NEW' }] })
  await advance(url, '30m')
  const { job } = (await client(url)('GET', `/v1/customer/jobs/${id}`)).body
  for (const state of allStates) {
    t.same(await next(), {
      result: {
        event: 'job.state',
        data: {
          '@type': 'type.googleapis.com/bytenite.customer.JobStateEvent',
          jobId: id,
          state,
          timestamp: job.stateTimestamps[state],
        },
      },
    })
  }
  const other = await runJob(url)
  t.match(await next(), { result: { data: { jobId: other, state: 'JOB_STATE_STARTED' } } }, 'nothing came twice')
})

void t.test('passing time tells, too, without anybody asking', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'time', total: 50_000 } })
  const { next } = await listen(t, url)
  const id = await runJob(url)
  for (const state of allStates) t.match(await next(), { result: { data: { jobId: id, state } } })
})

void t.test('a clock that is frozen waits, and goes on when it is let go', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'time', total: 50_000 } })
  const { next } = await listen(t, url)
  await client(url)('POST', '/_emulator/worlds/default/clock/freeze')
  await runJob(url)
  t.match(await next(), { result: { data: { state: 'JOB_STATE_STARTED' } } })
  await client(url)('POST', '/_emulator/worlds/default/clock/run')
  for (const state of allStates.slice(1)) t.match(await next(), { result: { data: { state } } })
})

void t.test('what happened before is no news; an abort is', async (t) => {
  const clock = steadyClock()
  const { url } = await emulator(t, { pace: { by: 'time', total: 3_600_000_000 }, clock })
  const id = await runJob(url)
  clock.advance(600)
  const { next } = await listen(t, url)
  await client(url)('POST', `/v1/customer/jobs/${id}/abort`)
  t.match(await next(), { result: { data: { jobId: id, state: 'JOB_STATE_FAILED' } } })
})

void t.test('each account of each world hears of its own jobs', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'gates' } })
  const owner = await listen(t, url)
  const stranger = await listen(t, url, { authorization: 'test_default:stranger' })
  const other = await listen(t, url, { authorization: 'test_other' })
  const ids = [await runJob(url), await runJob(url, 'test_default:stranger'), await runJob(url, 'test_other')]
  const heard = await Promise.all([owner.next(), stranger.next(), other.next()])
  t.same(
    heard.map(({ result }) => result.data.jobId),
    ids,
  )
})

void t.test('Server-Sent Events, where Accept asks for them', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'gates' } })
  const { response, next } = await listen(t, url, { accept: 'text/event-stream' })
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  const id = await runJob(url)
  t.match(await next('\n\n'), { result: { event: 'job.state', data: { jobId: id, state: 'JOB_STATE_STARTED' } } })
})

void t.test('a reader of Server-Sent Events that comes back is given what it missed, once', async (t) => {
  const { url, world } = await emulator(t, { pace: '10s' })
  const sse = { accept: 'text/event-stream' }
  const first = await listen(t, url, sse)
  const id = await runJob(url)
  const stranger = await runJob(url, 'test_default:stranger')
  const started = await first.next('\n\n')
  t.match(started, { id: /^\d+-\d+$/, result: { data: { jobId: id, state: 'JOB_STATE_STARTED' } } })
  first.leave()
  await advance(url, `job:${id}`)
  await world('default')
    .release(stranger)
    .catch(() => undefined)

  const again = await listen(t, url, { ...sse, 'last-event-id': started.id })
  let last: any
  for (const state of allStates.slice(1)) {
    last = await again.next('\n\n')
    t.match(last, { id: String, result: { data: { jobId: id, state } } })
  }
  const other = await runJob(url)
  t.match(await again.next('\n\n'), { result: { data: { jobId: other, state: 'JOB_STATE_STARTED' } } })

  for (const unknown of ['nonsense', '', last.id.replace(/.*-/, '1-')]) {
    const fresh = await listen(t, url, { ...sse, 'last-event-id': unknown })
    const next = await runJob(url)
    t.match(await fresh.next('\n\n'), { result: { data: { jobId: next } } }, `what is new after ${unknown}`)
    fresh.leave()
  }
  await world('default').reset()
  const emptied = await listen(t, url, { ...sse, 'last-event-id': started.id })
  const next = await runJob(url)
  t.match(await emptied.next('\n\n'), { result: { data: { jobId: next } } }, 'of a world as it is now')
})

void t.test('the stream is open to those who may read, and to nobody else', async (t) => {
  const { url } = await emulator(t)
  t.equal((await listen(t, url, { authorization: 'test_default:readonly' })).response.status, 200)
  t.match(await client(url, null)('GET', path), { status: 401, body: { code: 16 } })
  t.match(await client(url, 'test_default:forbidden')('GET', path), { status: 403 })
})

void t.test('closing the emulator ends the streams at once, and cleanly', async (t) => {
  const started = await emulator(t)
  const streams = await Promise.all([listen(t, started.url), listen(t, started.url, { accept: 'text/event-stream' })])
  const before = performance.now()
  await started.close()
  // Requests under way hold up the end for 700 ms at most; these must not need that.
  t.ok(performance.now() - before < 500)
  for (const { next } of streams) t.equal(await next(), undefined)
})

for (const [what, act] of [
  ['dropped', (world: World) => world.drop()],
  ['reset', (world: World) => world.reset()],
  ['written over', async (world: World) => (await world.fork('copy')).fork(world.name, { replace: true })],
] as const) {
  void t.test(`a world that is ${what} ends its streams, and no other world's`, async (t) => {
    const { url, world } = await emulator(t, { pace: { by: 'gates' } })
    const streams = await Promise.all([listen(t, url), listen(t, url, { accept: 'text/event-stream' })])
    const other = await listen(t, url, { authorization: 'test_other' })
    await act(world('default'))
    for (const { next } of streams) t.equal(await next(), undefined)
    const id = await runJob(url, 'test_other')
    t.match(await other.next(), { result: { data: { jobId: id } } })
  })
}

void t.test('a stream that is spoilt', async (t) => {
  const { url, world: open } = await emulator(t, { pace: { by: 'gates' } })
  const whole = /^\{"result":\{"event":"job.state","data":\{[^}]*\}\}\}\n$/
  const broken = /^\{"result":\{"event":"job.state","data":\{[^}]*\}\}\n$/

  /** Reads one message of a stream that a fault strikes, or what there is of it, and how it ended. */
  async function read(rule: Omit<FaultRequest, 'operation'>) {
    const world = open(JSON.stringify(rule).replace(/\W+/g, ''))
    await world.fault({ operation: `GET ${path}`, ...rule })
    let text = ''
    let type: string | null = null
    let end = 'open'
    let pieces = 0
    const leave = new AbortController()
    t.teardown(() => leave.abort())
    try {
      const { signal } = leave
      const response = await fetch(url + path, { headers: { authorization: world.apiKey }, signal })
      type = response.headers.get('content-type')
      t.match(response.headers.get('x-emulator-ground'), rule.delay === undefined ? /fault/ : /listen-events/)
      await runJob(url, world.apiKey)
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        text += piece
        pieces++
        if (text.endsWith('\n')) break
      }
    } catch {
      end = 'broken'
    }
    const [noted] = await world.requests({ operation: `GET ${path}` })
    t.type(noted?.fault, 'string')
    return { text, type, end, pieces, status: noted?.status }
  }

  t.match(await read({ connection: 'resetBefore' }), { text: '', end: 'broken', status: 0 })
  t.match(await read({ connection: 'resetAfter' }), { text: '', end: 'broken', status: 0 })
  const cut = await read({ answer: 'cut' })
  t.match(cut, { text: /^\{"result":\{"event":"job/, end: 'broken', status: 200 })
  t.notMatch(cut.text, /\n/)
  t.match(await read({ answer: 'brokenJson' }), { text: broken, end: 'open', status: 200 })
  t.match(await read({ answer: 'wrongContentType' }), { text: whole, type: 'text/html', status: 200 })
  const slow = await read({ answer: 'slow' })
  t.match(slow, { text: whole, end: 'open', status: 200 })
  t.ok(slow.pieces > 1)
  t.match(await read({ delay: '1ms' }), { text: whole, end: 'open', status: 200 })
})

void t.test('a client that goes away is forgotten', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'gates' } })
  const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: test_default\r\n\r\n`)
  await once(socket, 'data')
  socket.destroy()
  const staying = await listen(t, url)
  const id = await runJob(url)
  t.match(await staying.next(), { result: { data: { jobId: id } } })
})

void t.test('a stream that is opened while its world goes ends, as those before it', async (t) => {
  const clock = steadyClock()
  const { url, inject } = await emulator(t, { clock, pace: '10s' })
  const call = client(url)
  for (const [method, act] of [
    ['POST', '/_emulator/worlds/default/reset'],
    ['DELETE', '/_emulator/worlds/default'],
  ] as const) {
    for (const accept of ['application/json', 'text/event-stream']) {
      for (let round = 0; round < 5; round++) {
        const { id } = (await call('POST', '/v1/customer/jobs', { templateId: 'emulator-succeeds' })).body.job
        await call('POST', `/v1/customer/jobs/${id}/run`)
        // The stream waits for an act that settles the world.
        clock.advance(3)
        const headers = { authorization: 'test_default', accept }
        const [stream] = await Promise.all([inject({ url: path, headers }), inject({ method, url: act })])
        t.equal(stream.statusCode, 200, 'it ends')
      }
    }
  }
})
