import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import t from 'tap'
import type { World } from '../../src/index.ts'
import { type Answer, type Call, client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const template = { templateId: 'emulator-succeeds' }
const fileSource = {
  dataSourceDescriptor: 'file',
  params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource', name: 'notes.txt' },
}
const times = <Result>(count: number, make: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** Ids of a world's jobs; the page must hold as many as it says. */
async function idsOf(call: Call): Promise<string[]> {
  const { body } = await call('GET', `${jobs}?pagination.limit=100`)
  if (body.pagination.total !== body.data.length)
    throw new Error(`a page of ${body.data.length} says ${body.pagination.total}`)
  return body.data.map(({ id }: { id: string }) => id)
}

void t.test('who asks while a world is reset sees it before or after, never between', async (t) => {
  const seed = { jobs: [{ ...template, jobId: 'seeded' }] }
  const { url, world: open } = await emulator(t, { seed })
  const world = open('w')
  const call = client(url, world.apiKey)
  const create = async (jobId: string) => (await call('POST', jobs, { ...template, jobId })).status
  for (let round = 0; round < 5; round++) {
    const early = times(4, (index) => `early-${round}-${index}`)
    t.same(await Promise.all(early.map(create)), [200, 200, 200, 200])
    await world.scenario({ failIn: 'JOB_STATE_MERGING' })
    let isReset = false
    const lists: string[][] = []
    const [during, runs] = [times(20, (index) => `during-${round}-${index}`), [] as Promise<Answer>[]]
    const underWay = during.map(async (id, index) => {
      if (index % 4 === 0) runs.push(call('POST', `${jobs}/seeded/run`))
      const status = await create(id)
      lists.push(await idsOf(call))
      return { id, status }
    })
    const reset = world.reset().then(() => (isReset = true))
    await Promise.all([...underWay, ...runs, reset])
    t.ok(isReset)
    for (const { status } of await Promise.all(underWay)) t.equal(status, 200)
    for (const { status } of await Promise.all(runs)) t.ok(status === 200 || status === 400, `run: ${status}`)
    for (const ids of lists) {
      const [old, seeded] = [ids.filter((id) => id.startsWith('early')), ids.includes('seeded')]
      t.ok(seeded && (old.length === 0 || old.length === 4), 'all of the old jobs are there, or none')
    }
    const late = `late-${round}`
    t.equal(await create(late), 200)
    const left = await idsOf(call)
    t.ok(left.includes(late) && !left.some((id) => id.startsWith('early')))
    t.equal((await world.inspect()).jobs.total, left.length)
    await world.reset()
  }
})

void t.test('a world that is dropped under a request never shows, nor does its successor suffer', async (t) => {
  const { url, world: open } = await emulator(t)
  const secret = { secret: { secretType: 's3', accessKey: 'a' }, secretKey: 'b' }
  const acts: readonly (readonly [string, string, unknown?])[] = [
    ['POST', jobs, template],
    ['GET', jobs],
    ['GET', '/v1/wallet/balance'],
    ['POST', '/v1/wallet/redeem_coupon', { couponCode: 'FREE-5' }],
    ['POST', '/v1/dev/templates', { id: 'mine' }],
    ['POST', '/v1/auth/secrets', secret],
    ['PATCH', '/v1/auth/user', { firstName: 'me' }],
    ['POST', `${jobs}/filter`, {}],
    ['POST', '/v1/auth/signout'],
  ]
  let [dropped, clear] = [0, 0]
  for (let round = 0; round < 12; round++) {
    const world = open('w')
    const token = await world.token()
    const call = client(url, token)
    const answers = Promise.all(acts.map(async ([method, path, body]) => call(method, path, body)))
    await Promise.all([world.drop().then(() => dropped++), answers])
    for (const { status, body } of await answers) {
      t.not(status, 500, JSON.stringify(body))
      if (status === 503) {
        clear++
        t.match(body.message, /the world was dropped while this request was under way; send it again/)
      }
    }
  }
  t.equal(dropped, 12)
  t.comment(`${clear} requests were told that their world was dropped`)

  await t.test('an upload that is under way does not end in the next world', async (t) => {
    const [first, next] = [open('first'), open('next')]
    const job = { ...template, jobId: 'same', dataSource: fileSource }
    const { body } = await client(url, first.apiKey)('POST', jobs, job)
    const put = request(body.job.dataSource.params.tempUrl as string, { method: 'PUT', agent: false })
    put.write('half a file')
    // Once another request of the connection's turn was answered, the upload has found its world.
    await client(url, first.apiKey)('GET', jobs)
    await first.drop()
    await client(url, next.apiKey)('POST', jobs, job)
    put.end('and the rest')
    const [answer] = await once(put, 'response')
    t.equal(answer.statusCode, 404)
    answer.resume()
    const completed = await client(url, next.apiKey)('PATCH', `${jobs}/same/uploadcompleted`)
    t.match(completed, { status: 400, body: { message: /has no uploaded file/ } })
  })
})

void t.test('a request that a fault holds finds its world dropped', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('w')
  await world.fault({ operation: 'POST /v1/customer/jobs', delay: 'until-released' })
  const held = client(url, world.apiKey)('POST', jobs, template)
  while ((await world.faults())[0]?.waiting !== 1) await new Promise((resolve) => setImmediate(resolve))
  await world.drop()
  t.match(await held, { status: 503, body: { code: 14, message: /the world was dropped/ } })
  t.same(await idsOf(client(url, world.apiKey)), [])
})

void t.test('a fork has rows and files in one moment, also where it replaces a world in use', async (t) => {
  const { url, world: open } = await emulator(t, { pace: '0s' })
  const [from, into] = [open('from'), open('into')]
  const call = client(url, from.apiKey)
  const put = async (jobId: string) => {
    const { body } = await call('POST', jobs, {
      templateId: 'hello-world-template',
      params: { app: { case: 'upper' } },
      jobId,
      dataSource: fileSource,
    })
    return (await fetch(body.job.dataSource.params.tempUrl as string, { method: 'PUT', body: jobId })).status
  }
  t.equal(await put('done'), 200)
  await call('PATCH', `${jobs}/done/uploadcompleted`)
  t.equal((await call('POST', `${jobs}/done/run`)).status, 200)
  await call('GET', `${jobs}/done/results`)
  await from.fork('into')
  const [{ link }] = (await client(url, into.apiKey)('GET', `${jobs}/done/results`)).body.results
  const wanted = await (await fetch(link)).text()

  for (let round = 0; round < 6; round++) {
    const [ids, readings] = [times(5, (index) => `job-${round}-${index}`), [] as Promise<string>[]]
    const uploads = ids.map(put)
    const forking = from.fork('into', { replace: true })
    for (let count = 0; count < 5; count++) readings.push(fetch(link).then((answer) => answer.text()))
    t.same(
      await Promise.all(readings),
      times(5, () => wanted),
    )
    await forking
    const copy = client(url, into.apiKey)
    for (const id of await idsOf(copy)) {
      // What counts as uploaded in the copy has its file there.
      const { status } = await copy('PATCH', `${jobs}/${id}/uploadcompleted`)
      if (status !== 200) continue
      await copy('POST', `${jobs}/${id}/run`)
      const { results } = (await copy('GET', `${jobs}/${id}/results`)).body
      t.match(await (await fetch(results[0].link)).text(), id.toUpperCase())
    }
    t.same(await Promise.all(uploads), [200, 200, 200, 200, 200])
  }
})

void t.test('ten thousand worlds cost rows, not memory', async (t) => {
  const program = `
    import { startEmulator } from ${JSON.stringify(join(import.meta.dirname, '..', '..', 'dist', 'index.js'))}
    const emulator = await startEmulator({ port: null })
    let opened = 0
    async function open(count) {
      while (opened < count) {
        const world = emulator.world('w' + opened++)
        await Promise.all([world.clock.now(), emulator.inject({ url: '/v1/customer/jobs', headers: { authorization: world.apiKey } })])
        await world.scenario({ name: 'x' })
        await world.reset()
      }
      gc()
      return process.memoryUsage().heapUsed
    }
    const before = await open(2000)
    const after = await open(10000)
    const { total } = (await emulator.inject('/_emulator/worlds')).json()
    const listed = new Set(await emulator.worlds()).size
    console.log(JSON.stringify({ total, listed, bytesEach: (after - before) / 8000 }))
  `
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { total, listed, bytesEach } = JSON.parse(await text(child.stdout))
  t.equal(total, 10_000)
  t.equal(listed, 10_000, 'all of them are listed, though a page is a thousand')
  t.comment(`${bytesEach.toFixed(0)} bytes a world`)
  t.ok(bytesEach < 500, `${bytesEach} bytes of the heap for each idle world`)
})

/** One test as its author would write it: everything it decides and looks at is its own. */
async function wholeTest(world: World, url: string, index: number): Promise<string[]> {
  const wrong: string[] = []
  const check = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push(`${world.name}: ${what}: ${JSON.stringify(found)}`)
  }
  const call = client(url, world.apiKey)
  const [message, refusals] = [`failure of ${index}`, index % 3]
  await world.scenario({ failIn: 'JOB_STATE_MERGING', errorMessage: message })
  await world.fault({ operation: 'GET /v1/customer/jobs', status: 503, times: refusals + 1 })
  const { id } = (await call('POST', jobs, { ...template, name: message })).body.job
  await call('POST', `${jobs}/${id}/run`)
  await world.clock.freeze()
  const { transitions } = await world.clock.advance(`${index + 10}m`)
  check('end', transitions.at(-1)?.state, 'JOB_STATE_FAILED')
  const { job } = (await call('GET', `${jobs}/${id}`)).body
  check('message', job.errorMessage, message)
  for (let count = 0; count <= refusals; count++) check('refused', (await call('GET', jobs)).status, 503)
  const list = (await call('GET', jobs)).body
  check('list', [list.pagination.total, list.data[0].name], [1, message])
  const verified = await world.verify({ operation: 'POST /v1/customer/jobs', body: { name: message }, count: 1 })
  check('verified', [verified.ok, verified.message], [true, `1 of ${refusals + 5} exchanges fit`])
  check(
    'faults',
    (await world.faults()).map(({ used }) => used),
    [refusals + 1],
  )
  return wrong
}

