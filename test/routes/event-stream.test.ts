// The parts of the event stream on their own: slow readers, signs of life, what is kept, and timers.
import { once } from 'node:events'
import { Writable } from 'node:stream'
import t from 'tap'
import { createEvents, createTransitionBus } from '../../src/core/events.ts'
import type { Transition } from '../../src/domain/jobs/job.ts'
import { createEventHistories } from '../../src/routes/customer/event-history.ts'
import { createEventStream } from '../../src/routes/customer/event-stream.ts'
import type { WorldRecord } from '../../src/store/worlds.ts'

const transitions = (count: number): Transition[] =>
  Array.from({ length: count }, (_, index) => ({
    jobId: `job-${index}`,
    account: 'owner',
    state: 'JOB_STATE_STARTED',
    at: index,
  }))

void t.test('signs of life are comments of Server-Sent Events, and nothing to readers of lines', async (t) => {
  const textOf = (framing: 'lines' | 'server-sent events') => {
    const written: string[] = []
    const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => (written.push(chunk.toString()), done()) })
    const stream = createEventStream(sink, framing, () => {})
    stream.beat()
    stream.end()
    stream.beat()
    return written.join('')
  }
  t.strictSame([textOf('server-sent events'), textOf('lines')], [': idle\n\n', ''])
})

void t.test('the last thousand events of a hundred worlds are kept', async (t) => {
  const bus = createTransitionBus()
  const historyOf = createEventHistories(bus)
  const history = historyOf({ key: 1 }, 5)
  bus.announce(1, transitions(1500))
  const all = history.after('5-0')
  t.strictSame([all.length, all[0]?.id, all.at(-1)?.id], [1000, '5-501', '5-1500'])
  t.equal(history.after('5-1499').length, 1)
  t.equal(history.after('5-1500').length, 0)
  t.equal(history.after('4-1499').length, 0, 'of another run')
  const unlisten = history.listen(() => undefined)
  for (let key = 2; key <= 150; key++) historyOf({ key }, 5)
  t.equal(historyOf({ key: 1 }, 5), history, 'one that is read stays')
  unlisten()
  for (let key = 151; key <= 300; key++) historyOf({ key }, 5)
  t.not(historyOf({ key: 1 }, 5), history)
})

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
    rows: {
      jobs: {
        nextAt() {
          asked++
          return 10 * 3_600_000_000
        },
      },
    },
    clocks: { position: () => ({ offset: 0, frozenAt, corrected: 0 }), now: () => 0 },
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
