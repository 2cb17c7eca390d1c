import { faultKinds, type Outcome } from '../../../schemas/sweep-names.ts'
import type { Sweep, SweptCase } from '../../../schemas/sweep.ts'
import { counted, tableLines } from '../../base/plain-text.ts'
import { listed } from '../report/rule.ts'
import { grave, type GraveOutcome, isGrave } from './verdict.ts'

export interface SweepView {
  /** Options that a replay needs, as they are written on a command line. */
  readonly options: readonly string[]
  /** True to show the output of the program in cases that it did not pass. */
  readonly output: boolean
}

/** Ids that are named for each thing that is wrong; the table has them all. */
const shown = 8

/** Words of the table. */
const words: Readonly<Record<Outcome, string>> = {
  passes: 'ok',
  fails: 'fails',
  hangs: 'HANGS',
  duplicates: 'DUPLICATES',
  leaves: 'LEAVES',
  'not-reached': 'not reached',
}

const sentences: Readonly<Record<GraveOutcome, string>> = {
  hangs: 'hangs',
  duplicates: 'creates more jobs than without a fault',
  leaves: 'leaves a job behind that was not run or still ran',
}

/** Formats a sweep for a terminal: a table of requests and faults, then the cases that need attention and how to replay them. */
export function formatSweep(sweep: Sweep, { options, output }: SweepView): string {
  const { cases, runs, durationMs, differences, baseline, command } = sweep
  const bad = cases.filter(isGrave)
  const verdict =
    bad.length > 0
      ? `${bad.length} to look at`
      : 'no single failure made it hang, create a job twice or leave one behind'
  const lines = [
    `bytenite-emulator: ${counted(cases.length, 'case')} in ${counted(runs, 'run')}, ${seconds(durationMs)}; ${verdict}`,
    ...differences.map((difference) => `  not stable: ${difference}`),
    ...table(cases),
    ...grave.flatMap((outcome) => {
      const ids = cases.filter(({ outcomes }) => outcomes.includes(outcome)).map(({ id }) => id)
      return ids.length === 0 ? [] : [`  ! ${sentences[outcome]}: ${listed(ids, shown)}`]
    }),
    ...(output ? cases.filter(({ outcomes }) => !outcomes.includes('passes')).flatMap(outputLines) : []),
    ...notRunLines(sweep),
    ...(bad.length === 0
      ? []
      : [
          `  replay one: ${['bytenite-emulator exec --sweep', '--only', bad[0]!.id, shell(options)].join(' ').trimEnd()} -- ${shell(command)}`,
        ]),
    `  without a fault: ${counted(baseline.jobs, 'job')}, ${baseline.left} left behind, ${seconds(baseline.durationMs)}`,
  ]
  return `${lines.map(plain).join('\n')}\n`
}

/** A row for each request, a column for each kind of fault that was tried. */
function table(cases: readonly SweptCase[]): string[] {
  if (cases.length === 0) return []
  const kinds = faultKinds.filter((kind) => cases.some(({ fault }) => fault === kind))
  const requests = [...new Set(cases.map(({ request }) => request))]
  const rows = [
    ['request', ...kinds],
    ...requests.map((request) => [
      request,
      ...kinds.map((kind) => {
        const found = cases.find((one) => one.request === request && one.fault === kind)
        return found === undefined ? '-' : found.outcomes.map((outcome) => words[outcome]).join('+')
      }),
    ]),
  ]
  return tableLines(rows)
}

function notRunLines({ cases, notRun, notRunBecause }: Sweep): string[] {
  if (notRun.length === 0) return []
  const reason = notRunBecause === 'interrupted' ? 'interrupted' : `--${notRunBecause}`
  return [`  ${notRun.length} of ${cases.length + notRun.length} cases were not run (${reason}): ${listed(notRun)}`]
}

const outputLines = ({ id, exitCode, output }: SweptCase): string[] => [
  `  ${id} ended with ${exitCode ?? 'nothing, it was killed'}${output.trim() === '' ? ', without a word' : ':'}`,
  ...output
    .trimEnd()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [`    | ${line}`])),
]

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** A command as a shell takes it. */
const shell = (command: readonly string[]): string =>
  command.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')

/** Removes control characters: the output of a program must not move the cursor. */
const plain = (line: string): string => line.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '?')