void t.test('two hundred tests at once do not disturb each other', async (t) => {
  const { url, world } = await emulator(t)
  const wrong = await Promise.all(times(200, (index) => wholeTest(world(`test-${index}`), url, index)))
  t.strictSame(wrong.flat(), [])
})

void t.test('no row of one world is ever seen in another', async (t) => {
  const { url, world: open } = await emulator(t, { pace: '0s' })
  const names = ['alpha', 'beta'] as const
  /** Whatever is made in a world bears its name, so that it is known wherever it turns up. */
  const acts: Record<string, (call: Call, name: string, world: World, n: number) => Promise<unknown>> = {
    create: (call, name, _, n) => call('POST', jobs, { ...template, jobId: `job-${n}`, name, description: name }),
    run: (call, _name, _, n) => call('POST', `${jobs}/job-${n}/run`),
    abort: (call, _name, _, n) => call('POST', `${jobs}/job-${n}/abort`),
    delete: (call, _name, _, n) => call('DELETE', `${jobs}/job-${n}`),
    rename: (call, name, _, n) => call('PATCH', `${jobs}/job-${n}/jobname`, JSON.stringify(`${name} ${n}`)),
    get: (call, _name, _, n) => call('GET', `${jobs}/job-${n}`),
    list: (call) => call('GET', `${jobs}?orderBy=state`),
    filter: (call) => call('POST', `${jobs}/filter`, {}),
    logs: (call, _name, _, n) => call('POST', '/v1/customer/logs', { jobId: `job-${n}` }),
    results: (call, _name, _, n) => call('GET', `${jobs}/job-${n}/results`),
    template: (call, name, _, n) => call('POST', '/v1/dev/templates', { id: `own-${n}`, description: name }),
    templates: (call) => call('GET', '/v1/dev/templates'),
    secret: (call, name, _, n) =>
      call('POST', '/v1/auth/secrets', {
        secret: { secretType: 's3', id: `s-${n}`, name, accessKey: name },
        secretKey: name,
      }),
    secrets: (call) => call('GET', '/v1/auth/secrets'),
    coupon: (call, _name, _, n) => call('POST', '/v1/wallet/redeem_coupon', { couponCode: `FREE-${n + 1}` }),
    transactions: (call) => call('GET', '/v1/wallet/transactions'),
    clock: (_call, _name, world, n) => world.clock.advance(n * 1000),
    scenario: (_call, name, world) => world.scenario({ failIn: 'JOB_STATE_MERGING', errorMessage: name }),
    fault: (_call, name, world) => world.fault({ operation: '*', status: 500, message: name, times: 1 }),
    rules: async (_call, _name, world) => [await world.faults(), await world.scenarios()],
    journal: (_call, _name, world) => world.requests(),
    explain: (_call, _name, world, n) => world.explain(`job-${n}`).catch(String),
    fork: (_call, name, world) => world.fork(`copy-of-${name}`, { replace: true }).catch(String),
    restore: (_call, name, world) => open(`copy-of-${name}`).fork(world.name, { replace: true }).catch(String),
    reset: (_call, _name, world) => world.reset(),
    drop: (_call, _name, world) => world.drop().catch(String),
  }
  const step = fc.record({
    name: fc.constantFrom(...names),
    act: fc.constantFrom(...Object.keys(acts)),
    n: fc.integer({ min: 0, max: 4 }),
    together: fc.boolean(),
  })
  const property = fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60 }), async (steps) => {
    for (const name of names) await open(name).reset()
    const underWay: Promise<void>[] = []
    for (const { name, act, n, together } of steps) {
      const world = open(name)
      const other = names.find((known) => known !== name)!
      const done = acts[act]!(client(url, world.apiKey), name, world, n).then((answer) => {
        const shown = JSON.stringify(answer ?? null)
        if (shown.includes(other)) throw new Error(`${act} in ${name} shows ${other}: ${shown}`)
        if ((answer as { status?: number } | undefined)?.status === 500 && !shown.includes(name) && act !== 'results') {
          throw new Error(`${act} in ${name} fails: ${shown}`)
        }
      })
      underWay.push(done)
      if (!together) await Promise.all(underWay.splice(0))
    }
    await Promise.all(underWay)
  })
  await fc.assert(property, { numRuns: 25 })
  t.pass('no trace')
})

