import { request } from 'node:http'
import t from 'tap'
import { connect } from '../../src/index.ts'
import { builtInScenarios } from '../../src/domain/templates/built-in-scenarios.ts'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'

/** How a connection ended: node:http tells a reset and a cut from an answer, where fetch may hang or hide them. */
const raw = (
  url: string,
  method: string,
  path: string,
  body = '',
): Promise<{ status: number; body: string; error: string }> =>
  new Promise((resolve) => {
    const sent = request(url + path, { method, headers: { authorization: 'test_default' }, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text, error: '' }))
      answer.on('error', (error) => resolve({ status: answer.statusCode ?? 0, body: text, error: error.message }))
    })
    sent.on('error', (error) => resolve({ status: 0, body: '', error: error.message }))
    sent.end(body)
  })

/** The code under test: creates and runs a picture job. */
async function submitPicture(url: string, apiKey: string): Promise<string> {
  const call = client(url, apiKey)
  const { body } = await call('POST', jobs, { templateId: 'img-gen-diffusers-flux-gpu-template' })
  await call('POST', `${jobs}/${body.job.id}/run`)
  return body.job.id
}

void t.test('a test decides what its client meets, in a world of its own', async (t) => {
  await using started = await emulator(t)
  for (const tests of [started, connect(started.url)]) {
    const world = tests.world(tests === started ? 'checkout' : 'elsewhere')
    const scenario = await world.scenario({
      templateId: 'img-gen-diffusers-flux-gpu-template',
      failIn: 'JOB_STATE_MERGING',
      errorMessage: 'zip: no space left',
    })
    await world.fault({ operation: 'GET /v1/customer/jobs/{jobId}', status: 503, times: 2, retryAfter: 1 })
    const jobId = await submitPicture(tests.url, world.apiKey)

    const call = client(tests.url, world.apiKey)
    for (const status of [503, 503, 200]) {
      const answer = await call('GET', `${jobs}/${jobId}`)
      t.equal(answer.status, status)
      t.equal(answer.headers.get('retry-after'), status === 503 ? '1' : null)
    }
    const { transitions } = await world.clock.advance('10m')
    t.equal(transitions.at(-1)?.state, 'JOB_STATE_FAILED')
    t.match((await call('GET', `${jobs}/${jobId}`)).body.job, {
      state: 'JOB_STATE_FAILED',
      errorMessage: 'zip: no space left',
      stateTimestamps: { JOB_STATE_MERGING: String },
    })
    t.equal((await world.requests({ operation: 'POST /v1/customer/jobs' })).length, 1)
    t.match(await world.faults(), [{ used: 2, matched: 4 }])
    t.match(await world.scenarios(), [{ id: scenario.id, used: 1 }])
    const explained = await world.explain(jobId)
    t.equal(explained.scenario, scenario.id)
    t.equal(explained.next, 'nothing: the job has ended')

    await world.reset()
    t.same(
      [await world.faults(), await world.scenarios(), await world.requests()],
      [[], [], []],
      'reset takes all away',
    )
  }
})

void t.test('built-in templates are scenarios by their id', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'time', total: 0 } })
  const call = client(url)
  const ends: Record<string, string> = {
    'emulator-never-ends': 'JOB_STATE_PARTITIONED',
    'emulator-expensive': 'JOB_STATE_NEW',
  }
  for (const [templateId, rule] of Object.entries(builtInScenarios)) {
    const { body } = await call('POST', jobs, { templateId })
    const run = await call('POST', `${jobs}/${body.job.id}/run`)
    t.equal(run.status, templateId === 'emulator-expensive' ? 400 : 200, templateId)
    const { job } = (await call('GET', `${jobs}/${body.job.id}`)).body
    const fails = rule.failIn !== undefined || rule.timesOut === true
    t.equal(job.state, ends[templateId] ?? (fails ? 'JOB_STATE_FAILED' : 'JOB_STATE_COMPLETE'), templateId)
    if (rule.errorMessage !== undefined) t.equal(job.errorMessage, rule.errorMessage)
    if (rule.failIn !== undefined) t.ok(rule.failIn in job.stateTimestamps)
  }
})

