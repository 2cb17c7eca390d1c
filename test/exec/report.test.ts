import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import t, { type Test } from 'tap'
import { type FindingId, findingIds } from '../../schemas/report-names.ts'
import { Report } from '../../schemas/report.ts'
import { readReportFlags, reportOptions } from '../../src/commands/report-options.ts'
import { failureNames, type ReportFlags } from '../../src/exec/report/flags.ts'
import { createReporter } from '../../src/exec/report/reporter.ts'
import type { Observed } from '../../src/control/journal.ts'
import { createCollector } from '../../src/exec/report/collector.ts'
import { formatReport } from '../../src/exec/report/format.ts'
import { nearestOperation } from '../../src/exec/report/nearest-operation.ts'
import { parseTimestamp } from '../../src/base/timestamps.ts'
import { check } from '../conformance.ts'
import { accessToken, type Call, client, emulator } from '../emulator.ts'
import { run as runProgram, sentence } from '../program.ts'

const jobs = '/v1/customer/jobs'
const start = parseTimestamp('2025-05-20T09:00:00Z')!

/** An exchange, made by hand. */
interface Made extends Partial<Omit<Observed, 'at' | 'worldTime' | 'requestBody' | 'responseBody'>> {
  /** Milliseconds from the start of the run to its beginning, by the wall clock. */
  readonly at: number
  /** The same by the world's clock. */
  readonly worldAt?: number
  readonly sent?: unknown
  readonly answer?: unknown
}

const made = ({ at, worldAt = at, sent, answer, durationMs = 10, operation = '', ...rest }: Made): Observed => ({
  at: start + (at + durationMs) * 1000,
  worldTime: start + (worldAt + durationMs) * 1000,
  operation,
  method: operation.split(' ')[0]!,
  path: operation.split(' ')[1] ?? '',
  persona: 'owner',
  status: 200,
  durationMs,
  headers: [],
  requestBody: sent === undefined ? undefined : Buffer.from(JSON.stringify(sent)),
  responseBody: answer === undefined ? '{}' : JSON.stringify(answer),
  unknownFields: [],
  fault: null,
  scenario: null,
  jobId: null,
  ground: '',
  world: 'default',
  retryAfter: null,
  ...rest,
})

const poll = (at: number, state = 'JOB_STATE_PARTITIONED', jobId = 'a'): Made => ({
  at,
  operation: `GET ${jobs}/{jobId}`,
  jobId,
  answer: { job: { id: jobId, state: state } },
})
const failed = (status: number, message: string, more: Partial<Made> = {}): Partial<Made> => ({
  status,
  answer: { code: 2, message, details: [] },
  ...more,
})
const token = (at: number): Made => ({ at, operation: 'POST /v1/auth/access_token', answer: { token: 't' } })
const create = (at: number, id: string, sent: object = { templateId: 'x' }): Made => ({
  at,
  operation: `POST ${jobs}`,
  jobId: id,
  sent,
  answer: { job: { id, state: 'JOB_STATE_NEW' } },
})
const act = (at: number, operation: string, jobId: string): Made => ({ at, operation, jobId })
const run = (at: number, id: string): Made => act(at, `POST ${jobs}/{jobId}/run`, id)
const results = (at: number, ready: boolean): Made => ({
  at,
  operation: `GET ${jobs}/{jobId}/results`,
  jobId: 'a',
  ...(ready ? { answer: { results: [] } } : failed(500, 'job has not yet been completed')),
})
const busy = (at: number, retryAfter: number | null = 2): Made => ({
  ...poll(at),
  ...failed(503, 'busy', { retryAfter, fault: 'f' }),
})
const expired = (at: number): Made => ({
  ...poll(at),
  ...failed(401, 'token is expired: exchange the API key again at /v1/auth/access_token'),
})
const lost = (made: Made): Made => ({ ...made, status: 0, fault: 'f' })

const operations = [
  'POST /v1/auth/access_token',
  `POST ${jobs}`,
  `GET ${jobs}`,
  `GET ${jobs}/{jobId}`,
  `GET ${jobs}/{jobId}/results`,
  `POST ${jobs}/{jobId}/run`,
  'GET /v1/wallet/balance',
]

