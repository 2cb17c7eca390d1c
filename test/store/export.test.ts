import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { connect } from '../../src/client.ts'
import type { Emulator } from '../../src/index.ts'
import { client, emulator, steadyClock } from '../emulator.ts'
import { jobs, made, furnish, put, jobsOf, everythingOf, unpacked } from './archive-files.ts'

/** What an archive holds, but for the moment it was made and the name that the world had. */
const contents = (archive: Uint8Array): unknown[] =>
  unpacked(archive)
    .filter(({ name }) => name !== 'SHA256SUMS')
    .map(({ name, bytes }) => [name, bytes.toString('utf8').replace(name === 'world.json' ? /"world": ".*"/ : '', '')])

void t.test('a world comes back from its file: in another emulator, under another name, after a restart', async (t) => {
  const clock = steadyClock()
  const one = await emulator(t, { clock, data: t.testdir() })
  await furnish(one)
  const before = await everythingOf(one.url, 'full')
  const { now, pace, frozen, jobs: counted } = await one.world('full').inspect()
  const archive = await one.world('full').export()

  for (const [title, data, reach] of [
    ['in memory, by the fixture', null, (started: Emulator) => started],
    ['on disk, over HTTP', join(t.testdir(), 'other'), (started: Emulator) => connect(started.url)],
  ] as const) {
    await t.test(title, async (t) => {
      const two = await emulator(t, { clock, data })
      await reach(two).world('full').import(archive)
      await reach(two).world('copy').import(archive)
      t.strictSame(await everythingOf(two.url, 'full'), before)
      t.strictSame(await jobsOf(two.url, 'copy'), before.slice(0, 4))
      t.match(await reach(two).world('copy').inspect(), { now, pace, frozen, jobs: counted })
      t.strictSame(contents(await reach(two).world('copy').export()), contents(archive), 'and is exported as it was')
      if (data === null) return
      t.strictSame(readdirSync(join(data, 'files', 'incoming')), [], 'nothing is left of the work')
      await two.close()
      const three = await emulator(t, { clock, data })
      t.strictSame(await everythingOf(three.url, 'full'), before)
    })
  }
})

const hasTools = ['tar', 'sha256sum'].every((tool) => spawnSync(tool, ['--version']).status === 0)

void t.test('the file is opened and checked by tar and sha256sum', { skip: !hasTools }, async (t) => {
  const started = await emulator(t)
  await furnish(started)
  const cwd = t.testdir()
  const answer = await fetch(`${started.url}/_emulator/worlds/full/export`)
  t.match(Object.fromEntries(answer.headers), {
    'content-type': 'application/x-tar',
    'content-disposition': 'attachment; filename=full.tar',
    'content-length': /^\d+$/,
  })
  writeFileSync(join(cwd, 'full.tar'), Buffer.from(await answer.arrayBuffer()))
  t.equal(spawnSync('tar', ['xf', 'full.tar'], { cwd }).status, 0)
  const { status, stdout } = spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd, encoding: 'utf8' })
  t.equal(status, 0, stdout)
  t.match(stdout, `files/${made}/results/1: OK`)
  t.match(stdout, 'files/fed/upload.bin: OK')
})

void t.test('an export is of one moment, whatever happens while it is read', async (t) => {
  const [one, two] = [await emulator(t, { data: t.testdir() }), await emulator(t)]
  await furnish(one)
  const call = client(one.url, 'test_full')
  await one.world('full').clock.freeze()
  const before = await jobsOf(one.url, 'full')

  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${one.url}/_emulator/worlds/full/export`, resolve).once('error', reject)
  })
  // Headers are here, the body waits until somebody reads it.
  await put(one.url, 'fed', 'something else')
  await call('PATCH', `${jobs}/new/jobname`, '"renamed"')
  await call('DELETE', `${jobs}/${made}`)
  await call('POST', jobs, { jobId: 'later', templateId: 'own' })
  await one.world('full').clock.advance('1h')
  await two.world('full').import(await buffer(answer))
  t.strictSame(await jobsOf(two.url, 'full'), before)
  t.not((await call('GET', `${jobs}/later`)).status, 404)

  await t.test('a reader that goes away leaves nothing behind', async (t) => {
    const data = t.testdir()
    const three = await emulator(t, { data })
    await three.world('full').import(await one.world('full').export())
    await new Promise<void>((resolve) => {
      get(`${three.url}/_emulator/worlds/full/export`, (response) => {
        response.destroy()
        response.once('close', resolve)
      })
    })
    while (readdirSync(join(data, 'files', 'incoming')).length > 0) await new Promise(setImmediate)
    t.equal((await client(three.url, 'test_full')('GET', jobs)).status, 200)
  })
})

void t.test('an existing world is replaced only where that is asked for, and then as a whole', async (t) => {
  const started = await emulator(t)
  await furnish(started)
  const archive = await started.world('full').export()
  const before = await jobsOf(started.url, 'full')
  const world = started.world('mine')
  const call = client(started.url, 'test_mine')
  await call('POST', jobs, { jobId: 'mine', templateId: 'hello-world-template' })
  await world.scenario({ name: 'x', neverEnds: true })
  await world.fault({ operation: 'GET /v1/customer/jobs', status: 500, skip: 9 })

  await t.rejects(world.import(archive), /answered 409: world "mine" exists already; say replace=true/)
  t.equal((await call('GET', `${jobs}/mine`)).status, 200)
  await world.import(archive, { replace: true })
  t.match(await world.inspect(), { scenarios: 0, faults: 0, exchanges: 0, jobs: { total: 4 }, pace: 'polls:4' })
  t.equal((await call('GET', `${jobs}/mine`)).status, 404)
  t.strictSame(await jobsOf(started.url, 'mine'), before)

  await t.test('two at once: one of them wins', async (t) => {
    const both = await Promise.allSettled([1, 2].map(() => started.world('contested').import(archive)))
    t.strictSame(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    t.strictSame(await jobsOf(started.url, 'contested'), before)
  })
  await t.rejects(started.world('never').export(), /answered 404: world "never" does not exist/)
  t.throws(() => started.world('a b'), /world "a b": expected 1 to 64/)
  t.match(await client(started.url)('GET', '/_emulator/worlds/a%20b/export'), {
    status: 400,
    body: { message: /world "a b": expected 1 to 64/ },
  })
  for (const query of ['?replace=yes', '?replac=true']) {
    const answer = await client(started.url, null)('POST', `/_emulator/worlds/mine/import${query}`, archive)
    t.match(answer, { status: 400, body: { code: 3 } }, query)
  }
})

void t.test('time does not go back where the wall clock is behind', async (t) => {
  const [ahead, behind] = [steadyClock('2025-06-01T00:00:00Z'), steadyClock('2025-05-01T00:00:00Z')]
  const one = await emulator(t, { clock: ahead })
  await client(one.url, 'test_w')('GET', jobs)
  const running = await one.world('w').export()
  await one.world('w').clock.freeze()
  const frozen = await one.world('w').export()
  const two = await emulator(t, { clock: behind })
  await two.world('running').import(running)
  await two.world('frozen').import(frozen)
  behind.advance(60)
  t.equal(await two.world('running').clock.now(), '2025-06-01T00:01:00Z')
  t.equal(await two.world('frozen').clock.now(), '2025-06-01T00:00:00Z')
})