void t.test('scenarios fit by template, name, id and number, and are used up', async (t) => {
  const started = await emulator(t, { pace: { by: 'time', total: 0 } })
  const { url } = started
  const call = client(url)
  const world = started.world('default')
  const stateOf = async (request: object) => {
    const { body } = await call('POST', jobs, { templateId: 'emulator-succeeds', ...request })
    await call('POST', `${jobs}/${body.job.id}/run`)
    return (await call('GET', `${jobs}/${body.job.id}`)).body.job
  }
  await world.scenario({ name: 'night-*-run', nth: 2, failIn: 'JOB_STATE_STARTED' })
  await world.scenario({ jobId: 'named', tasks: 7, paymentAmount: 1.5, results: [{ name: 'a.txt', text: 'A' }] })
  await world.scenario({ templateId: 'hello-world-template', times: 1, timesOut: true, errorMessage: 'too slow' })
  t.equal((await stateOf({ name: 'night-1-run' })).state, 'JOB_STATE_COMPLETE')
  t.equal((await stateOf({ name: 'day-2-run' })).state, 'JOB_STATE_COMPLETE', 'another name does not count')
  t.equal((await stateOf({ name: 'night-2-run' })).state, 'JOB_STATE_FAILED')
  t.equal((await stateOf({ name: 'night-3-run' })).state, 'JOB_STATE_COMPLETE')
  t.match(await stateOf({ jobId: 'named' }), { numChunks: 7, paymentAmount: 1.5 })
  const [result] = (await call('GET', `${jobs}/named/results`)).body.results
  t.equal(result.name, 'a.txt')
  t.equal(await (await fetch(result.link)).text(), 'A')
  const hello = { templateId: 'hello-world-template', dataSource: { dataSourceDescriptor: 'bypass' } }
  t.match(await stateOf(hello), { state: 'JOB_STATE_FAILED', errorMessage: 'too slow' })
  t.equal((await stateOf(hello)).state, 'JOB_STATE_COMPLETE', 'used up')

  for (const [rule, message] of [
    [{ failIn: 'JOB_STATE_COMPLETE' }, /failIn "JOB_STATE_COMPLETE": expected a state/],
    [{ failIn: 'JOB_STATE_MERGING', neverEnds: true }, /at most one of/],
    [{ errorMessage: 'x' }, /errorMessage goes with/],
    [{ nth: 0 }, /nth 0/],
    [{ pace: 'soon' }, /pace "soon": expected/],
    [{ results: [{ name: 'a' }] }, /results\[0\]: expected exactly one/],
    [{ tasksss: 1 }, /unknown field tasksss \(did you mean "tasks"\?\)/],
  ] as const) {
    const answer = await call('POST', '/_emulator/worlds/default/scenarios', rule)
    t.match(answer, { status: 400, body: { code: 3, message } })
  }
})