function accountOf(exchanges: readonly Made[]) {
  const collector = createCollector()
  for (const exchange of exchanges.map(made).sort((a, b) => a.at - b.at)) collector.note(exchange)
  return collector.summarize(operations)
}

type Case = readonly [
  name: string,
  exchanges: readonly Made[],
  message: RegExp | null,
  count?: number,
  jobIds?: string[],
]

const cases: Partial<Record<FindingId, readonly Case[]>> = {
  'polled-too-fast': [
    [
      'every 100 ms',
      [0, 100, 200, 300].map((at) => poll(at)),
      /1 job faster than once a second: 3 times, the shortest 100 ms/,
      3,
      ['a'],
    ],
    ['every second', [0, 1000, 2000, 3000, 4000].map((at) => poll(at)), null],
    ['by timers that are early', [0, 999, 1998, 2997, 3996].map((at) => poll(at)), null],
    ['twice at once, as two parts of a program do', [0, 10, 20, 5000].map((at) => poll(at)), null],
    [
      'four jobs in turn',
      [0, 250, 500, 750, 1000, 1250, 1500, 1750].map((at, i) => poll(at, undefined, `j${i % 4}`)),
      null,
    ],
    ['jobs of the same id in other worlds', [0, 1, 2, 3].map((at) => ({ ...poll(at), world: `w${at}` })), null],
    ['before the run', [0, 10, 20, 30, 40].map((at) => poll(at, 'JOB_STATE_NEW')), null],
    [
      'in a world whose clock a test moves on',
      [0, 10, 20, 30, 40].map((at) => ({ ...poll(at), worldAt: at * 1000 })),
      null,
    ],
    [
      'in real time while the clock stands still',
      [0, 2000, 4000, 6000].map((at) => ({ ...poll(at), worldAt: 0 })),
      null,
    ],
    [
      'at once after polls that failed',
      [0, 10, 20, 30, 40, 50, 60, 70].map((at, i) => (i % 2 ? busy(at, null) : poll(at))),
      null,
    ],
  ],
  'polled-after-end': [
    [
      'on and on',
      [0, 2000, 4000, 6000].map((at) => poll(at, 'JOB_STATE_COMPLETE')),
      /polled 1 job 3 times after reading that it had ended/,
      3,
      ['a'],
    ],
    ['a failed job', [0, 2000, 4000].map((at) => poll(at, 'JOB_STATE_FAILED')), /2 times/, 2],
    ['once more, to show what came of it', [0, 2000].map((at) => poll(at, 'JOB_STATE_COMPLETE')), null],
    ['while the first answer was on its way', [0, 1, 2].map((at) => poll(at, 'JOB_STATE_COMPLETE')), null],
    [
      'after an answer that was cut',
      [
        { ...poll(0, 'JOB_STATE_COMPLETE'), fault: 'f' },
        poll(2000, 'JOB_STATE_COMPLETE'),
        poll(4000, 'JOB_STATE_COMPLETE'),
      ],
      null,
    ],
  ],
  'results-as-state': [
    [
      'until they are there',
      [results(0, false), results(5000, false), results(10000, true)],
      /asked 2 more times for results that were not there yet, to find out whether a had ended/,
      2,
      ['a'],
    ],
    [
      'once, then by the state',
      [results(0, false), poll(1000), poll(3000, 'JOB_STATE_COMPLETE'), results(3100, true)],
      null,
    ],
    ['once they are there, twice', [results(0, true), results(100, true)], null],
    ['again after a fault', [{ ...results(0, false), fault: 'f' }, results(100, true)], null],
  ],
  'ignored-retry-after': [
    [
      'at once',
      [busy(0), poll(100)],
      /ignored Retry-After 1 time: asked again after 90 ms where 2 s were asked for/,
      1,
    ],
    ['again and again', [busy(0), busy(500), busy(1000)], /2 times/, 2],
    ['after it', [busy(0), poll(2010)], null],
    ['after it, by a timer that is early', [busy(0), poll(2005)], null],
    ['by a world whose clock a test moved on', [busy(0), { ...poll(100), worldAt: 60_000 }], null],
    ['for another job', [busy(0), poll(100, undefined, 'b')], null],
    ['by a request that was under way', [busy(0), poll(5)], null],
    ['none given', [busy(0, null), poll(100)], null],
  ],
  'never-ran': [
    [
      'one of two',
      [create(0, 'a'), create(1, 'b', { templateId: 'y' }), run(2, 'a')],
      /created 1 job and never ran it/,
      1,
      ['b'],
    ],
    ['that could not be run', [create(0, 'a'), { ...run(1, 'a'), ...failed(503, 'busy') }], /never ran it/, 1],
    ['run by the path of 2023', [create(0, 'a'), act(1, `POST ${jobs}/run/{jobId}`, 'a')], null],
    ['deleted', [create(0, 'a'), act(1, `DELETE ${jobs}/{jobId}`, 'a')], null],
    ['aborted', [create(0, 'a'), act(1, `POST ${jobs}/{jobId}/abort`, 'a')], null],
    ['run, the answer lost', [create(0, 'a'), lost(run(1, 'a'))], null],
    ['refused', [{ ...create(0, 'a'), ...failed(404, 'template "x" does not exist') }], null],
    ['in another world', [create(0, 'a'), { ...run(1, 'a'), world: 'other' }], /never ran it/, 1],
  ],
  'duplicate-create': [
    ['twice', [create(0, 'a'), create(5, 'b')], /made 1 more job of the same \(a, b\)/, 1, ['a', 'b']],
    [
      'after a lost reply',
      [lost(create(0, 'a')), create(5, 'b')],
      /1 more job of the same \(1 after the answer to the first was lost or spoilt\)/,
      1,
    ],
    ['after a reply that was cut', [{ ...create(0, 'a'), fault: 'f' }, create(5, 'b')], /lost or spoilt/, 1],
    ['with other bodies', [create(0, 'a'), create(5, 'b', { templateId: 'x', name: 'n' })], null],
    ['with a jobId', [create(0, 'a', { jobId: 'a' }), create(5, 'a', { jobId: 'a' })], null],
    ['after a refusal', [{ ...create(0, 'a'), ...failed(503, 'busy') }, create(5, 'b')], null],
    [
      'after a reset before the act',
      [{ ...create(0, 'a'), status: 0, responseBody: '', fault: 'f' } as Made, create(5, 'b')],
      null,
    ],
    ['in two worlds', [create(0, 'a'), { ...create(5, 'b'), world: 'other' }], null],
  ],
  'unknown-fields': [
    [
      'with and without a likeness',
      [
        { ...create(0, 'a'), unknownFields: [{ path: 'config.taskTimeuot', suggestion: 'taskTimeout' }] },
        { ...create(9, 'b', {}), unknownFields: [{ path: 'zzz', suggestion: undefined }] },
      ],
      /sent 2 fields that do not exist: config\.taskTimeuot \(did you mean "taskTimeout"\?\), zzz/,
      2,
    ],
  ],
  'expired-token': [
    ['again', [expired(0), expired(100), token(200)], /used an expired token 1 more time after it was answered 401/, 1],
    ['and gave up', [expired(0)], /used an expired token and did not fetch a new one/, 1],
    ['once, then renewed', [token(0), expired(100), token(200), poll(300)], null],
    ['by calls that were under way', [expired(0), expired(1), expired(2), token(100)], null],
    ['renewed each time', [expired(0), token(100), expired(200), token(300)], null],
    ['another error', [{ ...poll(0), ...failed(401, 'API key is revoked') }], null],
  ],
  'token-per-call': [
    [
      'for each call',
      [0, 1, 2, 3].flatMap((n) => [token(n * 1000), poll(n * 1000 + 500)]),
      /fetched 4 tokens for 4 calls/,
      3,
    ],
    ['once', [token(0), ...[1, 2, 3, 4, 5].map((n) => poll(n * 5000))], null],
    ['by each of a few processes', [0, 1, 2].flatMap((n) => [token(n * 9000), poll(n * 9000 + 100)]), null],
    ['every hour', [0, 1, 2, 3, 4].flatMap((n) => [token(n * 3_500_000), poll(n * 3_500_000 + 100)]), null],
    ['because of 401', [0, 1, 2, 3, 4].flatMap((n) => [token(n * 1000), expired(n * 1000 + 100)]), null],
    [
      'in five processes that do more',
      [0, 1, 2, 3, 4].flatMap((n) => [token(n * 9000), poll(n * 9000 + 100), poll(n * 9000 + 2000)]),
      null,
    ],
  ],
  'unknown-path': [
    [
      'alike',
      [{ at: 0, operation: 'GET ', path: '/v1/customer/job/a?x=1', status: 404, world: null }],
      /asked for GET \/v1\/customer\/job\/a \(did you mean GET \/v1\/customer\/jobs\/\{jobId\}\?\), which does not exist/,
      1,
    ],
    [
      'like nothing',
      [{ at: 0, operation: 'GET ', path: '/robots.txt', status: 404, world: null }],
      /asked for GET \/robots\.txt, which does not exist/,
      1,
    ],
  ],
  'rejected-credentials': [
    [
      'none',
      [{ ...poll(0), ...failed(401, 'missing access token: send one'), world: null }],
      /sent 1 request with no or bad credentials \(missing access token\)/,
      1,
    ],
    ['of a world', [{ ...poll(0), ...failed(401, 'API key is revoked') }], null],
  ],
}

