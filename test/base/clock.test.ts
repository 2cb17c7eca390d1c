// Time never goes back, and never stands still because the machine's clock was set back.
import t from 'tap'
import { steadyClock as follow, systemClock } from '../../src/base/clock.ts'
import { createCore } from '../../src/core.ts'
import { client, emulator, steadyClock } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const second = 1_000_000
const unwatched = { onSeen: () => undefined, onSetBack: () => undefined }

void t.test('a clock that is set back is followed from the last time seen', async (t) => {
  let machine = 100 * second
  const kept: number[] = []
  let steps = 0
  const clock = follow({ now: () => machine }, 0, { onSeen: (until) => kept.push(until), onSetBack: () => steps++ })
  t.equal(clock.now(), 100 * second)
  machine -= 60 * second
  t.equal(clock.now(), 100 * second, 'not back')
  machine += 3 * second
  t.equal(clock.now(), 103 * second, 'and not still')
  t.equal(clock.ahead, 60 * second)
  t.equal(steps, 1, 'which is told once')
  machine += 7200 * second
  t.equal(clock.now(), 7303 * second, 'a jump forward is followed')
  for (const until of kept) t.ok(until > 100 * second)

  const next = follow({ now: () => machine - 3600 * second }, kept.at(-1)!, unwatched)
  t.ok(next.now() >= 7303 * second, 'also in the next run')
})

void t.test('a busy emulator is no faster than its machine', async (t) => {
  const clock = follow(systemClock(), 0, unwatched)
  for (let calls = 0; calls < 300_000; calls++) clock.now()
  t.equal(clock.ahead, 0)
})