void t.test('faults spoil answers before and after the act', async (t) => {
  const started = await emulator(t)
  const { url } = started
  const world = started.world('default')
  const create = (jobId: string) => raw(url, 'POST', jobs, JSON.stringify({ templateId: 'emulator-succeeds', jobId }))
  const exists = async (jobId: string) => (await raw(url, 'GET', `${jobs}/${jobId}`)).status === 200
  const operation = 'POST /v1/customer/jobs'

  await world.fault({ operation, connection: 'resetBefore', times: 1 })
  t.match(await create('before'), { status: 0, error: /reset|hang up/i })
  t.notOk(await exists('before'), 'the act was not done')
  await world.fault({ operation, connection: 'resetAfter', times: 1 })
  t.match(await create('after'), { status: 0, error: /reset|hang up/i })
  t.ok(await exists('after'), 'the act was done, the reply was lost')
  await world.fault({ operation, answer: 'cut', times: 1 })
  const cut = await create('cut')
  t.match(cut, { status: 200, error: /aborted/ })
  t.ok(cut.body.length > 0)
  t.ok(await exists('cut'))
  await world.fault({ operation, answer: 'brokenJson', times: 1 })
  const broken = await create('broken')
  t.throws(() => JSON.parse(broken.body) as unknown)
  await world.fault({ operation, status: 500, message: 'no luck', times: 1 })
  t.same(JSON.parse((await create('status')).body), { code: 13, message: 'no luck', details: [] })
  t.notOk(await exists('status'))

  const held = await world.fault({ operation, delay: 'until-released', times: 1 })
  const waiting = create('held')
  // Calls without a socket never leave the present turn, so the one that is waited for needs a turn of its own.
  for (let held = 0; held !== 1; held = (await world.faults()).at(-1)?.waiting ?? 0) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.notOk(await exists('held'))
  await world.releaseFault(held.id)
  t.equal((await waiting).status, 200)

  await world.fault({ operation: '*', persona: 'readonly', status: 503 })
  t.equal((await create('other-persona')).status, 200)
  const statuses = (await world.requests({ operation })).map(({ status }) => status)
  t.same(statuses, [0, 0, 200, 200, 500, 200, 200], 'the journal tells a reset from an answer')

  const call = client(url)
  for (const [rule, message] of [
    [
      { operation: 'GET /v1/customer/job', status: 500 },
      /does not exist \(did you mean "GET \/v1\/customer\/jobs"\?\)/,
    ],
    [{ operation }, /exactly one of status, connection and answer/],
    [{ operation, status: 99 }, /status 99/],
    [{ operation, status: 500, persona: 'nobody' }, /persona "nobody" does not exist/],
    [{ operation, delay: 'a while' }, /delay "a while"/],
  ] as const) {
    t.match(await call('POST', '/_emulator/worlds/default/faults', rule), { status: 400, body: { code: 3, message } })
  }
})

void t.test('the journal masks secrets, waits and verifies', async (t) => {
  const started = await emulator(t)
  const { url } = started
  const world = started.world('w')
  const token = await world.token()
  const coming = world.waitForRequest({ operation: 'POST /v1/customer/jobs' })
  await client(url, token)('POST', jobs, { templateId: 'emulator-succeeds', name: 'one', unknwn: 1 })
  const exchange = await coming
  t.match(exchange, { status: 200, persona: 'owner', unknownFields: ['unknwn'], request: { body: /"name":"one"/ } })
  const everything = JSON.stringify(await world.requests())
  t.notOk(everything.includes(token), 'no token')
  t.notOk(everything.includes('test_w'), 'no key')

  t.match(await world.verify({ operation: 'POST /v1/customer/jobs', body: { name: 'one' }, count: 1 }), { ok: true })
  const missed = await world.verify({ operation: 'POST /v1/customer/jobs', body: { name: 'two' } })
  t.match(missed, { ok: false, count: 0, nearest: [{ differences: ['body.name: expected "two", was "one"'] }] })
  await t.rejects(world.waitForRequest({ operation: 'DELETE /v1/customer/jobs/{jobId}' }, '10ms'), /no request came/)
})

void t.test('worlds are forked, restored and dropped', async (t) => {
  const started = await emulator(t)
  const { url } = started
  const call = client(url, 'test_a')
  const world = started.world('a')
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'kept' })
  await world.clock.advance('1h')
  const snapshot = await world.fork('snapshot')
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'later' })
  await call('POST', `${jobs}/kept/run`)

  t.match(await client(url, snapshot.apiKey)('GET', jobs), { body: { pagination: { total: 1 } } })
  await t.rejects(snapshot.fork('a'), /answered 409: world "a" exists already; say "replace": true/)
  await snapshot.fork('a', { replace: true })
  t.match((await call('GET', jobs)).body.data, [{ id: 'kept', state: 'JOB_STATE_NEW' }])
  t.equal((await call('GET', `${jobs}/later`)).status, 404)

  t.strictSame(await started.worlds(), ['a', 'snapshot'])
  await snapshot.drop()
  t.strictSame(await started.worlds(), ['a'])
  await t.rejects(snapshot.inspect(), /answered 404/)
})