for (const [id, ofId] of Object.entries(cases)) {
  void t.test(`${id}: what is found and what is let pass`, async (t) => {
    for (const [name, exchanges, message, count, jobIds] of ofId) {
      const finding = accountOf(exchanges).findings.find((found) => found.id === id)
      if (message === null) t.equal(finding, undefined, name)
      else {
        t.match(finding?.message, message, name)
        t.equal(finding?.count, count, `${name}: how often`)
        if (jobIds !== undefined) t.same(finding?.jobIds, jobIds, `${name}: which jobs`)
      }
    }
  })
}

void t.test('what no program did wrong is not found', async (t) => {
  const tidy = [
    token(0),
    create(100, 'a'),
    run(200, 'a'),
    ...[300, 5300, 10_300].map((at) => poll(at)),
    poll(15_300, 'JOB_STATE_COMPLETE'),
    results(15_400, true),
  ]
  const account = accountOf(tidy)
  t.same(account.findings, [])
  t.same(account.operations[3], { operation: `GET ${jobs}/{jobId}`, count: 4, statuses: [{ status: 200, count: 4 }] })
  t.equal(account.requests, 8)
})

void t.test('certificates and hosts, as the proxy tells of them; grounds', async (t) => {
  const collector = createCollector()
  for (const ground of ['observed; a', 'chosen; b', 'chosen; b', ''])
    collector.note(made({ at: 0, operation: `GET ${jobs}`, ground }))
  collector.note(made({ at: 0, operation: 'POST /_emulator/worlds/:world/faults', path: '/_emulator/worlds/w/faults' }))
  const { findings, refusedHosts, grounds, requests } = collector.summarize(operations, {
    refused: new Map([
      ['example.com:443', 2],
      ['example.org:443', 1],
    ]),
    untrusted: new Map([['unknown ca', 2]]),
    unused: 3,
  })
  t.match(findings, [
    {
      id: 'pinned-certificate',
      message: /^did not take the certificate for the vendor's host 2 times \(unknown ca\)$/,
    },
  ])
  t.same(refusedHosts, [
    { host: 'example.com:443', count: 2 },
    { host: 'example.org:443', count: 1 },
  ])
  t.same(grounds, [
    { ground: 'chosen', id: 'b', count: 2 },
    { ground: 'observed', id: 'a', count: 1 },
  ])
  t.equal(requests, 4, "the emulator's own API does not count")

  const unused = { refused: new Map(), untrusted: new Map(), unused: 1 }
  t.same(collector.summarize(operations, unused).findings, [], 'a connection may be opened in advance')
  t.match(createCollector().summarize(operations, unused).findings, [
    { id: 'pinned-certificate', message: /1 time \(closed without a request\)/ },
  ])
})

