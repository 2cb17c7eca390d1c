// What a request can make large is bounded, so that no request stops the others.
import t from 'tap'
import { createJournal } from '../../src/control/journal.ts'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const template = { templateId: 'emulator-succeeds' }

void t.test('a scenario takes what can be carried out', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, 'test_w')
  for (const [rule, message] of [
    [{ tasks: 0 }, /^tasks 0: expected a number from 1 to 10000$/],
    [{ tasks: 10_001 }, /^tasks 10001: expected/],
    [{ paymentAmount: -5 }, /^paymentAmount -5: expected/],
    [{ paymentAmount: 1e300 }, /^paymentAmount 1e\+300: expected/],
    [{ pace: '9999999999999999d' }, /^pace .*at most 100 years$/],
    [{ pace: 'P99999999999999W' }, /^pace .*at most 100 years$/],
    [{ pace: 'MERGING=36500d,MERGED=36500d' }, /^pace .*at most 100 years in all$/],
    [{ pace: '1'.repeat(2000) }, /^pace "1+\.\.\.: expected at most 1000 characters$/],
    [
      { results: Array.from({ length: 1001 }, (_, n) => ({ name: `r${n}`, text: '' })) },
      /^results: files 1001: at most/,
    ],
    [{ results: [{ name: 'large', size: 2 ** 31 }] }, /^results: bytes of filling 2147483648: at most/],
    [{ logs: Array.from({ length: 1001 }, () => '') }, /^logs: lines 1001: at most/],
    [{ logs: ['x'.repeat(65_537)] }, /^logs: characters 65537: at most/],
  ] as const) {
    const { status, body } = await call('POST', '/_emulator/worlds/w/scenarios', rule)
    t.match({ status, body }, { status: 400, body: { code: 3, message } }, JSON.stringify(rule).slice(0, 60))
  }
  const many = { tasks: 10_000, paymentAmount: 0, pace: '36500d', logs: ['x'.repeat(60_000)] }
  t.equal((await call('POST', '/_emulator/worlds/w/scenarios', many)).status, 200, 'honest use is not touched')
})

void t.test('a pace that is too long is refused wherever it is set', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, 'test_w')
  const { id } = (await call('POST', jobs, template)).body.job
  for (const path of ['/_emulator/worlds/w/pace', `/_emulator/worlds/w/jobs/${id}/pace`]) {
    const { status, body } = await call('PUT', path, { pace: '9999999999999999d' })
    t.match({ status, body }, { status: 400, body: { message: /at most 100 years/ } }, path)
  }
  t.equal((await call('POST', `${jobs}/${id}/run`)).status, 200)
})

void t.test('a pattern that would hold up others is refused; honest ones are not', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, 'test_w')
  await call('POST', jobs, { ...template, name: `${'a'.repeat(3_900_000)}b` })
  await call('POST', jobs, { ...template, name: 'n'.repeat(100_000) })
  const like = (pattern: string) => ({
    filters: [
      {
        field: 'name',
        condition: 'FILTER_CONDITION_LIKE',
        value: { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: pattern },
      },
    ],
  })
  const hostile = await call('POST', `${jobs}/filter`, like(`%${'a'.repeat(900)}c`))
  t.match(hostile, { status: 400, body: { message: /a pattern of 902 characters for name.*shorten the pattern/ } })
  const honest = await call('POST', `${jobs}/filter`, like('%aab'))
  t.match(honest, { status: 200, body: { data: [{ name: /b$/ }] } })
})

void t.test('a hundred thousand unknown fields are named as far as anybody reads', async (t) => {
  const { url } = await emulator(t)
  const fields = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`unknown${n}`, n]))
  const { status, body } = await client(url)('POST', '/_emulator/worlds/w/scenarios', fields)
  t.equal(status, 400)
  t.match(body.message, /unknown99, |unknown99 .*and 99900 more$/)
  t.ok(body.message.length < 20_000, `${body.message.length} characters`)
})

void t.test('a wait for the journal ends with its client, and costs others nothing', async (t) => {
  const journal = createJournal()
  const noted = {
    at: 0,
    worldTime: 0,
    operation: 'GET /v1/customer/jobs',
    method: 'GET',
    path: '/v1/customer/jobs',
    persona: 'owner',
    status: 200,
    durationMs: 1,
    headers: [],
    requestBody: undefined,
    responseBody: '',
    unknownFields: [],
    fault: null,
    scenario: null,
    jobId: null,
    ground: '',
  }
  const gone = new AbortController()
  const left = journal.wait('w', { status: 418 }, 60_000, gone.signal)
  gone.abort()
  t.strictSame(await left, [])

  const waiting = Array.from({ length: 1000 }, () => journal.wait('w', { status: 418 }, 60_000))
  await t.rejects(journal.wait('w', { status: 418 }, 60_000), { message: '1000 requests wait for world w already' })
  journal.note('w', noted)
  journal.note('w', { ...noted, status: 418 })
  for (const found of await Promise.all(waiting)) t.equal(found[0]?.status, 418)
})

void t.test('a client that leaves takes its wait along', async (t) => {
  const { url } = await emulator(t)
  const wait = (forHow: string, signal?: AbortSignal) =>
    fetch(`${url}/_emulator/worlds/w/journal?wait=${forHow}&status=418`, signal === undefined ? {} : { signal })
  const controller = new AbortController()
  /** Waits until it is broken off. The short waits below may hold the place that it is to have. */
  async function stay(): Promise<void> {
    while ((await wait('60s', controller.signal)).status === 429);
  }
  const waits = Array.from({ length: 1000 }, () => stay().catch(() => undefined))
  // Asked until it is refused: then all others wait.
  while ((await wait('1ms')).status !== 429);
  controller.abort()
  await Promise.all(waits)
  while ((await wait('1ms')).status !== 200);
  t.equal((await wait('1ms')).status, 200, 'there is room again')
})
