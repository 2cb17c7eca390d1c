import type { Finding, Report } from '../../../schemas/report.ts'
import { counted, plain, wrapped } from '../../base/plain-text.ts'
import { vendorHost } from '../intercept/vendor.ts'
import { listed } from './rule.ts'

/** Lines of each part; the rest is a number. All together stay on one screen. */
const shown = { findings: 5, operations: 6, messages: 2, faults: 2, worlds: 2 }

/**
 * The report as plain text: what looks wrong first, about 30 lines if none is wrapped.
 *
 * @param width characters of a line on a terminal; absent: lines are as long as they are
 */
export function formatReport(report: Report, width = Infinity): string {
  const { requests, durationMs, findings, exitCode } = report
  const seconds = (durationMs / 1000).toFixed(1)
  const lines = [
    `bytenite-emulator: ${counted(requests, 'request')} in ${seconds} s, exit code ${exitCode}; ${verdictOf(report)}`,
    ...(isUnseen(report) ? [`  ${unseenAdvice}`] : []),
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
  return `${lines.flatMap((line) => wrapped(plain(line), width)).join('\n')}\n`
}

/** The verdict in a few words. It is never positive for a program that failed or was not seen. */
function verdictOf(report: Pick<Report, 'requests' | 'findings' | 'exitCode' | 'operations'>): string {
  const { findings, exitCode, operations } = report
  if (findings.length > 0) return `${counted(findings.length, 'thing')} to look at`
  if (isUnseen(report)) return `the program sent nothing to ${vendorHost} that was seen`
  if (exitCode === 0) return 'nothing looks wrong'
  const failed = operations
    .flatMap(({ statuses }) => statuses)
    .filter(hasFailed)
    .reduce((sum, { count }) => sum + count, 0)
  return failed === 0
    ? 'no request of the program failed, so check its output'
    : `the program failed, and so did ${counted(failed, 'request')}`
}

const isUnseen = ({ requests, findings }: Pick<Report, 'requests' | 'findings'>): boolean =>
  requests === 0 && findings.length === 0

const unseenAdvice =
  'a program that ignores HTTPS_PROXY bypasses the emulator: give it BYTENITE_API_URL, or see docs/interception.md, "Not intercepted"'

const findingLines = ({ id, message, advice }: Finding): string[] => [`  ! ${id}: ${message}`, `    ${advice}`]

type Operation = Report['operations'][number]
type Answers = Operation['statuses'][number]

const hasFailed = ({ status }: Answers): boolean => status === 0 || status >= 400

/** The operations that failed and those used most, in the order of their use, each with the first reasons that were given. */
function operationLines({ operations }: Report): string[] {
  const digits = String(Math.max(0, ...operations.map(({ count }) => count))).length
  const failures = ({ statuses }: Operation): number => Number(statuses.some(hasFailed))
  const kept = [...operations].sort((a, b) => failures(b) - failures(a) || b.count - a.count).slice(0, shown.operations)
  const longest = Math.max(0, ...kept.map(({ operation }) => operation.length))
  const rest = operations.length - kept.length
  return [
    ...operations
      .filter((operation) => kept.includes(operation))
      .flatMap(({ operation, count, statuses }) => [
        `  ${String(count).padStart(digits)}  ${operation.padEnd(longest)}  ` +
          statuses
            .map(({ status, count }) => `${status === 0 ? 'reset' : status}${times(count, statuses.length)}`)
            .join(', '),
        ...statuses.flatMap(messageLines).slice(0, shown.messages),
      ]),
    ...(rest > 0 ? [`  and ${counted(rest, 'more operation')}`] : []),
  ]
}

const messageLines = ({ status, message }: Answers): string[] =>
  message === null ? [] : [`     ${status}: ${message}`]

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
