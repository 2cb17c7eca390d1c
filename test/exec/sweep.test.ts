// `exec --sweep`: its rules, and what it does to clients in this process. Real programs are in `exec-sweep.test.ts`.
import t from 'tap'
import type { Sweep } from '../../schemas/sweep.ts'
import { type SweptCase } from '../../schemas/sweep.ts'
import { type FaultKind, faultKinds, type Outcome } from '../../schemas/sweep-names.ts'
import { casesOf, nameOf } from '../../src/exec/sweep/cases.ts'
import { formatSweep } from '../../src/exec/sweep/format.ts'
import { differencesOf, limitFor, outcomesOf, type RunEnd } from '../../src/exec/sweep/outcome.ts'
import { selected } from '../../src/exec/sweep/selection.ts'
import type { TracedRequest } from '../../src/exec/sweep/trace.ts'
import { failuresOf, type SweepFailureName } from '../../src/exec/sweep/verdict.ts'
import { emulator } from '../emulator.ts'
import { jobs, parse } from './cases.ts'

const request = (operation: string, more: Partial<TracedRequest> = {}): TracedRequest => ({
  world: 'default',
  operation,
  path: operation.split(' ')[1]!,
  hasBody: true,
  ...more,
})

const token = request('POST /v1/auth/access_token')

const create = request(`POST ${jobs}`)

const start = request(`POST ${jobs}/{jobId}/run`)

const poll = (path: string): TracedRequest => request(`GET ${jobs}/{jobId}`, { path })

void t.test('names of operations: short, all different, and nothing to a shell', async (t) => {
  for (const [operation, name] of [
    [`POST ${jobs}`, 'post-jobs'],
    [`GET ${jobs}/{jobId}`, 'get-jobs-id'],
    [`POST ${jobs}/{jobId}/run`, 'post-jobs-id-run'],
    ['POST /v1/auth/access_token', 'post-auth-access-token'],
    ['GET /v1/customer/wallet/balance', 'get-customer-wallet-balance'],
    ['PUT /bytenite-uploads-prod/*', 'put-bytenite-uploads-prod'],
  ] as const) {
    t.equal(nameOf(operation), name)
  }
  const operations = (await emulator(t)).operations()
  const names = operations.map(nameOf)
  t.equal(new Set(names).size, operations.length)
  for (const name of names) t.match(name, /^[a-z][a-z0-9-]+$/)
})

void t.test('cases: each request with each fault that tells something about it', async (t) => {
  const table: readonly (readonly [what: string, requests: readonly TracedRequest[], cases: Record<string, string>])[] =
    [
      ['nothing', [], {}],
      ['a create', [create], { 'post-jobs.1': 'reset-after 503 500 reset-before 401 cut slow' }],
      ['an exchange of a key', [token], { 'post-auth-access-token.1': 'reset-after 503 500 reset-before cut slow' }],
      ['a read', [poll('/a')], { 'get-jobs-id.1': '503 500 reset-before 401 cut slow' }],
      [
        'an upload, whose answer is empty',
        [request('PUT /bytenite-uploads-prod/*', { hasBody: false })],
        { 'put-bytenite-uploads-prod.1': 'reset-after 503 500 reset-before' },
      ],
      [
        'polls of two jobs: the first and the last of each',
        [poll('/a'), poll('/a'), poll('/b'), poll('/a'), poll('/b')],
        Object.fromEntries([1, 3, 4, 5].map((n) => [`get-jobs-id.${n}`, '503 500 reset-before 401 cut slow'])),
      ],
      [
        'requests that are no reads, however alike',
        [start, start, start].map((one) => ({ ...one, hasBody: false })),
        Object.fromEntries([1, 2, 3].map((n) => [`post-jobs-id-run.${n}`, 'reset-after 503 500 reset-before 401'])),
      ],
    ]
  for (const [what, requests, expected] of table) {
    const found: Record<string, string> = {}
    for (const { id, request, fault } of casesOf(requests)) {
      t.equal(id, `${request}.${fault}`)
      found[request] = [...(found[request]?.split(' ') ?? []), fault].join(' ')
    }
    t.strictSame(found, expected, what)
  }

  const ids = casesOf([token, create, { ...create, world: 'b' }, start]).map(({ id }) => id)
  t.strictSame(
    ids.slice(0, 6),
    [
      'post-jobs.1.reset-after',
      'post-jobs.1.reset-after@b',
      'post-auth-access-token.1.reset-after',
      'post-jobs-id-run.1.reset-after',
      'post-jobs.1.503',
      'post-jobs.1.503@b',
    ],
    'the most telling first; each world counts for itself',
  )
})

