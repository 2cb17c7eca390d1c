// `exec --sweep`: its rules, and what it does to clients in this process. Real programs are in `exec-sweep.test.ts`.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Sweep } from '../../schemas/sweep.ts'
import type { Runner } from '../../src/exec/run.ts'
import { sweep } from '../../src/exec/sweep/sweep.ts'
import { startEmulator } from '../../src/index.ts'
import { check } from '../conformance.ts'
import { jobs, parse } from './cases.ts'

/** A program in this process: it is given the API and ends with an exit code. */
type Client = (api: string, key: string) => Promise<number>

/**
 * Runs a client in place of a program. Each run takes a second of the sweep's clock, and the limit of its time counts from its
 * first fault.
 */
function runnerOf(client: Client, heard: () => NodeJS.Signals | undefined = () => undefined) {
  let seconds = 0
  let runs = 0
  const runner: Runner = {
    heard,
    async run({ onExchange, child, prepare, conclude }) {
      const emulator = await startEmulator({ pace: 'polls:2', onExchange })
      try {
        await prepare?.(emulator)
        const killed = once(child.limit!, 'abort').then(() => 137)
        runs++
        const code = await Promise.race([client(emulator.url, emulator.apiKey), killed])
        seconds++
        return await conclude(emulator, { code, signal: null }, { refused: new Map(), untrusted: new Map(), unused: 0 })
      } finally {
        await emulator.close()
      }
    },
  }
  return { runner, clock: { now: () => seconds * 1_000_000 }, runs: () => runs }
}

async function sweepOf(t: Test, client: Client, args: string[] = [], heard?: () => NodeJS.Signals | undefined) {
  const { runner, clock, runs } = runnerOf(client, heard)
  const file = join(t.testdir(), 'sweep.json')
  const [out, aside]: [string[], string[]] = [[], []]
  const code = await sweep(
    runner,
    ['program'],
    parse('--sweep', '--report-file', file, ...args)!,
    {
      out: { write: (text: string) => out.push(text) },
      aside: { isTTY: true, write: (text: string) => aside.push(text) },
    },
    clock,
  )
  const result = (): Sweep => {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Sweep
    t.strictSame(check(Sweep, report, 'sweep'), [])
    return report
  }
  return { code, runs: runs(), out: out.join(''), aside: aside.join(''), result }
}