void t.test('what the control API does not know is refused with the field and what is known', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, null)
  const w = '/_emulator/worlds/w'
  await call('GET', `${w}/clock`)
  for (const [method, path, body, message] of [
    ['GET', '/_emulator/worlds/a%20b', undefined, /world "a b": expected 1 to 64 of letters/],
    ['POST', `${w}/fork`, { into: 'a b' }, /world "a b": expected/],
    ['POST', `${w}/fork`, { into: 'w' }, /into "w": a world cannot be forked into itself/],
    ['POST', `${w}/fork`, {}, /into is required/],
    ['POST', `${w}/fork`, { itno: 'x', into: 'y' }, /unknown field itno \(did you mean "into"\?\)/],
    ['POST', `${w}/clock/advance`, { by: 'soon' }, /by "soon": expected a duration .* "next", or "job:<id>"/],
    ['POST', `${w}/clock/advance`, { by: '-1s' }, /by "-1s": expected a duration/],
    ['POST', `${w}/clock/advance`, {}, /by is required/],
    ['POST', `${w}/clock/wait`, { for: 'a bit' }, /for "a bit": expected a duration/],
    ['POST', `${w}/clock/wait`, {}, /expected exactly one of for and until/],
    ['PUT', `${w}/pace`, { pace: 'polls:0' }, /pace "polls:0": expected a duration/],
    ['PUT', `${w}/pace`, { pace: 'MERGNIG=1s' }, /pace "MERGNIG=1s": .* states are STARTED, /],
    [
      'POST',
      `${w}/jobs/x/hold`,
      { before: 'MERGING' },
      /before is required; unknown field before="MERGING" \(did you mean "JOB_STATE_MERGING"\?\); known are JOB_STATE_NEW/,
    ],
    ['POST', `${w}/jobs/x/hold`, {}, /before is required$/],
    ['GET', `${w}/journal?operation=GET%20/v1/customer/job`, undefined, /did you mean "GET \/v1\/customer\/jobs"\?/],
    [
      'GET',
      `${w}/journal?persona=onwer`,
      undefined,
      /persona "onwer" does not exist \(did you mean "owner"\?\); known are/,
    ],
    ['GET', `${w}/journal?status=42`, undefined, /status 42: expected/],
    ['GET', `${w}/journal?wait=1h`, undefined, /wait "1h": expected a duration of at most 60s/],
    ['GET', `${w}/journal?statsu=200`, undefined, /unknown field \?statsu \(did you mean "status"\?\)/],
    ['GET', `${w}/faults?unused=maybe`, undefined, /parsing field "unused"/],
    [
      'POST',
      `${w}/journal/verify`,
      { operation: 'PUT /v1/customer/jobs' },
      /operation "PUT \/v1\/customer\/jobs" does not/,
    ],
    ['POST', `${w}/journal/verify`, { persona: 'root' }, /persona "root" does not exist; known are owner, /],
  ] as const) {
    t.match(await call(method, path, body), { status: 400, body: { code: 3, message } }, `${method} ${path}`)
  }
})
