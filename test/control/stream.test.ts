// Watching exchanges and jobs as they happen, and the list of a world's jobs.
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'

interface Event {
  readonly id: number | undefined
  readonly event: string
  readonly data: any
}

/** A reader of the stream. */
async function reader(t: Test, url: string, query = '', headers: Record<string, string> = {}) {
  const request = get(`${url}/_emulator/stream${query}`, { headers })
  t.teardown(() => request.destroy())
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let [text, comments] = ['', 0]
  const events: Event[] = []
  const waiting = new Set<() => void>()
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = field('data')
      if (data === undefined) comments++
      else events.push({ id: Number(field('id')) || undefined, event: field('event')!, data: JSON.parse(data) })
    }
    for (const look of waiting) look()
  })
  /** The first event that fits, now or when it comes. */
  const until = (fits: (event: Event) => boolean): Promise<Event> =>
    new Promise((resolve) => {
      const look = () => {
        const found = events.find(fits)
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  return { response, events, until, comments: () => comments, close: () => request.destroy() }
}

void t.test('exchanges and states of jobs, of all worlds and of one', async (t) => {
  const { url } = await emulator(t, { pace: '40ms' })
  const [all, one] = [await reader(t, url), await reader(t, url, '?world=w')]
  t.match(all.response.headers, { 'content-type': /^text\/event-stream/, 'cache-control': 'no-store' })
  const call = client(url, 'test_w')
  const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds', secretKey: 'hidden' })).body.job
  await client(url, 'test_other')('GET', jobs)
  await call('POST', `${jobs}/${id}/run`)
  // Nobody reads the job: that it ends is told all the same.
  for (const each of [all, one]) {
    const { data } = await each.until(
      ({ data, event }) => event === 'transition' && data.state === 'JOB_STATE_COMPLETE',
    )
    t.match(data, { world: 'w', jobId: id, at: /^\d{4}-/ })
    const created = each.events[0]!
    t.match(created, { event: 'exchange', data: { world: 'w', exchange: { status: 200, jobId: id } } })
    t.equal(created.id, created.data.exchange.id)
    t.notMatch(JSON.stringify(created), 'hidden', 'secrets are masked')
  }
  await all.until(({ data }) => data.world === 'other')
  t.notOk(one.events.some(({ data }) => data.world === 'other'))
  t.ok(one.comments() > 0, 'a comment says that the stream is open')

  const whole = await reader(t, url, '?after=0')
  await whole.until(({ data }) => data.world === 'other')
  t.equal(whole.events[0]!.id, all.events[0]!.id, 'a reader that comes late is given what is kept')
  await client(url, null)('POST', '/v1/auth/access_token', { apiKey: 'test_never.opened' })
  await all.until(({ data }) => data.world === 'never.opened')
  const late = await reader(t, url, '?after=0')
  await late.until(({ data }) => data.world === 'never.opened')
  const stale = await reader(t, url, '?after=4711')
  t.equal((await stale.until(() => true)).id, all.events[0]!.id, 'an id of an earlier run is none')

  // A reader that comes back is given what it missed.
  const last = all.events[0]!.id!
  const again = await reader(t, url, '', { 'last-event-id': String(last) })
  await again.until(({ data }) => data.world === 'other')
  t.strictSame(
    again.events.map((event) => event.id),
    all.events.filter((event) => event.id !== undefined && event.id > last).map((event) => event.id),
  )
})

void t.test('a burst is told whole, and of a load how much is missing', async (t) => {
  const { url, inject } = await emulator(t)
  const send = () => inject({ url: jobs, headers: { authorization: 'test_default' } })
  const burst = await reader(t, url)
  await Promise.all(Array.from({ length: 250 }, send))
  await burst.until(({ id }) => id === 250)
  t.equal(burst.events.filter(({ event }) => event === 'exchange').length, 250)
  t.notOk(burst.events.some(({ event }) => event === 'missed'))
  burst.close()

  const { until, events } = await reader(t, url)
  await Promise.all(Array.from({ length: 1000 }, send))
  const { data } = await until(({ event }) => event === 'missed')
  await until(({ id }) => id === 1250)
  const shown = events.filter(({ event }) => event === 'exchange').length
  const missed = events.filter(({ event }) => event === 'missed').reduce((sum, { data }) => sum + data.exchanges, 0)
  t.ok(data.exchanges > 0)
  t.ok(shown >= 300)
  t.equal(shown + missed, 1000)
})

void t.test('bounds: so many readers; a world that is dropped; the end of the emulator', async (t) => {
  const started = await emulator(t, { pace: '20ms' })
  const { url } = started
  const call = client(url, 'test_w')
  const readers = await Promise.all(Array.from({ length: 50 }, () => reader(t, url, '?world=w')))
  const refused = await call('GET', '/_emulator/stream')
  t.strictSame([refused.status, refused.body.code], [429, 8])
  readers.pop()!.close()
  while (
    (await fetch(`${url}/_emulator/stream`, { method: 'GET', signal: AbortSignal.timeout(5000) }).then(
      async (r) => (await r.body!.cancel(), r.status),
    )) !== 200
  );

  await call('GET', jobs)
  await call('DELETE', '/_emulator/worlds/w')
  const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  await call('POST', `${jobs}/${id}/run`)
  const [first] = readers
  await first!.until(
    ({ data, event }) => event === 'transition' && data.jobId === id && data.state === 'JOB_STATE_COMPLETE',
  )
  t.equal((await call('GET', '/_emulator/stream?world=a%20b')).status, 400)
  const ended = once(first!.response, 'close')
  await started.close()
  await ended
})

void t.test('the jobs of a world, whoever they belong to', async (t) => {
  const started = await emulator(t, { pace: '10s' })
  const { url } = started
  const call = client(url, 'test_w')
  const list = async (query = '', world = 'w') => {
    const { body } = await call('GET', `/_emulator/worlds/${world}/jobs${query}`)
    return { names: body.jobs.map(({ name }: { name: string }) => name).join(' '), ...body }
  }
  t.match(await list(), { jobs: [], pagination: { total: 0 } })
  t.match((await call('GET', '/_emulator/worlds')).body, { worlds: [] }, 'reading opens no world')
  const ids: string[] = []
  for (const name of ['one', 'Two', 'three']) {
    const templateId = name === 'one' ? 'emulator-succeeds' : 'img-gen-diffusers'
    const { body } = await call('POST', jobs, { templateId, name })
    ids.push(body.job.id)
  }
  await client(url, 'test_w:stranger')('POST', jobs, { templateId: 'emulator-succeeds', name: '<script>' })
  await call('POST', `${jobs}/${ids[0]}/run`)
  await call('DELETE', `${jobs}/${ids[2]}`)
  t.equal((await list()).names, '<script> Two one', 'the newest first, deleted ones left out')
  t.match((await list()).jobs, [{ account: /./ }, { state: 'JOB_STATE_NEW', nextState: '', submittedAt: null }, {}])
  t.match((await list('?state=JOB_STATE_STARTED')).jobs, [
    { name: 'one', nextState: 'JOB_STATE_UPLOADING', nextAt: /^\d{4}-/, submittedAt: /^\d{4}-/, endedAt: null },
  ])
  t.equal((await list('?templateId=img-gen-diffusers')).names, 'Two')
  t.equal((await list('?text=tW')).names, 'Two')
  t.equal((await list(`?text=${ids[0]!.slice(0, 8).toUpperCase()}`)).names, 'one')
  t.match(await list('?limit=1&offset=1'), {
    names: 'Two',
    pagination: { total: 3, offset: 1, hasPrevious: true, hasNext: true },
  })
  t.equal((await list('?offset=100')).names, '')
  t.match(await started.world('w').jobs({ text: 'one', limit: 5 }), [{ name: 'one', templateId: 'emulator-succeeds' }])
  await call('POST', '/_emulator/worlds/w/clock/advance', { by: '1m' })
  t.match((await list('?text=one')).jobs, [{ state: 'JOB_STATE_COMPLETE', nextState: '', endedAt: /^\d{4}-/ }])
  for (const query of ['?state=DONE', '?limit=x', '?foo=1']) {
    t.equal((await call('GET', `/_emulator/worlds/w/jobs${query}`)).status, 400, query)
  }
})
