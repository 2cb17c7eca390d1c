// Time never goes back, and never stands still because the machine's clock was set back.
import t from 'tap'
import { steadyClock as follow, systemClock } from '../../src/base/clock.ts'
import { client, emulator, steadyClock } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const second = 1_000_000

void t.test('a clock that is set back is followed from the last time seen', async (t) => {
  let machine = 100 * second
  const kept: number[] = []
  const clock = follow({ now: () => machine }, 0, (until) => kept.push(until))
  t.equal(clock.now(), 100 * second)
  machine -= 60 * second
  t.equal(clock.now(), 100 * second, 'not back')
  machine += 3 * second
  t.equal(clock.now(), 103 * second, 'and not still')
  t.equal(clock.ahead, 60 * second)
  machine += 7200 * second
  t.equal(clock.now(), 7303 * second, 'a jump forward is followed')
  for (const until of kept) t.ok(until > 100 * second)

  const next = follow({ now: () => machine - 3600 * second }, kept.at(-1)!, () => undefined)
  t.ok(next.now() >= 7303 * second, 'also in the next run')
})

void t.test('a busy emulator is no faster than its machine', async (t) => {
  const clock = follow(systemClock(), 0, () => undefined)
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
  t.equal((await call()('GET', '/_emulator/health')).body.ahead, 60)
  const before = (await call()('GET', '/_emulator/worlds/default/clock')).body.now
  clock.advance(5)
  t.not((await call()('GET', '/_emulator/worlds/default/clock')).body.now, before, 'time goes on')
})
