// The report as text: its verdict, its reasons, and how it fits a terminal.
import t from 'tap'
import { wrapped } from '../../src/base/plain-text.ts'
import { formatReport } from '../../src/exec/report/format.ts'
import { createReporter } from '../../src/exec/report/reporter.ts'
import type { Report } from '../../schemas/report.ts'
import { accountOf, jobs, type Made, poll } from './exchanges.ts'

const reportOn = (exchanges: readonly Made[], exitCode = 0): Report => ({
  version: '0',
  startedAt: '2025-05-20T09:00:00Z',
  durationMs: 1234,
  exitCode,
  failedOn: [],
  ...accountOf(exchanges),
  worlds: [],
  moreWorlds: 0,
  faults: [],
})

const refusal = 'template "video-transcoding" does not exist; add it by POST /v1/dev/templates'
const refusedCreate: Made = {
  at: 0,
  operation: `POST ${jobs}`,
  status: 404,
  answer: { code: 5, message: refusal, details: [] },
}

void t.test('the verdict never says that all is well of a program that failed, or that was not seen', async (t) => {
  for (const [exchanges, exitCode, verdict] of [
    [[poll(0)], 0, /exit code 0; nothing looks wrong$/m],
    [[refusedCreate], 1, /exit code 1; the program failed, and so did 1 request$/m],
    [[refusedCreate, { ...refusedCreate, at: 1 }, poll(2)], 1, /the program failed, and so did 2 requests$/m],
    [[poll(0)], 1, /exit code 1; no request of the program failed, so check its output$/m],
    [[], 0, /exit code 0; the program sent nothing to api\.bytenite\.com that was seen\n {2}a program that ignores/],
    [[], 1, /exit code 1; the program sent nothing to api\.bytenite\.com that was seen$/m],
    [[{ at: 0, operation: 'GET ', path: '/v1/customer/job', status: 404 }], 1, /exit code 1; 1 thing to look at$/m],
  ] as const) {
    const text = formatReport(reportOn(exchanges, exitCode))
    t.match(text, verdict)
    t.equal(text.includes('nothing looks wrong'), exitCode === 0 && exchanges.length > 0)
  }
})

void t.test('under each operation that failed stands the first reason that was given', async (t) => {
  const later = { ...refusedCreate, at: 1, answer: { code: 5, message: 'another' } }
  const text = formatReport(reportOn([refusedCreate, later, poll(2)], 1))
  t.match(text, `  2  POST ${jobs}         404\n     404: ${refusal}\n  1  GET ${jobs}/{jobId}  200\n`)
  t.notMatch(text, /another/)
  const failed = { ...refusedCreate, at: 99, operation: 'GET /v1/wallet/balance' }
  const many = Array.from({ length: 12 }, (_, n) => ({ ...poll(n), operation: `GET /v1/${n % 6}` }))
  t.match(formatReport(reportOn([...many, failed])), refusal, 'also where others were used more often')
  const { operations } = reportOn([{ ...refusedCreate, answer: { message: 'm'.repeat(9000) } }])
  t.equal(operations[0]!.statuses[0]!.message!.length, 1000)
})

void t.test('a job that was not run because its run was refused', async (t) => {
  const created = { at: 0, operation: `POST ${jobs}`, jobId: 'a', answer: { job: { id: 'a' } } }
  const run = {
    at: 1,
    operation: `POST ${jobs}/{jobId}/run`,
    jobId: 'a',
    status: 400,
    answer: { message: 'no source' },
  }
  const { findings } = reportOn([created, run])
  t.equal(findings[0]?.message, 'created 1 job and never ran it; a run was tried and refused: no source')
})

void t.test('lines are broken at the width of a terminal, and nowhere else', async (t) => {
  t.strictSame(wrapped('  one two three', 9), ['  one two', '    three'])
  t.strictSame(wrapped('  one', 3), ['  one'])
  t.strictSame(wrapped('', 3), [''])
  t.strictSame(wrapped('a  b', 10), ['a  b'], 'columns stay')
  t.strictSame(wrapped(`a ${'x'.repeat(30)} b`, 10), ['a', `  ${'x'.repeat(30)}`, '  b'])
  for (const [columns, isTTY, longest] of [
    [60, true, 60],
    [undefined, true, 80],
    [60, false, 100],
  ] as const) {
    let text = ''
    const terminal = { isTTY, ...(columns === undefined ? {} : { columns }), write: (piece: string) => (text += piece) }
    const reporter = createReporter({ report: true }, terminal)
    await reporter.finish({ operations: () => [], worlds: async () => [], world: () => t.fail() as never }, 0)
    const lengths = text.split('\n').map(({ length }) => length)
    t.equal(Math.max(...lengths) <= longest, isTTY, text)
    t.equal(text.startsWith('\n'), isTTY)
  }
})