void t.test('selection by ids and patterns', async (t) => {
  const items = ['post-jobs.1.500', 'post-jobs.2.500', 'get-jobs.1.cut', 'get-jobs.1.slow@a.b'].map((id) => ({ id }))
  for (const [patterns, indexes] of [
    [[], [0, 1, 2, 3]],
    [['post-jobs.2.500'], [1]],
    [['*.500'], [0, 1]],
    [
      ['get-jobs.1.*', 'post-jobs.1.500'],
      [0, 2, 3],
    ],
    [['*@a.b'], [3]],
    [['*'], [0, 1, 2, 3]],
  ] as const) {
    t.strictSame(
      selected(items, patterns),
      indexes.map((index) => items[index]!),
      patterns.join(),
    )
  }
  t.throws(
    () => selected(items, ['*', 'post-job.1.500']),
    /^--only "post-job\.1\.500": no such case; the nearest are post-jobs\.1\.500, /,
  )
  t.throws(() => selected(items, ['post-jobs.1']), /no such case/, 'a beginning alone is no pattern')
  t.throws(() => selected(items, ['jobs.1.500']), /no such case/, 'nor is an end')
  t.throws(() => selected(items, ['post-jobs.1.50.']), /no such case/, 'nor is a regular expression')
})

const end = (more: Partial<RunEnd> = {}): RunEnd => ({
  exitCode: 0,
  hung: false,
  durationMs: 100,
  jobs: 1,
  left: 0,
  struck: true,
  requests: [],
  ...more,
})

void t.test('outcomes of a run, beside one without a fault', async (t) => {
  for (const [run, expected, baseline = {}] of [
    [{}, ['passes']],
    [{ exitCode: 3 }, ['fails']],
    [{ exitCode: 3 }, ['passes'], { exitCode: 3 }],
    [{ jobs: 2 }, ['duplicates']],
    [{ jobs: 0 }, ['passes']],
    [{ jobs: 2 }, ['passes'], { jobs: 2 }],
    [{ left: 1 }, ['leaves']],
    [{ left: 1 }, ['passes'], { left: 1 }],
    [{ exitCode: 1, jobs: 2, left: 1 }, ['fails', 'duplicates', 'leaves']],
    [{ hung: true, exitCode: 137, left: 1 }, ['hangs']],
    [{ hung: true, exitCode: 137, jobs: 2 }, ['hangs', 'duplicates']],
    [{ struck: false, exitCode: 1, jobs: 9 }, ['not-reached']],
  ] as readonly (readonly [Partial<RunEnd>, Outcome[], Partial<RunEnd>?])[]) {
    t.strictSame(outcomesOf(end(baseline), end(run)), expected, JSON.stringify(run))
  }
  t.strictSame([limitFor(100), limitFor(2000), limitFor(3000)], [10_000, 10_000, 15_000])
})

void t.test('two runs without a fault are the same, or what differs is said', async (t) => {
  const clean = [token, create, start, poll('/a'), poll('/a')]
  for (const [requests, expected, more = {}] of [
    [clean, []],
    [[token, create, start, ...[1, 2, 3].map(() => poll('/z'))], []],
    [[start, token, poll('/a'), create], []],
    [[token, create, create, start, poll('/a')], [`requests of POST ${jobs}: 1, then 2`]],
    [[token, create, start, poll('/a'), poll('/b')], [`requests of GET ${jobs}/{jobId}: 1, then 2`]],
    [[create, start, poll('/a')], ['requests of POST /v1/auth/access_token: 1, then 0']],
    [
      [...clean, { ...create, world: 'w' }],
      [`requests of POST ${jobs} in w: 0, then 1`, 'jobs created: 1, then 2'],
      { jobs: 2 },
    ],
    [clean, ['exit code: 0, then 1', 'jobs left behind: 0, then 1'], { exitCode: 1, left: 1 }],
  ] as readonly (readonly [TracedRequest[], string[], Partial<RunEnd>?])[]) {
    t.strictSame(differencesOf(end({ requests: clean }), end({ ...more, requests })), expected)
  }
})

const swept = (request: string, fault: FaultKind, outcomes: Outcome[], more: Partial<SweptCase> = {}): SweptCase => ({
  id: `${request}.${fault}`,
  request,
  operation: '',
  nth: 1,
  world: 'default',
  fault,
  outcomes,
  exitCode: 0,
  durationMs: 1000,
  jobs: 1,
  left: 0,
  output: '',
  ...more,
})

const found = (cases: SweptCase[], more: Partial<Sweep> = {}): Sweep => ({
  version: '0',
  startedAt: '2025-05-20T09:00:00Z',
  durationMs: 9000,
  command: ['node', 'my client.js', "it's"],
  runs: cases.length + 2,
  baseline: { exitCode: 0, durationMs: 500, jobs: 1, left: 0 },
  differences: [],
  cases,
  notRun: [],
  notRunBecause: null,
  failedOn: [],
  ...more,
})

