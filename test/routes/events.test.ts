import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { createEvents } from '../../src/core/events.ts'
import { createTransitionBus } from '../../src/core/events.ts'
import { createEventStream } from '../../src/routes/customer/event-stream.ts'
import type { World } from '../../src/index.ts'
import type { FaultRequest } from '../../schemas/faults.ts'
import type { Transition } from '../../src/domain/jobs/job.ts'
import type { WorldRecord } from '../../src/store/worlds.ts'
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
      return JSON.parse(message.replace(/^data: /, ''))
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

const transitions = (count: number): Transition[] =>
  Array.from({ length: count }, (_, index) => ({
    jobId: `job-${index}`,
    account: 'owner',
    state: 'JOB_STATE_STARTED',
    at: index,
  }))

void t.test('a reader that is slow enough is cut, with an error', async (t) => {
  const written: string[] = []
  let resume = () => {}
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      resume = done
    },
  })
  let ends = 0
  const stream = createEventStream(sink, 'lines', () => ends++, 1000)
  // Batches of 100 fill the buffer of the sink at once; the others wait in the stream.
  stream.push(transitions(1000))
  t.equal(ends, 0)
  t.ok(sink.writableLength < 100_000)
  stream.push(transitions(1000))
  t.equal(ends, 1)
  const buffered = sink.writableLength
  stream.push(transitions(1000))
  t.equal(sink.writableLength, buffered, 'nothing is kept any more')
  while (!sink.writableFinished) {
    resume()
    await new Promise(setImmediate)
  }
  const last = written.join('').trimEnd().split('\n').at(-1)!
  t.match(JSON.parse(last), { error: { code: 8, message: /more than 1000 events wait/, details: [] } })
  t.equal(ends, 1)
})

void t.test('a reader that keeps up gets everything, in order', async (t) => {
  const written: string[] = []
  const sink = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      setImmediate(done)
    },
  })
  const stream = createEventStream(sink, 'lines', () => {}, 1000)
  const sent = transitions(5000)
  for (let i = 0; i < sent.length; i += 500) {
    stream.push(sent.slice(i, i + 500))
    while (sink.writableNeedDrain) await once(sink, 'drain')
  }
  stream.end()
  await once(sink, 'finish')
  const ids = written
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).result.data.jobId)
  t.same(
    ids,
    sent.map(({ jobId }) => jobId),
  )
})

void t.test('one timer a world, only while somebody follows', async (t) => {
  const heard = createTransitionBus()
  let asked = 0
  let frozenAt: number | null = null
  const events = createEvents({
    transitions: heard,
    nextAt() {
      asked++
      return 10 * 3_600_000_000
    },
    clock: () => ({ offset: 0, frozenAt, corrected: 0 }),
    now: () => 0,
    settle: async () => undefined,
  })
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const world: WorldRecord = {
    key: 1,
    name: 'w',
    createdAt: 0,
    clock: { offset: 0, frozenAt: null, corrected: 0 },
    pace: null,
  }
  const none = timers()
  const first = events.follow(world, () => undefined)
  const second = events.follow(world, () => undefined)
  t.equal(asked, 1, 'the second follower shares what the first has')
  heard.announce(1, [])
  t.equal(asked, 2, 'set anew when the clock was moved')
  frozenAt = 0
  heard.announce(1, [])
  t.equal(asked, 2, 'no timer while the clock stands still')
  frozenAt = null
  first()
  first()
  heard.announce(1, [])
  t.equal(asked, 3, 'leaving twice is leaving once')
  second()
  heard.announce(1, [])
  t.equal(asked, 3)
  t.ok(timers() <= none, 'timers do not keep the program alive')
})
