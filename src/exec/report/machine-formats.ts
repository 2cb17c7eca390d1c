import { findingIds } from '../../../schemas/report-names.ts'
import type { Finding, Report } from '../../../schemas/report.ts'

/** Forms of a report: for people, for GitHub's annotations, for test viewers, for programs. */
export const reportFormats = ['text', 'github', 'junit', 'json'] as const
export type ReportFormat = (typeof reportFormats)[number]

/** The report in a form that a machine reads. */
export function machineReport(report: Report, format: Exclude<ReportFormat, 'text'>): string {
  switch (format) {
    case 'github':
      return githubReport(report)
    case 'junit':
      return junitReport(report)
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`
  }
}

/** Workflow commands, of which GitHub makes annotations. What --fail-on names is an error, the rest warnings. */
function githubReport({ findings, failedOn, exitCode }: Report): string {
  const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const isFatal = (id: string): boolean => failedOn.includes(id) || failedOn.includes('any')
  const lines = findings.map(
    ({ id, message, advice }) =>
      `::${isFatal(id) ? 'error' : 'warning'} title=bytenite-emulator ${id}::${escaped(`The program ${message}\n${advice}`)}`,
  )
  if (exitCode !== 0) lines.push(`::error title=bytenite-emulator::The program ended with exit code ${exitCode}`)
  return lines.map((line) => `${line}\n`).join('')
}

/** A test case for every kind of finding, and one for the exit code, in the XML that JUnit made usual. By hand, as it is six tags. */
function junitReport({ findings, durationMs, exitCode, startedAt }: Report): string {
  const found = new Map<string, Finding>(findings.map((finding) => [finding.id, finding]))
  const cases = [
    testCase('exit code 0', exitCode === 0 ? undefined : [`the program ended with exit code ${exitCode}`, '']),
    ...findingIds.map((id) => {
      const finding = found.get(id)
      return testCase(id, finding === undefined ? undefined : [`the program ${finding.message}`, detailsOf(finding)])
    }),
  ]
  const failures = found.size + (exitCode === 0 ? 0 : 1)
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" time="${(durationMs / 1000).toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="bytenite-emulator" ${counts}>`,
    `  <testsuite name="bytenite-emulator exec" ${counts} timestamp="${startedAt}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

const detailsOf = ({ advice, evidence }: Finding): string =>
  [advice, ...evidence.map(({ number, operation, status }) => `request ${number}: ${operation} ${status}`)].join('\n')

function testCase(name: string, failure: readonly [message: string, details: string] | undefined): string {
  const head = `    <testcase classname="bytenite-emulator" name="${xml(name)}"`
  if (failure === undefined) return `${head} />`
  const [message, details] = failure
  return `${head}>\n      <failure message="${xml(message)}">${xml(details)}</failure>\n    </testcase>`
}

/** Text for XML, without the control characters that it cannot hold. */
const xml = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