void t.test('the operation that a request was meant to be', async (t) => {
  const meant: Record<string, string | undefined> = {
    'GET /v1/jobs': `GET ${jobs}`,
    'POST /v1/customer/job': `POST ${jobs}`,
    'GET /api/v1/customer/jobs/3f2a': `GET ${jobs}/{jobId}`,
    'POST /v1/customer/jobs/3f2a/start': `POST ${jobs}/{jobId}/run`,
    'POST /v1/customer/jobs/3f2a/runn': `POST ${jobs}/{jobId}/run`,
    'GET /v1/customer/jobs/3f2a/result': `GET ${jobs}/{jobId}/results`,
    'PUT /v1/customer/jobs': `POST ${jobs}`,
    'POST /v1/auth/token': 'POST /v1/auth/access_token',
    'GET /v2/wallet/balance': 'GET /v1/wallet/balance',
    'GET /': undefined,
    'GET /favicon.ico': undefined,
    [`GET ${'/a'.repeat(5000)}`]: undefined,
  }
  for (const [request, operation] of Object.entries(meant)) {
    t.equal(nearestOperation(request, operations), operation, request.slice(0, 60))
  }
})

/** An emulator that is watched, and the report on what was done to it. */
async function watched(t: Test, flags: ReportFlags = {}, isTTY = false) {
  let text = ''
  const reporter = createReporter(flags, { isTTY, write: (line) => (text += line) })
  const started = await emulator(t, { onExchange: reporter.note, pace: { by: 'gates' } })
  return {
    started,
    call: client(started.url),
    finish: async (exitCode = 0) => {
      const code = await reporter.finish(started, exitCode)
      return { code, text }
    },
  }
}

