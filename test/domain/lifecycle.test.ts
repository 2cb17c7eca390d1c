import fc from 'fast-check'
import t from 'tap'
import { type JobState, jobStates } from '../../schemas/jobs.ts'
import { type Core, createCore } from '../../src/core.ts'
import type { Caller } from '../../src/core/caller.ts'
import { ApiError, type ErrorName } from '../../src/base/errors.ts'
import {
  abortRun,
  countPoll,
  type Entry,
  entriesAt,
  isFinal,
  progressAt,
  startRun,
  stateAt,
  step,
} from '../../src/domain/jobs/lifecycle.ts'
import type { Pace } from '../../src/domain/jobs/pace.ts'
import type { Transition } from '../../src/domain/jobs/job.ts'
import { formatTimestamp, microsPerSecond } from '../../src/base/timestamps.ts'
import { client, emulator, steadyClock } from '../emulator.ts'

/** Seconds after a run at which each state is entered, at a pace of 10 s; written out, so as not to ask the code. */
const plan: readonly (readonly [JobState, number])[] = [
  ['JOB_STATE_STARTED', 0],
  ['JOB_STATE_UPLOADING', 0.5],
  ['JOB_STATE_PARTITIONING', 1],
  ['JOB_STATE_PARTITIONED', 2],
  ['JOB_STATE_TASKS_COMPLETED', 7],
  ['JOB_STATE_MERGING', 7.5],
  ['JOB_STATE_MERGED', 8.5],
  ['JOB_STATE_DOWNLOADING', 9],
  ['JOB_STATE_COMPLETE', 10],
]

/** A job as simply as it can be thought of. Time is in microseconds. */
interface ModelJob {
  name: string
  jobTimeout: number
  taskTimeout: number
  createdAt: number
  runAt?: number
  abortedAt?: number
  deleted?: true
}

/** What the job has gone through by now. */
function livedThrough({ runAt, abortedAt, jobTimeout, taskTimeout }: ModelJob, now: number): [JobState, number][] {
  if (runAt === undefined) return []
  const failures = [
    jobTimeout > 0 && jobTimeout < 10 ? jobTimeout : Infinity,
    taskTimeout > 0 && taskTimeout < 5 ? 2 + taskTimeout : Infinity,
  ]
  const failedAt = Math.min(...failures) * microsPerSecond + runAt
  const planned = plan
    .map(([state, seconds]): [JobState, number] => [state, runAt + seconds * microsPerSecond])
    .filter(([, at]) => at < failedAt)
  if (failedAt < Infinity) planned.push(['JOB_STATE_FAILED', failedAt])
  const lived = planned.filter(([, at]) => at <= Math.min(now, abortedAt ?? Infinity))
  if (abortedAt !== undefined) lived.push(['JOB_STATE_FAILED', abortedAt])
  return lived
}

const stateOf = (job: ModelJob, now: number): JobState => livedThrough(job, now).at(-1)?.[0] ?? 'JOB_STATE_NEW'

const ids = ['job-0', 'job-1', 'job-2', 'job-3', 'job-4']
const id = fc.constantFrom(...ids)
/** In quarters, which binary fractions hold exactly. */
const seconds = fc.integer({ min: 0, max: 16 }).map((quarters) => quarters / 4)

/** One thing that a client, or time, does. */
const act = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    id,
    name: fc.constantFrom('a', 'b'),
    jobTimeout: fc.constantFrom(0, 0, 1, 3, 12),
    taskTimeout: fc.constantFrom(0, 0, 1, 4, 6),
  }),
  fc.record({ kind: fc.constantFrom('edit', 'run', 'run', 'poll', 'abort', 'delete'), id }),
  fc.record({ kind: fc.constantFrom('advance', 'time passes'), seconds }),
)
type Act = typeof act extends fc.Arbitrary<infer Kind> ? Kind : never

const refused = new Map<string, ErrorName>()

