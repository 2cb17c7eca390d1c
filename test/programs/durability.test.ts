import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { type Call, client } from '../emulator.ts'
import { run, sentence, stop } from '../program.ts'

const template = 'hello-world-template'
const jobs = '/v1/customer/jobs'

void t.test('SIGINT and SIGTERM', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    await t.test(`${signal}: exit 0, also with clients that hold on`, async (t) => {
      const program = run(t, ['--port', '0', '--in-memory'])
      const url = await program.ready
      await client(url)('GET', jobs)
      // One client is idle on a kept connection, another never sends the rest of its body.
      const half = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
      half.on('error', () => undefined)
      t.teardown(() => half.destroy())
      const head = `POST ${jobs} HTTP/1.1\r\nHost: x\r\nAuthorization: test_default\r\nExpect: 100-continue\r\n`
      half.write(`${head}Content-Length: 1000\r\n\r\n`)
      await new Promise((resolve) => half.once('data', resolve))
      t.strictSame(await stop(program, signal), { code: 0, signal: null })
    })
  }

  await t.test(
    'what was acknowledged before is there after a restart; nothing is answered with an error',
    async (t) => {
      const data = t.testdir()
      const first = run(t, ['--port', '0', '--data', data])
      const call = client(await first.ready)
      await call('POST', jobs, { templateId: template, jobId: 'before' })
      const burst = Array.from({ length: 50 }, (_, index) =>
        call('POST', jobs, { templateId: template, jobId: `burst-${index}` }).catch(() => undefined),
      )
      await burst[0]
      const exit = await stop(first)
      t.equal(exit.code, 0)
      const answers = (await Promise.all(burst)).filter((answer) => answer !== undefined)
      t.ok(answers.length > 0)
      t.strictSame(
        answers.filter(({ status }) => status !== 200),
        [],
      )
      const again = client(await run(t, ['--port', '0', '--data', data]).ready)
      const read = await Promise.all(answers.map(({ body }) => again('GET', `${jobs}/${body.job.id}`)))
      t.strictSame(
        read.map(({ body }) => body),
        answers.map(({ body }) => body),
      )
      t.equal((await again('GET', `${jobs}/before`)).status, 200)
    },
  )
})

void t.test('kill -9 in the middle of a burst: every acknowledged job is there, and none half-written', async (t) => {
  const data = t.testdir()
  const acknowledged = new Map<string, any>()
  const clients = 16
  let lost = 0

  /** Creates jobs, and changes one of its own again and again, until the emulator is gone. */
  async function work(call: Call, worker: string): Promise<void> {
    for (let turn = 0; ; turn++) {
      const text = `${worker}-${turn}-${'x'.repeat((turn * 397) % 3000)}`
      const about = { templateId: template, name: text, description: text, params: { app: { text } } }
      for (const jobId of [`${worker}-${turn}`, `${worker}-changing`]) {
        const { body } = await call('POST', jobs, { ...about, jobId })
        acknowledged.set(jobId, body.job)
      }
    }
  }

  for (let round = 0; round < 3; round++) {
    const program = run(t, ['--port', '0', '--data', data])
    const call = client(await program.ready)
    const goal = acknowledged.size + 150
    const counting: Call = async (...request) => {
      const answer = await call(...request)
      if (acknowledged.size >= goal) program.child.kill('SIGKILL')
      return answer
    }
    const workers = Array.from({ length: clients }, (_, index) => work(counting, `r${round}-c${index}`))
    const ends = await Promise.allSettled(workers)
    t.ok(ends.every(({ status }) => status === 'rejected'))
    t.equal((await program.exit).signal, 'SIGKILL')
    lost += clients
  }

  const call = client(await run(t, ['--port', '0', '--data', data]).ready)
  const found = new Map<string, any>()
  let total = 0
  for (let offset = 0, more = true; more; offset += 1000) {
    const { pagination, data } = (await call('GET', `${jobs}?pagination.limit=1000&pagination.offset=${offset}`)).body
    for (const job of data) found.set(job.id, job)
    more = pagination.hasNext
    total = pagination.total
  }
  t.equal(found.size, total, 'the count fits the rows')
  t.ok(acknowledged.size >= 450, 'enough were acknowledged')
  const torn = [...found.values()].filter(
    ({ name, description, params, state }) =>
      name === '' || name !== description || name !== params.app.text || state !== 'JOB_STATE_NEW',
  )
  t.strictSame(torn, [], 'none is half-written')
  const turnOf = ({ name }: { name: string }) => Number(name.split('-')[2])
  const missing = [...acknowledged].filter(([id, job]) => {
    const now = found.get(id)
    // A job that was being changed may have got the change that nobody heard of any more.
    const changed = id.endsWith('changing') && now !== undefined && turnOf(now) === turnOf(job) + 1
    return !changed && JSON.stringify(now) !== JSON.stringify(job)
  })
  t.strictSame(missing, [], 'every acknowledged job is there, as it was acknowledged')
  t.ok(found.size <= acknowledged.size + lost, 'and nothing that nobody sent')
})

void t.test('a disk that gets full: 500 with code 13, and the emulator lives', async (t) => {
  const data = t.testdir()
  const program = run(t, ['--port', '0', '--data', data, '--silent'], { fileLimit: 600 })
  const call = client(await program.ready)
  const kept = []
  const name = 'x'.repeat(60_000)
  let full
  for (let turn = 0; full === undefined && turn < 50; turn++) {
    const answer = await call('POST', jobs, { templateId: template, jobId: `job-${turn}`, name })
    if (answer.status === 200) kept.push(answer.body.job)
    else full = answer
  }
  t.ok(kept.length > 1)
  t.match(full, { status: 500, body: { code: 13, message: /disk is full/ } })
  // More than the page cache holds, so that it fails before the commit.
  const large = await call('POST', jobs, { templateId: template, jobId: 'large', name: 'x'.repeat(4_000_000) })
  t.match(large, { status: 500, body: { code: 13, message: /disk is full/ } })
  const together = await Promise.all(
    Array.from({ length: 5 }, () => call('POST', jobs, { templateId: template, name })),
  )
  for (const answer of together) t.match(answer, { status: 500, body: { code: 13, message: /disk is full/ } })
  t.equal((await call('GET', '/_emulator/health')).status, 200)
  const page = (await call('GET', `${jobs}?pagination.limit=1000&orderBy=createdAt`)).body
  t.strictSame(page.data, kept, 'what was acknowledged can be read, and nothing else is there')
  t.equal(page.pagination.total, kept.length)
  t.equal((await stop(program)).code, 0)

  const again = client(await run(t, ['--port', '0', '--data', data]).ready)
  t.strictSame((await again('GET', `${jobs}?pagination.limit=1000&orderBy=createdAt`)).body.data, kept)
  t.equal((await again('POST', jobs, { templateId: template, name })).status, 200, 'with room again, it goes on')

  const nothing = run(t, ['--port', '0', '--data', join(data, 'new')], { fileLimit: 1 })
  t.equal((await nothing.exit).code, 1)
  t.match(sentence(nothing.stderr()), /cannot open the database .*full/)
})
