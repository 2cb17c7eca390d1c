// Jobs that are gone take no room for ever: neither in the database nor in copies of their world.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createCore } from '../../src/core.ts'
import type { Caller } from '../../src/core/caller.ts'
import { databaseFile, openStore } from '../../src/store/database.ts'
import { loadDriver } from '../../src/store/driver.ts'
import type { WorldRecord } from '../../src/store/worlds.ts'
import { client, emulator } from '../emulator.ts'

const templateId = 'hello-world-template'

const ownerOf = (world: WorldRecord): Caller => ({
  world,
  persona: 'owner',
  account: 'owner',
  hasPrivateKey: false,
  token: null,
})

void t.test('the 1,000 that were deleted last keep their documents; of the others the id stays taken', async (t) => {
  const data = t.testdir()
  const core = createCore({ data })
  const world = await core.worlds.open('default')
  const caller = ownerOf(world)
  const ids = Array.from({ length: 1003 }, (_, index) => `job-${index}`)
  await Promise.all(ids.map((jobId) => core.jobs.create(caller, { templateId, jobId, name: `name of ${jobId}` })))
  for (const id of ids) await core.jobs.delete(caller, id)
  t.throws(() => core.jobs.findAny(world, 'job-2'), /job-2" was deleted; what it was is kept for the 1,000/)
  t.equal(core.jobs.findAny(world, 'job-3').name, 'name of job-3')
  await t.rejects(core.jobs.create(caller, { templateId, jobId: 'job-0' }), /choose another jobId/)
  core.close()
  const store = openStore(data)
  t.teardown(() => store.close())
  t.strictSame(store.prepare("SELECT count(*) AS jobs FROM jobs WHERE doc = '{}' AND name = ''").all(), [{ jobs: 3 }])
})

void t.test('copies and exports leave deleted jobs out', async (t) => {
  const { url, world } = await emulator(t)
  const call = client(url)
  for (const jobId of ['kept', 'gone']) await call('POST', '/v1/customer/jobs', { templateId, jobId })
  await call('DELETE', '/v1/customer/jobs/gone')
  await world('default').fork('copy')
  await world('imported').import(await world('default').export())
  for (const name of ['copy', 'imported']) {
    const there = client(url, `test_${name}`)
    t.equal((await there('GET', '/v1/customer/jobs')).body.data.length, 1)
    t.equal((await there('GET', `/_emulator/worlds/${name}/jobs/kept`)).status, 200)
    t.equal((await there('GET', `/_emulator/worlds/${name}/jobs/gone`)).status, 404)
    t.equal((await there('POST', '/v1/customer/jobs', { templateId, jobId: 'gone' })).status, 200)
  }
  t.equal((await call('GET', '/_emulator/worlds/default/jobs/gone')).status, 200, 'the original keeps it')
})

void t.test('a database that was emptied gives its room back, at the end and at the start', async (t) => {
  const data = t.testdir()
  const file = join(data, databaseFile)
  const fill = async (core: ReturnType<typeof createCore>) => {
    const world = await core.worlds.open('large')
    const caller = ownerOf(world)
    const description = 'x'.repeat(100_000)
    await Promise.all(Array.from({ length: 40 }, () => core.jobs.create(caller, { templateId, description })))
  }
  const first = createCore({ data })
  await fill(first)
  first.close()
  const large = statSync(file).size
  t.ok(large > 4e6)
  const second = createCore({ data })
  await second.worlds.drop('large')
  second.close()
  t.ok(statSync(file).size < large / 4, `${statSync(file).size} bytes of ${large} at the end`)

  const third = createCore({ data })
  await fill(third)
  third.close()
  // As a program does that is killed.
  const { Driver } = loadDriver()
  const database = new Driver(file)
  database.exec('DELETE FROM jobs')
  database.close()
  t.ok(statSync(file).size > 4e6)
  createCore({ data }).close()
  t.ok(statSync(file).size < large / 4, `${statSync(file).size} bytes of ${large} at the start`)
})

void t.test('a world that is opened after a restart gets a key and a place that no other one has', async (t) => {
  const data = t.testdir()
  const keys: number[] = []
  for (const name of ['first', 'second', 'third']) {
    const core = createCore({ data })
    keys.push((await core.worlds.open(name)).key)
    await core.worlds.reset('first')
    core.close()
  }
  t.equal(new Set(keys).size, 3)
  const store = openStore(data)
  t.teardown(() => store.close())
  const places = store.prepare<{ place: number }>('SELECT coalesce(place, id) AS place FROM worlds').all()
  t.equal(new Set(places.map(({ place }) => place)).size, 3)
})