/** Does one act in the model. @returns the error to expect, if any */
function play(jobs: Map<string, ModelJob>, act: Act, now: number): ErrorName | undefined {
  if (!('id' in act)) return undefined
  const job = jobs.get(act.id)
  if (act.kind === 'create') {
    if (job !== undefined && (job.deleted || job.runAt !== undefined)) return 'failedPrecondition'
    const { name, jobTimeout, taskTimeout } = act
    jobs.set(act.id, { name, jobTimeout, taskTimeout, createdAt: job?.createdAt ?? now })
    return undefined
  }
  if (job === undefined || job.deleted) return 'notFound'
  const state = stateOf(job, now)
  switch (act.kind) {
    case 'edit':
      if (state !== 'JOB_STATE_NEW') return 'failedPrecondition'
      job.name = 'edited'
      return undefined
    case 'run':
      if (state !== 'JOB_STATE_NEW') return 'failedPrecondition'
      job.runAt = now
      return undefined
    case 'abort':
      if (isFinal(state)) return 'failedPrecondition'
      if (state === 'JOB_STATE_NEW') job.deleted = true
      else job.abortedAt = now
      return undefined
    case 'delete':
      if (state !== 'JOB_STATE_NEW' && !isFinal(state)) return 'failedPrecondition'
      job.deleted = true
      return undefined
    default:
      return undefined
  }
}

/** Does the same act for real. @returns the error that it met, if any */
async function perform(core: Core, caller: Caller, clock: { advance(seconds: number): void }, act: Act) {
  try {
    switch (act.kind) {
      case 'create': {
        const { id: jobId, name, jobTimeout, taskTimeout } = act
        const dataSource = { dataSourceDescriptor: 'bypass' }
        const config = { jobTimeout, taskTimeout }
        await core.jobs.create(caller, { templateId: 'hello-world-template', jobId, name, dataSource, config })
        break
      }
      case 'edit':
        await core.jobs.update(caller, act.id, { name: 'edited' })
        break
      case 'run':
        await core.jobs.run(caller, act.id, {})
        break
      case 'poll':
        await core.jobs.poll(caller, [core.jobs.get(caller, act.id)])
        core.jobs.get(caller, act.id)
        break
      case 'abort':
        await core.jobs.abort(caller, act.id)
        break
      case 'delete':
        await core.jobs.delete(caller, act.id)
        break
      case 'advance':
        await core.clocks.advance(caller.world, act.seconds * microsPerSecond)
        break
      case 'time passes':
        clock.advance(act.seconds)
    }
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error.kind
    throw error
  }
}

void t.test('any sequence of acts does what the model does', async (t) => {
  const clock = steadyClock()
  const core = createCore({ clock, pace: { by: 'time', total: 10 * microsPerSecond } })
  t.teardown(() => core.close())
  let worlds = 0

  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 40, size: 'max' }), async (acts) => {
      const world = await core.worlds.open(`world-${worlds++}`)
      const caller: Caller = { world, persona: 'owner', account: 'owner', hasPrivateKey: false, token: null }
      const model = new Map<string, ModelJob>()
      const heard: Transition[] = []
      const unlisten = core.transitions.listen(world.key, (transitions) => heard.push(...transitions))
      let before = core.clocks.now(world)

      for (const act of acts) {
        const error = await perform(core, caller, clock, act)
        const now = core.clocks.now(world)
        if (now < before) throw new Error(`time went back from ${before} to ${now}`)
        before = now
        const expected = play(model, act, now)
        if (error !== expected) throw new Error(`${JSON.stringify(act)}: met ${error}, expected ${expected}`)
        if (error !== undefined) refused.set(act.kind, error)
        for (const [id, job] of model) compareJob(core, caller, id, job, now)
      }
      await compareLists(core, caller, model, before)

      unlisten()
      for (const [id, job] of model) {
        const states = heard.filter(({ jobId }) => jobId === id).map(({ state, at }) => [state, at])
        // A deleted job moves no more; it had ended, or had never been run.
        same(states, livedThrough(job, before), `events of ${id}`)
      }
      same(
        heard.map(({ at }) => at),
        heard.map(({ at }) => at).sort((a, b) => a - b),
        'events come in the order of time',
      )
    }),
    { numRuns: 150 },
  )
  t.same(
    [...refused.keys()].sort(),
    ['abort', 'create', 'delete', 'edit', 'poll', 'run'],
    'every command was refused somewhere',
  )
})