void t.test('why a sweep fails', async (t) => {
  const all = faultKinds.map((kind) => swept('post-jobs.1', kind, ['passes']))
  const failing = [...all, swept('a.1', '500', ['fails'])]
  for (const [sweep, failOn, expected] of [
    [found(all), ['fails', 'not-reached', 'not-run', 'unstable'], []],
    [found(failing), [], []],
    [found(failing), ['fails'], ['fails']],
    [found([swept('a.1', '500', ['fails', 'leaves']), swept('a.1', 'cut', ['hangs'])]), [], ['hangs', 'leaves']],
    [found([swept('a.1', '500', ['duplicates'])]), ['fails'], ['duplicates']],
    [found([swept('a.1', '500', ['not-reached'])]), ['not-reached'], ['not-reached']],
    [found(all, { notRun: ['a'] }), ['not-run'], ['not-run']],
    [found(all, { notRun: ['a'], differences: ['b'] }), ['unstable'], ['unstable']],
  ] as readonly (readonly [Sweep, SweepFailureName[], string[]])[]) {
    t.strictSame(failuresOf(sweep, failOn), expected)
  }
})

void t.test('what is printed', async (t) => {
  const cases = [
    swept('post-jobs.1', 'reset-after', ['duplicates', 'leaves'], { jobs: 2, left: 1, output: 'one\n\u001b[31mtwo\n' }),
    swept('get-jobs-id.1', '503', ['passes']),
    swept('post-jobs.1', '503', ['fails'], { exitCode: 4, output: 'sorry' }),
    swept('get-jobs-id.1', 'cut', ['hangs'], { exitCode: null, durationMs: 12_345 }),
    swept('get-jobs-id.2', 'cut', ['not-reached']),
  ]
  const sweep = found(cases, {
    notRun: ['a', 'b', 'c', 'd'],
    notRunBecause: 'time',
    differences: ['requests of X: 1, then 2'],
  })
  t.equal(
    formatSweep(sweep, { options: ['--pace', '1s'], output: false }),
    `bytenite-emulator: 5 cases in 7 runs, 9.0 s; 2 to look at
  not stable: requests of X: 1, then 2
  request        reset-after        503    cut
  post-jobs.1    DUPLICATES+LEAVES  fails  -
  get-jobs-id.1  -                  ok     HANGS
  get-jobs-id.2  -                  -      not reached
  ! hangs: get-jobs-id.1.cut
  ! creates more jobs than without a fault: post-jobs.1.reset-after
  ! leaves a job behind that was not run or still ran: post-jobs.1.reset-after
  4 of 9 cases were not run (--time): a, b, c and 1 more
  replay one: bytenite-emulator exec --sweep --only post-jobs.1.reset-after --pace 1s -- node 'my client.js' 'it'\\''s'
  without a fault: 1 job, 0 left behind, 0.5 s
`,
  )
  const shown = formatSweep(sweep, { options: [], output: true })
  t.match(shown, /^ {2}post-jobs\.1\.reset-after ended with 0:\n {4}\| one\n {4}\| \?\[31mtwo\n/m)
  t.match(shown, /^ {2}post-jobs\.1\.503 ended with 4:\n {4}\| sorry\n/m)
  t.match(shown, /^ {2}get-jobs-id\.1\.cut ended with nothing, it was killed, without a word$/m)
  t.match(formatSweep(found([cases[1]!]), { options: [], output: false }), /; no single failure made it hang, create/)
  const many = Array.from({ length: 50 }, (_, n) => swept(`post-jobs.${n}`, '500', ['leaves']))
  t.match(formatSweep(found(many), { options: [], output: false }), /still ran: post-jobs\.0\.500, .* and 42 more$/m)
})

void t.test('options', async (t) => {
  t.equal(parse('--report'), undefined)
  t.match(parse('--sweep'), { only: [], maxRuns: 200, time: 600_000, hangAfter: undefined, report: true, failOn: [] })
  t.match(
    parse(
      '--sweep',
      '--only',
      'a',
      '--only',
      'b',
      '--max-runs',
      '9',
      '--time',
      '2m',
      '--hang-after',
      '500ms',
      '--no-report',
    ),
    { only: ['a', 'b'], maxRuns: 9, time: 120_000, hangAfter: 500, report: false, replay: ['--hang-after', '500ms'] },
  )
  for (const [args, said] of [
    [['--only', 'a'], '--only goes with --sweep'],
    [['--max-runs', '9'], '--max-runs goes with --sweep'],
    [['--time', '1s'], '--time goes with --sweep'],
    [['--hang-after', '1s'], '--hang-after goes with --sweep'],
    [['--show-output'], '--show-output goes with --sweep'],
    [['--sweep', '--max-runs', '2'], '--max-runs "2": expected a number from 3'],
    [['--sweep', '--max-runs', 'x'], '--max-runs "x": expected a number from 3'],
    [['--sweep', '--time', 'soon'], '--time "soon": expected a duration such as 90s'],
    [['--sweep', '--time', '25d'], '--time "25d": expected a duration such as 90s'],
    [['--sweep', '--hang-after', '0s'], '--hang-after "0s": expected a duration'],
    [['--sweep', '--fail-on', 'fail'], '--fail-on "fail": did you mean fails? with --sweep known are fails, '],
  ] as const) {
    t.throws(() => parse(...args), { name: 'ConfigError', message: new RegExp(`^${said.replace(/[?]/g, '\\?')}`) })
  }
})