void t.test('the pace of one job, before it is run and while it runs', async (t) => {
  const started = await emulator(t, { pace: '10s' })
  const { url } = started
  const call = client(url)
  const world = started.world('default')
  await world.clock.freeze()
  const state = async (id: string) => (await call('GET', `${jobs}/${id}`)).body.job.state
  const ready = async (jobId: string, more: object = {}) =>
    call('POST', jobs, { templateId: 'emulator-succeeds', jobId, ...more })
  const running = async (jobId: string, more: object = {}) => {
    await ready(jobId, more)
    t.equal((await call('POST', `${jobs}/${jobId}/run`)).status, 200)
  }

  await ready('a')
  t.match(await world.paceOf('a', 'PARTITIONED=4s'), { state: 'JOB_STATE_NEW', pace: 'PARTITIONED=4s' })
  await world.scenario({ jobId: 'a', pace: 'manual', paymentAmount: 7 })
  await ready('a', { name: 'an update keeps it' })
  await call('POST', `${jobs}/a/run`)
  t.equal(await state('a'), 'JOB_STATE_PARTITIONED', 'it stands above the pace of a scenario and of the world')
  await world.clock.advance('4s')
  t.match((await call('GET', `${jobs}/a`)).body.job, { state: 'JOB_STATE_COMPLETE', duration: 4 })
  t.match(await world.explain('a'), { timeline: { 1: {}, 9: { reason: 'the pace of the job' } } })

  await running('b')
  await world.clock.advance('2s')
  t.equal(await state('b'), 'JOB_STATE_PARTITIONED', 'at two tenths of the time')
  await world.paceOf('b', '100s')
  await world.clock.advance('49s')
  t.equal(await state('b'), 'JOB_STATE_PARTITIONED', 'half of the time lies between it and the next state')
  await world.clock.advance('1s')
  t.equal(await state('b'), 'JOB_STATE_TASKS_COMPLETED')
  await world.paceOf('b', 'polls:2')
  t.equal(await state('b'), 'JOB_STATE_MERGED')
  t.equal(await state('b'), 'JOB_STATE_COMPLETE')

  await running('c', { config: { jobTimeout: 5 } })
  t.match((await world.explain('c')).timeline.at(-1), { state: 'JOB_STATE_FAILED' }, 'a limit is to strike')
  t.match(await world.paceOf('c', 'manual'), {
    next: /opens the gate before JOB_STATE_UPLOADING; or time: JOB_STATE_FAILED/,
    timeline: { length: 11 },
  })
  t.match(await world.paceOf('c', '4s'), { timeline: { length: 10 }, errorMessage: '' })
  await world.clock.advance('4s')
  t.equal(await state('c'), 'JOB_STATE_COMPLETE', 'states behind the limit are there again')

  await world.scenario({ jobId: 'd', failIn: 'JOB_STATE_MERGING', errorMessage: 'no space left' })
  await running('d', { config: { jobTimeout: 60 } })
  await world.hold('d', 'JOB_STATE_MERGING')
  t.equal((await world.paceOf('d', '1s')).timeline.at(-1)!.state, 'JOB_STATE_FAILED')
  await world.clock.advance('1s')
  t.match((await call('GET', `${jobs}/d`)).body.job, { state: 'JOB_STATE_FAILED', errorMessage: 'no space left' })
  t.equal((await call('GET', `${jobs}/d`)).body.job.duration, 0.85, 'where the state it fails in would have ended')

  await running('failing', { templateId: 'emulator-fails', config: { jobTimeout: 60, taskTimeout: 60 } })
  await world.clock.advance('2m')
  t.match(
    (await call('GET', `${jobs}/failing`)).body.job,
    { errorMessage: 'app exited with code 1', duration: 7 },
    'no limit strikes what has failed before',
  )

  await running('e')
  await world.paceOf('e', 'manual')
  t.match(await world.paceOf('e', ''), { pace: '', next: /^time: JOB_STATE_UPLOADING/ }, 'that of its world again')
  await running('n', { templateId: 'emulator-never-ends' })
  t.match(await world.paceOf('n', '0s'), { state: 'JOB_STATE_PARTITIONED', next: /never ends/ })

  const copy = await world.fork('copy')
  await ready('f')
  await world.paceOf('f', 'manual')
  t.match(await (await world.fork('later')).explain('f'), { pace: 'manual' })
  await t.rejects(copy.paceOf('f', '1s'), /answered 404: job "f" does not exist/)
  await t.rejects(world.paceOf('d', '1s'), /answered 400: job d has ended in JOB_STATE_FAILED/)
  await t.rejects(world.paceOf('e', 'warp'), /answered 400: pace "warp": expected a duration/)
})

