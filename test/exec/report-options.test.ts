import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import t, { type Test } from 'tap'
import { findingIds } from '../../schemas/report-names.ts'
import { Report } from '../../schemas/report.ts'
import { readReportFlags, reportOptions } from '../../src/commands/report-options.ts'
import { failureNames, type ReportFlags } from '../../src/exec/report/flags.ts'
import { createReporter } from '../../src/exec/report/reporter.ts'
import { formatReport } from '../../src/exec/report/format.ts'
import { check } from '../conformance.ts'
import { accessToken, type Call, client, emulator } from '../emulator.ts'
import { run as runProgram, sentence } from '../program.ts'
import { jobs, made, poll, accountOf } from './exchanges.ts'

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
    findingIds.filter((id) => id !== 'pinned-certificate' && id !== 'http2-only'),
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
  t.ok(text.split('\n').length <= 32, text)
  t.match(text, /^bytenite-emulator: \d+ requests in .* s, exit code 0; 11 things to look at\n {2}! duplicate-create: /)
  t.match(text, /and 6 more; --report-file has them all/)
  t.match(text, /fault never used: 429 for GET \/v1\/customer\/jobs\/\{jobId\}\/results in default/)
  t.match(text, / GET \/v1\/customer\/jobs\/\{jobId\}\/results +500\n {5}500: job has not yet been completed\n/)
  t.notMatch(text, /…/, 'nothing is cut')
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
    startedAt: '2025-05-20T09:00:00Z',
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
  t.ok(text.includes('m'.repeat(300)), 'nothing is cut')
  t.notMatch(text, /\u001b/)
  for (const more of [
    'and 8 more;',
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

void t.test('forms that machines read', async (t) => {
  const file = join(t.testdir(), 'report.xml')
  const bad = async (flags: ReportFlags) => {
    const { call, finish } = await watched(t, flags)
    await submit(call, { nmae: '<typo> & "more"' })
    return finish(3)
  }
  const github = await bad({ reportFormat: 'github', failOn: ['unknown-fields'] })
  t.match(
    github.text,
    /^::error title=bytenite-emulator unknown-fields::The program sent a field that is not read: nmae.*%0Acorrect the names/,
  )
  t.match(github.text, /\n::error title=bytenite-emulator::The program ended with exit code 3\n/)
  t.equal(JSON.parse((await bad({ reportFormat: 'json' })).text).exitCode, 3)

  t.equal((await bad({ reportFormat: 'junit', reportFile: file })).text, '', 'a file takes its place')
  const xml = readFileSync(file, 'utf8')
  t.match(xml, /<testsuites name="bytenite-emulator" tests="14" failures="2" errors="0"/)
  t.match(
    xml,
    /<testcase classname="bytenite-emulator" name="exit code 0">\n +<failure message="the program ended with/,
  )
  t.match(
    xml,
    /name="unknown-fields">\n +<failure message="the program sent a field that is not read: nmae[^<]*correct/,
  )
  t.match(xml, /name="never-ran" \/>/)
  t.equal((xml.match(/<testcase /g) ?? []).length, findingIds.length + 1)

  for (const [args, message] of [
    [['--report-format', 'xml'], /--report-format "xml": expected one of text, github, junit, json/],
    [['--sweep', '--report-format', 'junit'], /--report-format does not go with --sweep/],
  ] as const) {
    const program = runProgram(t, ['exec', ...args, '--', 'true'])
    t.equal((await program.exit).code, 2)
    t.match(program.stderr(), message)
  }
})