/** Creates a job, runs it and waits for its end; says no more than that something failed. */
const submit: Client = async (api, key) => {
  try {
    const call = async (method: string, path: string, body?: object) => {
      const response = await fetch(api + path, {
        method,
        headers: { authorization: key },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!response.ok) throw new Error(String(response.status))
      return (await response.json()) as { job: { id: string; state: string } }
    }
    const { job } = await call('POST', jobs, { templateId: 'emulator-succeeds' })
    await call('POST', `${jobs}/${job.id}/run`, {})
    let state = ''
    while (state !== 'JOB_STATE_COMPLETE') ({ state } = (await call('GET', `${jobs}/${job.id}`)).job)
    return 0
  } catch {
    return 1
  }
}

void t.test('a sweep of a client that gives up at once', async (t) => {
  const { code, result, aside, out } = await sweepOf(
    t,
    submit,
    ['*.reset-*', '*.500', '*.503', '*.401', '*.cut', 'post-jobs.1.slow'].flatMap((pattern) => ['--only', pattern]),
  )
  const { cases, runs, baseline, differences, failedOn } = result()
  t.strictSame([code, failedOn, differences], [1, ['leaves'], []])
  t.match(baseline, { exitCode: 0, jobs: 1, left: 0 })
  t.equal(runs, cases.length + 2)
  const outcomes = Object.fromEntries(cases.map(({ id, outcomes }) => [id, outcomes.join()]))
  t.strictSame(outcomes, {
    'post-jobs.1.reset-after': 'fails,leaves',
    'post-jobs.1.503': 'fails',
    'post-jobs.1.500': 'fails',
    'post-jobs.1.reset-before': 'fails',
    'post-jobs.1.401': 'fails',
    'post-jobs.1.cut': 'fails,leaves',
    'post-jobs.1.slow': 'passes',
    'post-jobs-id-run.1.reset-after': 'fails,leaves',
    'post-jobs-id-run.1.503': 'fails,leaves',
    'post-jobs-id-run.1.500': 'fails,leaves',
    'post-jobs-id-run.1.reset-before': 'fails,leaves',
    'post-jobs-id-run.1.401': 'fails,leaves',
    'post-jobs-id-run.1.cut': 'fails,leaves',
    ...Object.fromEntries(
      [1, 2].flatMap((n) =>
        // A read that is spoilt moves no job on.
        ['503', '500', 'reset-before', '401', 'cut'].map((kind) => [`get-jobs-id.${n}.${kind}`, 'fails,leaves']),
      ),
    ),
  })
  t.match(aside, /\r\u001b\[K1 of 23: post-jobs\.1\.reset-after\r\u001b\[K/, 'progress, and away with it')
  t.match(out, /^bytenite-emulator: 23 cases in 25 runs, 25\.0 s; 18 to look at$/m)
})

void t.test('a sweep of a client that tries again and again, without an id of its own', async (t) => {
  const { result } = await sweepOf(
    t,
    async (api, key) => {
      for (let attempts = 3; attempts > 0; attempts--) if ((await submit(api, key)) === 0) return 0
      return 1
    },
    ['--only', 'post-jobs.1.reset-*', '--only', 'post-jobs.1.503', '--only', 'post-jobs.1.cut'],
  )
  t.strictSame(
    result().cases.map(({ fault, outcomes, jobs }) => [fault, outcomes.join(), jobs]),
    [
      ['reset-after', 'duplicates,leaves', 2],
      ['503', 'passes', 1],
      ['reset-before', 'passes', 1],
      ['cut', 'duplicates,leaves', 2],
    ],
  )
})

void t.test('what a sweep is bounded by', async (t) => {
  for (const [args, run, reason] of [
    [['--max-runs', '5'], 3, 'max-runs'],
    [['--time', '4s'], 2, 'time'],
    [['--only', '*.503'], 4, null],
    [['--only', '*.503', '--max-runs', '6'], 4, null],
  ] as const) {
    const { result, code } = await sweepOf(t, submit, [...args, '--no-report', '--fail-on', 'not-run'])
    const { cases, notRun, notRunBecause, failedOn } = result()
    t.strictSame([cases.length, notRunBecause], [run, reason], args.join(' '))
    t.equal(notRun.length, reason === null ? 0 : 26 - run)
    t.equal(failedOn.includes('not-run'), reason !== null)
    t.equal(code, 1)
  }
})

void t.test('what ends a sweep before it has begun', async (t) => {
  const none = await sweepOf(t, async () => 0)
  t.strictSame([none.code, none.runs], [1, 1])
  t.match(none.aside, /bytenite-emulator: the program sent no request with a valid key: there is nothing to sweep\n/)

  const failing = await sweepOf(t, async () => 9)
  t.strictSame([failing.code, failing.runs], [9, 1])
  t.match(failing.aside, /the program ended with 9, though it met no fault: there is nothing to sweep\n/)

  const impatient = await sweepOf(t, async (api, key) => {
    const body = '{"templateId":"emulator-succeeds"}'
    await fetch(`${api}/v1/customer/jobs`, { method: 'POST', headers: { authorization: key }, body })
    return 9
  })
  t.match(impatient.aside, /there is nothing to sweep; 1 job had not ended, never run or still under way\n/)

  await t.rejects(sweepOf(t, submit, ['--only', 'post-job.1.500']), {
    name: 'ConfigError',
    message: /nearest are post-jobs\.1\.500/,
  })
})

void t.test('a program that does not do the same each time', async (t) => {
  let runs = 0
  const { code, result, out } = await sweepOf(
    t,
    async (api, key) => {
      // Another request in the first run only: its cases are not reached.
      if (++runs === 1) await fetch(`${api}${jobs}`, { headers: { authorization: key } })
      return submit(api, key)
    },
    ['--only', 'get-jobs.1.*', '--fail-on', 'unstable', '--fail-on', 'not-reached', '--fail-on', 'fails'],
  )
  t.strictSame([code, result().failedOn], [1, ['not-reached', 'unstable']])
  t.strictSame(result().differences, [`requests of GET ${jobs}: 1, then 0`])
  t.match(out, /^ {2}not stable: requests of GET /m)
})

void t.test('a program that hangs has as long as it is given after the fault', async (t) => {
  const { code, result } = await sweepOf(
    t,
    async (api, key) => ((await submit(api, key)) === 0 ? 0 : new Promise<number>(() => undefined)),
    ['--only', 'post-jobs.1.reset-after', '--hang-after', '1ms'],
  )
  t.equal(code, 1)
  t.match(
    result().cases.find(({ fault }) => fault === 'reset-after'),
    { outcomes: ['hangs'], exitCode: null, jobs: 1 },
  )
})

void t.test('each world is struck by itself', async (t) => {
  const { result } = await sweepOf(
    t,
    async (api, key) => (await submit(api, key)) + (await submit(api, key.replace('default', 'other'))),
    ['--only', 'post-jobs.1.500*'],
  )
  t.strictSame(
    result().cases.map(({ id, world, outcomes }) => [id, world, outcomes.join()]),
    [
      ['post-jobs.1.500', 'default', 'fails'],
      ['post-jobs.1.500@other', 'other', 'fails'],
    ],
  )
})