void t.test('gates, the next state, and a sleep that follows the clock', async (t) => {
  const started = await emulator(t)
  const { url } = started
  const call = client(url)
  const world = started.world('default')
  await world.clock.freeze()
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'j' })
  await call('POST', `${jobs}/j/run`)
  t.match(await world.clock.advance('next'), { transitions: [{ state: 'JOB_STATE_UPLOADING' }], frozen: true })
  t.strictSame((await world.hold('j', 'JOB_STATE_MERGING')).waitingFor, ['JOB_STATE_MERGING'])
  await world.clock.advance('1h')
  t.equal((await call('GET', `${jobs}/j`)).body.job.state, 'JOB_STATE_TASKS_COMPLETED')
  t.strictSame(
    (await world.explain('j')).timeline.slice(-2).map(({ reason }) => reason),
    Array(2).fill('the pace, once the gate before it is open'),
  )
  t.strictSame(
    (await world.hold('j', 'JOB_STATE_DOWNLOADING')).waitingFor,
    ['JOB_STATE_MERGING', 'JOB_STATE_DOWNLOADING'],
    'a second gate behind the first',
  )
  const copy = await world.fork('copy-with-gates')
  for (const each of [world, copy]) {
    t.match(await each.release('j'), { state: 'JOB_STATE_MERGING', waitingFor: ['JOB_STATE_DOWNLOADING'] })
    t.match(await each.clock.advance('1h'), { transitions: [{ state: 'JOB_STATE_MERGED' }] }, 'it goes on at its pace')
    t.match(await each.release('j'), { state: 'JOB_STATE_DOWNLOADING', waitingFor: [] })
    t.match(await each.clock.advance('job:j'), { transitions: [{ state: 'JOB_STATE_COMPLETE' }] })
  }
  t.equal((await call('GET', `${jobs}/j`)).body.job.state, 'JOB_STATE_COMPLETE')
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'limited', config: { jobTimeout: 1 } })
  await call('POST', `${jobs}/limited/run`)
  await world.hold('limited', 'JOB_STATE_UPLOADING')
  await world.release('limited')
  await t.rejects(world.hold('limited', 'JOB_STATE_FAILED'), /is not about to enter JOB_STATE_FAILED/)
  await world.clock.advance('1m')
  t.match(
    (await call('GET', `${jobs}/limited`)).body.job,
    { state: 'JOB_STATE_FAILED', errorMessage: 'jobTimeout of 1 s exceeded', duration: 1 },
    'a limit strikes behind an open gate, too',
  )
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'i' })
  await call('POST', `${jobs}/i/run`)
  await world.hold('i', 'JOB_STATE_UPLOADING')
  t.match(await world.paceOf('i', 'manual'), { timeline: { length: 10 } })
  t.equal((await world.release('i')).waitingFor.length, 7, 'a new pace takes the place of the gate')
  await call('POST', `${jobs}/i/abort`)
  await t.rejects(world.clock.advance('next'), /no job of world default will enter a state by itself/)

  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'k' })
  await call('POST', `${jobs}/k/run`)
  t.match(await world.clock.advance('job:k'), { transitions: { length: 8 } })

  let slept = false
  const sleeping = world.clock.sleep('1d').then(() => (slept = true))
  await world.clock.advance('23h')
  t.notOk(slept)
  await world.clock.advance('1h')
  await sleeping
  t.ok(slept)

  await world.pace('PARTITIONED=5s')
  await world.clock.run()
  await call('POST', jobs, { templateId: 'emulator-succeeds', jobId: 'l' })
  await call('POST', `${jobs}/l/run`)
  await world.clock.advance('5s')
  t.equal((await call('GET', `${jobs}/l`)).body.job.duration, 5)
  await t.rejects(world.pace('warp'), /pace "warp": expected a duration/)
})