void t.test('no final state is undone by a restart on a machine whose clock is behind', async (t) => {
  const data = t.testdir()
  const clock = steadyClock()
  const start = () => emulator(t, { data, clock, pace: '10s' })
  let started = await start()
  const call = () => client(started.url)
  const { id } = (await call()('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  await call()('POST', `${jobs}/${id}/run`)
  clock.advance(20)
  const state = async () => (await call()('GET', `${jobs}/${id}`)).body.job.state as string
  const balance = async () => (await call()('GET', '/v1/wallet/balance')).body.totalBalance as number
  t.equal(await state(), 'JOB_STATE_COMPLETE')
  const paid = await balance()
  await started.close()

  clock.advance(-60)
  started = await start()
  t.equal(await state(), 'JOB_STATE_COMPLETE')
  t.equal((await call()('POST', `${jobs}/${id}/run`)).status, 400, 'a job runs only once')
  t.equal(await balance(), paid)
  t.match((await call()('GET', '/_emulator/health')).body, {
    ahead: 60,
    worldsAhead: [{ world: 'default', seconds: 60 }],
  })
  const time = async (world = 'default') =>
    Date.parse((await call()('GET', `/_emulator/worlds/${world}/clock`)).body.now as string)
  const before = await time()
  clock.advance(5)
  t.equal(await time(), before + 5000, 'time goes on')
  t.equal(await time('another'), before - 55_000, 'a world that was not there then follows the machine')

  t.equal((await call()('POST', '/_emulator/worlds/default/reset')).status, 200)
  t.equal(await time(), before - 55_000, 'a reset puts a world right')
  t.match((await call()('GET', '/_emulator/health')).body, { ahead: 0, worldsAhead: [] })
})

void t.test('the clock of a machine may be set back while the emulator runs', async (t) => {
  const clock = steadyClock()
  const { url } = await emulator(t, { clock, pace: '10s' })
  const call = client(url)
  const time = async (world: string) =>
    Date.parse((await call('GET', `/_emulator/worlds/${world}/clock`)).body.now as string)
  await call('POST', '/_emulator/worlds/frozen/clock/freeze')
  const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  await call('POST', `${jobs}/${id}/run`)
  const [before, stopped] = [await time('default'), await time('frozen')]

  clock.advance(-3600)
  t.equal(await time('default'), before, 'not back')
  // The correction is written by now, as acts are done in order.
  await call('POST', '/_emulator/worlds/default/clock/advance', { by: '1s' })
  clock.advance(9)
  t.equal(await time('default'), before + 10_000, 'and not still')
  t.equal((await call('GET', `${jobs}/${id}`)).body.job.state, 'JOB_STATE_COMPLETE')
  t.match((await call('GET', '/_emulator/health')).body, {
    uptime: 9,
    worldsAhead: [{ world: 'default', seconds: 3600 }],
  })
  await call('POST', '/_emulator/worlds/fresh/clock/advance', { by: '0s' })
  t.equal(await time('fresh'), before - 3_591_000, 'a world that is opened now follows the machine')
  t.equal(await time('frozen'), stopped)
  await call('POST', '/_emulator/worlds/frozen/clock/run')
  clock.advance(1)
  t.equal(await time('frozen'), stopped + 1000, 'a frozen one goes on from where it stood')

  await call('POST', '/_emulator/worlds/default/fork', { into: 'copy' })
  t.match((await call('GET', '/_emulator/health')).body.worldsAhead, [{ world: 'copy' }, { world: 'default' }])
  clock.advance(-3600)
  await call('POST', '/_emulator/worlds/default/clock/advance', { by: '0s' })
  t.equal(await time('default'), before + 11_000, 'and once more')
})

void t.test('a world whose clock stood still for a while can be exported and imported', async (t) => {
  const clock = steadyClock()
  const { url } = await emulator(t, { clock })
  const call = client(url)
  await call('POST', '/_emulator/worlds/w/clock/freeze')
  clock.advance(60)
  const { now } = (await call('POST', '/_emulator/worlds/w/clock/run')).body
  const archive = new Uint8Array(await (await fetch(`${url}/_emulator/worlds/w/export`)).arrayBuffer())
  t.equal(
    (await call('POST', '/_emulator/worlds/v/import', archive, { 'content-type': 'application/x-tar' })).status,
    200,
  )
  t.equal((await call('GET', '/_emulator/worlds/v/clock')).body.now, now)
})

void t.test('standing still makes up for a machine that was set back', async (t) => {
  const clock = steadyClock()
  const { url } = await emulator(t, { clock })
  const call = client(url)
  const move = (act: string, body?: object) => call('POST', `/_emulator/worlds/default/clock/${act}`, body)
  const ahead = async () => (await call('GET', '/_emulator/health')).body.worldsAhead as unknown
  await move('advance', { by: '2h' })
  clock.advance(-3600)
  await move('advance', { by: '0s' })
  t.match(await ahead(), [{ world: 'default', seconds: 3600 }])
  for (const seconds of [1800, 0]) {
    await move('freeze')
    clock.advance(1800)
    await move('run')
    t.match(await ahead(), seconds === 0 ? [] : [{ world: 'default', seconds }])
  }
})

void t.test('no clock is moved to where its time could not be written any more', async (t) => {
  const { url, world } = await emulator(t, { clock: steadyClock() })
  const call = client(url)
  const advance = (by: string) => call('POST', '/_emulator/worlds/default/clock/advance', { by })
  let answer = await advance('36500d')
  while (answer.status === 200) answer = await advance('36500d')
  t.match(answer.body, { code: 3, message: /^the clock cannot be advanced beyond 9900-01-01T00:00:00/ })
  while ((await advance('365d')).status === 200);
  const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  await call('POST', `${jobs}/${id}/run`)
  t.equal((await advance(`job:${id}`)).status, 200)
  const { body } = await call('GET', `${jobs}/${id}/results`)
  t.equal((await fetch(body.results[0].link)).status, 200, 'links are good')
  await world('copy').import(await world('default').export())
  t.equal((await client(url, 'test_copy')('GET', `${jobs}/${id}`)).body.job.state, 'JOB_STATE_COMPLETE')
})

void t.test('who has gone does not wait for a clock', async (t) => {
  const core = createCore({ clock: steadyClock() })
  t.teardown(() => core.close())
  const world = await core.worlds.open('default')
  const at = core.clocks.now(world) + second
  const leave = new AbortController()
  const waits = Array.from({ length: 1000 }, () => core.clocks.waitUntil(world, at, 60_000, leave.signal))
  await t.rejects(core.clocks.waitUntil(world, at, 60_000, leave.signal), {
    grpcCode: 8,
    message: /^1000 requests wait/,
  })
  leave.abort()
  t.same(new Set(await Promise.all(waits)), new Set([false]))
  t.equal(await core.clocks.waitUntil(world, at, 60_000, leave.signal), false)
})

void t.test('those who wait for a clock go on in the order of their moments', async (t) => {
  const core = createCore({ clock: steadyClock() })
  t.teardown(() => core.close())
  const world = await core.worlds.open('default')
  const present = core.clocks.now(world)
  const order: number[] = []
  const waits = [30, 1, 60, 2].map(async (seconds) => {
    await core.clocks.waitUntil(world, present + seconds * second, 60_000, new AbortController().signal)
    order.push(seconds)
  })
  await core.clocks.advance(world, 60 * second)
  await Promise.all(waits)
  t.same(order, [1, 2, 30, 60])
})
