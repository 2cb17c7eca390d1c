import type { Finding, Report } from '../../../schemas/report.ts'
import { counted } from '../../base/plain-text.ts'
import { listed } from './rule.ts'

/** Lines of each part; the rest is a number. All together stay on one screen. */
const shown = { findings: 5, operations: 6, faults: 2, worlds: 2 }
const width = 120

/** The report for a terminal: plain text, what looks wrong first, at most about 25 lines. */
export function formatReport(report: Report): string {
  const { requests, durationMs, findings, exitCode } = report
  const verdict = findings.length === 0 ? 'nothing looks wrong' : `${counted(findings.length, 'thing')} to look at`
  const seconds = (durationMs / 1000).toFixed(1)
  const lines = [
    `bytenite-emulator: ${counted(requests, 'request')} in ${seconds} s, exit code ${exitCode}; ${verdict}`,
    ...some(findings, shown.findings, findingLines, (more) => `  and ${more} more; --report-file has them all`),
    ...operationLines(report),
    ...some(
      report.worlds.filter(({ jobs }) => Object.keys(jobs).length > 0),
      shown.worlds,
      ({ world, jobs }) => [`  jobs in ${world}: ${counts(jobs)}`],
      (more) => `  and jobs in ${counted(more + report.moreWorlds, 'more world')}`,
    ),
    ...groundLines(report),
    ...some(
      report.faults.filter(({ used }) => used === 0),
      shown.faults,
      ({ operation, does, world }) => [`  fault never used: ${does} for ${operation} in ${world}`],
      (more) => `  and ${counted(more, 'more fault')} never used`,
    ),
    ...hostLines(report),
  ]
  return `${lines.map(cut).join('\n')}\n`
}

const findingLines = ({ id, message, advice, evidence }: Finding): string[] => {
  const first = evidence[0] === undefined ? '' : ` (first: request ${evidence[0].number})`
  return [`  ! ${id}: ${message}${first}`, `    ${advice}`]
}

function operationLines({ operations }: Report): string[] {
  const digits = String(Math.max(0, ...operations.map(({ count }) => count))).length
  const kept = [...operations].sort((a, b) => b.count - a.count).slice(0, shown.operations)
  const longest = Math.max(0, ...kept.map(({ operation }) => operation.length))
  return some(
    operations.filter((operation) => kept.includes(operation)),
    shown.operations,
    ({ operation, count, statuses }) => [
      `  ${String(count).padStart(digits)}  ${operation.padEnd(longest)}  ` +
        statuses
          .map(({ status, count }) => `${status === 0 ? 'reset' : status}${times(count, statuses.length)}`)
          .join(', '),
    ],
  ).concat(
    operations.length > kept.length ? [`  and ${counted(operations.length - kept.length, 'more operation')}`] : [],
  )
}

const times = (count: number, kinds: number): string => (kinds === 1 || count === 1 ? '' : ` x ${count}`)

const counts = (byName: Readonly<Record<string, number>>): string =>
  Object.entries(byName)
    .map(([name, count]) => `${count} ${name.replace(/^JOB_STATE_/, '')}`)
    .join(', ')

function groundLines({ grounds }: Report): string[] {
  if (grounds.length === 0) return []
  const byName: Record<string, number> = {}
  for (const { ground, count } of grounds) byName[ground] = (byName[ground] ?? 0) + count
  const chosen = grounds.filter(({ ground }) => ground === 'chosen').map(({ id }) => id)
  return [`  grounds of the answers: ${counts(byName)}${chosen.length === 0 ? '' : ` (chosen: ${listed(chosen)})`}`]
}

const hostLines = ({ refusedHosts }: Report): string[] =>
  refusedHosts.length === 0 ? [] : [`  refused by --offline: ${listed(refusedHosts.map(({ host }) => host))}`]

/** The lines of the first items, and how many more there are. */
function some<Item>(
  items: readonly Item[],
  most: number,
  toLines: (item: Item) => readonly string[],
  rest: (more: number) => string = () => '',
): string[] {
  const more = items.length - most
  return [...items.slice(0, most).flatMap(toLines), ...(more > 0 ? [rest(more)] : [])]
}

const cut = (line: string): string => {
  // What clients send is not to move the cursor.
  const plain = line.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
  return plain.length <= width ? plain : `${plain.slice(0, width - 1)}…`
}