function same(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return
  throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`)
}

function compareJob(core: Core, caller: Caller, id: string, job: ModelJob, now: number): void {
  if (job.deleted) {
    try {
      core.jobs.get(caller, id)
    } catch (error) {
      return same((error as ApiError).kind, 'notFound', id)
    }
    throw new Error(`${id} was deleted and is still there`)
  }
  const record = core.jobs.get(caller, id)
  const { state, stateTimestamps, endedAt } = progressAt(record.run, record.createdAt, now)
  const lived = livedThrough(job, now)
  same(state, lived.at(-1)?.[0] ?? 'JOB_STATE_NEW', id)
  same(record.name, job.name, id)
  const entries: readonly Entry[] = [['JOB_STATE_NEW', job.createdAt], ...lived]
  same(stateTimestamps, Object.fromEntries(entries.map(([name, at]) => [name, formatTimestamp(at)])), id)
  same(endedAt, isFinal(state) ? lived.at(-1)![1] : null, id)
}

async function compareLists(core: Core, caller: Caller, model: Map<string, ModelJob>, now: number): Promise<void> {
  const there = [...model].filter(([, { deleted }]) => !deleted)
  const orderBy = { field: 'createdAt', descending: true } as const
  const whole = await core.jobs.list(caller, { limit: 100, offset: 0, orderBy })
  const found = whole.jobs.map(({ id }) => id)
  same([...found].sort(), there.map(([id]) => id).sort(), 'the whole list')
  same(whole.total, there.length, 'total')
  for (let offset = 0; offset <= found.length; offset++) {
    for (const limit of [1, 2, 3]) {
      const page = await core.jobs.list(caller, { limit, offset, orderBy })
      same(
        page.jobs.map(({ id }) => id),
        found.slice(offset, offset + limit),
        'a page is a slice of the whole',
      )
    }
  }
  for (const state of jobStates) {
    const { jobs, total } = await core.jobQueries.filter(caller, [{ field: 'state', op: '=', value: state }], {
      limit: 100,
      offset: 0,
      orderBy,
    })
    const expected = found.filter((id) => stateOf(model.get(id)!, now) === state)
    same(
      jobs.map(({ id }) => id),
      expected,
      `jobs in ${state}`,
    )
    same(total, expected.length, `total in ${state}`)
  }
}

const pace: fc.Arbitrary<Pace> = fc.oneof(
  fc.record({ by: fc.constant('time' as const), total: fc.integer({ min: 0, max: 20 * microsPerSecond }) }),
  fc.record({ by: fc.constant('polls' as const), total: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ by: fc.constant('gates' as const) }),
)
const limit = fc.constantFrom(0, 0, 1, 3, 12)

void t.test('whatever moves a run, its past stays, its order holds, and its end is the end', async () => {
  fc.assert(
    fc.property(
      pace,
      limit,
      limit,
      fc.array(
        fc.tuple(fc.constantFrom('poll', 'step', 'abort', 'wait', 'wait'), fc.integer({ min: 0, max: 3_000_000 })),
      ),
      (pace, taskTimeout, jobTimeout, acts) => {
        let now = 1_000_000
        let run = startRun(now, { pace, ending: { kind: 'completes' }, tasks: 3, payment: 6, taskTimeout, jobTimeout })
        let past = entriesAt(run, now)
        for (const [kind, amount] of acts) {
          if (kind === 'wait') now += amount
          if (kind === 'poll') run = countPoll(run, now)
          if (kind === 'step') run = step(run, amount % 3, now)
          if (kind === 'abort' && !isFinal(stateAt(run, now))) run = abortRun(run, now)
          const entries = entriesAt(run, now)
          same(entries.slice(0, past.length), past, 'what was entered stays entered')
          if (isFinal(past.at(-1)![0])) same(entries, past, 'nothing follows a final state')
          const numbers = run.timeline.map(([state]) => jobStates.indexOf(state))
          const times = run.timeline.map(([, at]) => at)
          same(
            numbers,
            [...new Set(numbers)].sort((a, b) => a - b),
            "states come once, in the vendor's order",
          )
          same(
            times,
            [...times].sort((a, b) => a - b),
            'times are in order',
          )
          past = entries
        }
      },
    ),
    { numRuns: 500 },
  )
})

void t.test('a pace of polls ends with the last of them', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), (total) => {
      let run = startRun(0, {
        pace: { by: 'polls', total },
        ending: { kind: 'completes' },
        tasks: 1,
        payment: 2,
        taskTimeout: 0,
        jobTimeout: 0,
      })
      for (let poll = 1; poll <= total; poll++) {
        same(isFinal(stateAt(run, poll)), false, `before poll ${poll} of ${total}`)
        run = countPoll(run, poll)
      }
      same(stateAt(run, total), 'JOB_STATE_COMPLETE', `after poll ${total}`)
    }),
    { numRuns: 50 },
  )
})

const template = 'img-gen-diffusers'

void t.test('run, abort and delete at once: exactly one wins', async (t) => {
  const { url, inject } = await emulator(t)
  const headers = { authorization: 'test_default' }
  const orders = [
    ['run', 'abort', 'delete'],
    ['run', 'delete', 'abort'],
    ['abort', 'run', 'delete'],
    ['abort', 'delete', 'run'],
    ['delete', 'run', 'abort'],
    ['delete', 'abort', 'run'],
    ['run', 'run', 'run', 'run'],
    ['abort', 'abort', 'abort'],
    ['delete', 'delete', 'delete'],
    ['run', 'abort', 'abort', 'run', 'delete', 'delete'],
  ]
  for (const commands of orders) {
    const { id } = (await client(url)('POST', '/v1/customer/jobs', { templateId: template })).body.job
    const answers = await Promise.all(
      commands.map((command) =>
        command === 'delete'
          ? inject({ method: 'DELETE', url: `/v1/customer/jobs/${id}`, headers })
          : inject({ method: 'POST', url: `/v1/customer/jobs/${id}/${command}`, headers }),
      ),
    )
    const won = answers.filter(({ statusCode }) => statusCode === 200)
    t.equal(won.length, 1, `${commands.join(', ')}: ${answers.map(({ statusCode }) => statusCode).join(', ')}`)
    for (const answer of answers) {
      if (answer.statusCode !== 200) t.match(answer.json(), { code: answer.statusCode === 404 ? 5 : 9, message: /job/ })
    }
    const left = await client(url)('GET', `/v1/customer/jobs/${id}`)
    const winner = commands[answers.indexOf(won[0]!)]
    t.equal(left.status, winner === 'run' ? 200 : 404, `${winner} won`)
    if (winner === 'run') t.equal(left.body.job.state, 'JOB_STATE_STARTED')
  }
})

void t.test('abort and abort, or abort and delete, of a running job at once: one abort wins', async (t) => {
  const { url, inject } = await emulator(t)
  const headers = { authorization: 'test_default' }
  const { id } = (await client(url)('POST', '/v1/customer/jobs', { templateId: template })).body.job
  await client(url)('POST', `/v1/customer/jobs/${id}/run`)
  const abort = () => inject({ method: 'POST', url: `/v1/customer/jobs/${id}/abort`, headers })
  const answers = await Promise.all([
    abort(),
    inject({ method: 'DELETE', url: `/v1/customer/jobs/${id}`, headers }),
    abort(),
  ])
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [200, 400, 400],
  )
  t.match(await client(url)('GET', `/v1/customer/jobs/${id}`), {
    status: 200,
    body: { job: { state: 'JOB_STATE_FAILED' } },
  })
})
