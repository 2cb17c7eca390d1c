import t from 'tap'
import { type FindingId } from '../../schemas/report-names.ts'
import { createCollector } from '../../src/exec/report/collector.ts'
import { nearestOperation } from '../../src/exec/report/nearest-operation.ts'
import { jobs, type Made, made, poll, token, operations, accountOf } from './exchanges.ts'

const failed = (status: number, message: string, more: Partial<Made> = {}): Partial<Made> => ({
  status,
  answer: { code: 2, message, details: [] },
  ...more,
})

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
      /ignored Retry-After 1 time: asked again after 90 ms, though 2 s were asked for/,
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
      /1 more job of the same \(1 after the answer to the first was lost or changed\)/,
      1,
    ],
    ['after a reply that was cut', [{ ...create(0, 'a'), fault: 'f' }, create(5, 'b')], /lost or changed/, 1],
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
      /sent 2 fields that are not read: config\.taskTimeuot \(did you mean "taskTimeout"\?\), zzz/,
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
  t.same(account.operations[3], {
    operation: `GET ${jobs}/{jobId}`,
    count: 4,
    statuses: [{ status: 200, count: 4, message: null }],
  })
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