/** Creates and runs a job. */
async function submit(call: Call, more: object = {}): Promise<string> {
  const { body } = await call('POST', jobs, { templateId: 'emulator-succeeds', ...more })
  await call('POST', `${jobs}/${body.job.id}/run`)
  return body.job.id as string
}

void t.test('a client with bad habits, through an emulator', async (t) => {
  const file = join(t.testdir(), 'report.json')
  const { started, call, finish } = await watched(t, { reportFile: file, report: true })
  const world = started.world('default')

  const id = await submit(call, { nmae: 'typo' })
  for (let n = 0; n < 8; n++) await call('GET', `${jobs}/${id}`)
  for (let n = 0; n < 2; n++) t.equal((await call('GET', `${jobs}/${id}/results`)).status, 500)
  await world.release(id, 20)
  for (let n = 0; n < 3; n++) t.equal((await call('GET', `${jobs}/${id}`)).body.job.state, 'JOB_STATE_COMPLETE')

  await world.fault({ operation: `POST ${jobs}`, connection: 'resetAfter', times: 1 })
  const body = { templateId: 'emulator-succeeds', name: 'again' }
  await t.rejects(call('POST', jobs, body))
  await submit(call, { name: 'again' })

  await world.fault({ operation: `GET ${jobs}`, status: 503, retryAfter: 60, times: 1 })
  for (let n = 0; n < 2; n++) await call('GET', jobs)

  const limit = await world.fault({
    operation: `GET ${jobs}/{jobId}/results`,
    status: 429,
    times: 1,
    persona: 'stranger',
  })
  const tokens = [1, 2, 3, 4].map(() => accessToken(started.url, 'test_lavish'))
  await client(started.url, (await Promise.all(tokens))[0])('GET', jobs)

  const old = client(started.url, await world.token())
  await world.clock.advance('2h')
  for (let n = 0; n < 2; n++) t.equal((await old('GET', jobs)).status, 401)

  t.equal((await client(started.url, null)('GET', jobs)).status, 401)
  t.equal((await client(started.url, 'wrong')('GET', jobs)).status, 401)
  t.equal((await call('GET', `/v1/customer/job/${id}`)).status, 404)

  const { code, text } = await finish()
  t.equal(code, 0)
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  t.same(check(Report, report, 'report'), [])
  const seen = Object.fromEntries(report.findings.map(({ id, message }) => [id, message]))
  t.same(
    Object.keys(seen),
    findingIds.filter((id) => id !== 'pinned-certificate'),
    'everything, the gravest first',
  )
  t.match(seen['unknown-fields'], /: nmae \(did you mean "name"\?\)/)
  t.match(seen['unknown-path'], /GET \/v1\/customer\/jobs\/\{jobId\}/)
  t.match(seen['never-ran'], /created 1 job and never ran it/)
  t.match(seen['duplicate-create'], /1 after the answer to the first was lost/)
  t.equal(report.rejected, 2)
  t.same(report.worlds, [
    { world: 'default', jobs: { JOB_STATE_COMPLETE: 1, JOB_STATE_NEW: 1, JOB_STATE_STARTED: 1 } },
    { world: 'lavish', jobs: {} },
  ])
  t.same(
    report.faults.filter(({ used }) => used === 0).map(({ id, does }) => [id, does]),
    [[limit.id, '429']],
  )
  t.notMatch(readFileSync(file, 'utf8'), /eyJ|test_lavish/, 'no keys, no tokens')
  t.ok(text.split('\n').length <= 26, text)
  t.match(text, /^bytenite-emulator: \d+ requests in .* s, exit code 0; 11 things to look at\n {2}! duplicate-create: /)
  t.match(text, /and 6 more; --report-file has them all/)
  t.match(text, /fault never used: 429 for GET \/v1\/customer\/jobs\/\{jobId\}\/results in default/)
  for (const line of text.split('\n')) t.ok(line.length <= 120, line)
})

const parse = (...args: readonly string[]): ReportFlags => {
  const command = new Command('exec').exitOverride().configureOutput({ writeErr: () => undefined })
  for (const { flags, help, repeatable } of reportOptions) {
    const option = new Option(flags, help)
    command.addOption(
      repeatable ? option.argParser((text: string, before: string[] = []) => [...before, text]) : option,
    )
  }
  return readReportFlags(command.parse(args, { from: 'user' }).opts())
}

void t.test('options: the report is shown on a terminal, or where it is asked for', async (t) => {
  for (const [args, isTTY, shown] of [
    [[], true, true],
    [[], false, false],
    [['--report'], false, true],
    [['--no-report'], true, false],
  ] as const) {
    const { finish } = await watched(t, parse(...args), isTTY)
    t.equal((await finish()).text !== '', shown, `${args.join()} ${isTTY}`)
  }
})

void t.test('options: --fail-on turns what was found into exit code 1', async (t) => {
  for (const [args, childCode, code, said] of [
    [
      ['--fail-on', 'never-ran'],
      0,
      1,
      /^bytenite-emulator: --fail-on never-ran: the program created 1 job and never ran it\n$/,
    ],
    [['--fail-on', 'any'], 0, 1, /^bytenite-emulator: --fail-on any: never-ran\n$/],
    [['--fail-on', 'polled-too-fast', '--fail-on', 'never-ran'], 0, 1, /never-ran/],
    [['--fail-on', 'polled-too-fast'], 0, 0, /^$/],
    [['--fail-on', 'any'], 7, 7, /never-ran/],
    [[], 7, 7, /^$/],
  ] as const) {
    const { call, finish } = await watched(t, parse(...args))
    await call('POST', jobs, { templateId: 'emulator-succeeds' })
    const ended = await finish(childCode)
    t.equal(ended.code, code, args.join(' '))
    t.match(ended.text, said)
  }
  const reporter = createReporter(parse('--fail-on', 'chosen'), { write: () => undefined })
  const source = { operations: () => [], worlds: async () => [], world: () => t.fail('there is no world') as never }
  t.equal(await reporter.finish(source, 0), 0)
  reporter.note(made({ ...poll(0), ground: 'observed; a' }))
  t.equal(await reporter.finish(source, 0), 0)
  reporter.note(made({ ...poll(0), ground: 'chosen; b' }))
  t.equal(await reporter.finish(source, 0), 1)
})

void t.test('options: names and files that are wrong', async (t) => {
  t.throws(
    () => parse('--fail-on', 'poled-too-fast'),
    /did you mean polled-too-fast\? known are any, pinned-certificate/,
  )
  t.throws(() => parse('--fail-on', 'zzz'), new RegExp(`known are ${failureNames.join(', ')}`))
  const { finish } = await watched(t, { reportFile: '/nowhere/report.json' })
  await t.rejects(finish(), /--report-file "\/nowhere\/report\.json" cannot be written/)
})

void t.test('the report fits on a screen, whatever there is to say', async (t) => {
  const account = accountOf(
    Array.from({ length: 40 }, (_, n) => ({ ...poll(n), operation: `GET /v1/\u001b[31m/${n}/${'long'.repeat(50)}` })),
  )
  const text = formatReport({
    version: '0',
    startedAt: '2025-05-20T09:00:00.000000Z',
    durationMs: 1234,
    exitCode: 0,
    failedOn: [],
    ...account,
    findings: findingIds.map((id) => ({
      id,
      message: 'm'.repeat(300),
      advice: 'a',
      count: 1,
      evidence: [],
      jobIds: [],
    })),
    worlds: Array.from({ length: 9 }, (_, n) => ({ world: `w${n}`, jobs: { JOB_STATE_COMPLETE: n } })),
    moreWorlds: 3,
    faults: Array.from({ length: 9 }, (_, n) => ({ world: 'w', id: `${n}`, operation: '*', does: '503', used: n % 2 })),
    refusedHosts: [{ host: 'example.com', count: 1 }],
  })
  const lines = text.trimEnd().split('\n')
  t.ok(lines.length <= 26, `${lines.length} lines`)
  t.ok(lines.every((line) => line.length <= 120))
  t.notMatch(text, /\u001b/)
  for (const more of [
    'and 7 more;',
    'and 34 more operations',
    'jobs in 10 more worlds',
    'and 3 more faults never used',
  ]) {
    t.ok(text.includes(more), more)
  }
})

void t.test('exec reports on the program that it ran', async (t) => {
  const file = join(t.testdir(), 'report.json')
  const script = `
const jobs = 'https://api.bytenite.com/v1/customer/jobs'
const headers = { authorization: 'a key of the service' }
await fetch(jobs, { method: 'POST', headers, body: '{"templateId":"emulator-succeeds","nmae":"typo"}' })
await fetch('https://api.bytenite.com/v1/customer/job', { headers })`
  const program = (...flags: readonly string[]) =>
    runProgram(t, ['exec', ...flags, '--', process.execPath, '--input-type=module', '-e', script])

  const quiet = program('--report-file', file, '--fail-on', 'never-ran')
  const shown = program('--report')
  t.equal((await quiet.exit).code, 1)
  t.equal(
    quiet.stderr().split('\n').at(-2),
    'bytenite-emulator: --fail-on never-ran: the program created 1 job and never ran it',
  )
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  t.same(check(Report, report, 'report'), [])
  t.match(report, { exitCode: 0, failedOn: ['never-ran'], requests: 2 })
  t.same(
    report.findings.map(({ id }) => id),
    ['never-ran', 'unknown-path', 'unknown-fields'],
  )
  t.same(report.worlds, [{ world: 'default', jobs: { JOB_STATE_NEW: 1 } }])

  t.equal((await shown.exit).code, 0)
  t.match(shown.stderr(), /^bytenite-emulator: 2 requests in \S+ s, exit code 0; 3 things to look at$/m)
  t.match(shown.stderr(), /^ {2}1 {2}POST \/v1\/customer\/jobs {2}200$/m)
  t.equal(shown.stdout(), '', "stdout is the program's")

  const wrong = program('--fail-on', 'poled-too-fast')
  t.equal((await wrong.exit).code, 2)
  t.match(sentence(wrong.stderr().split('\n')[0] ?? ''), /did you mean polled-too-fast\?/)
})
