import { findingIds, groundNames } from '../../schemas/report-names.ts'
import { ConfigError } from '../settings/settings.ts'
import { nearest } from '../base/nearest.ts'
import { sweepFailureNames } from '../exec/sweep/verdict.ts'
import type { CommandOption, CommandOptions } from './subcommand.ts'

/** Names that `--fail-on` accepts: a finding, a ground of answers, or `any` finding. */
export const failureNames = ['any', ...findingIds, ...groundNames] as const
export type FailureName = (typeof failureNames)[number]

/** How a report is wanted. */
export interface ReportFlags {
  /** Absent: on a terminal only. */
  readonly report?: boolean | undefined
  readonly reportFile?: string | undefined
  readonly failOn?: readonly FailureName[] | undefined
}

/** The options of a command that reports on a run. */
export const reportOptions: readonly CommandOption[] = [
  { flags: '--report', help: 'say at the end what the program did (default: on a terminal)' },
  { flags: '--no-report', help: 'say nothing at the end' },
  { flags: '--report-file <file>', help: 'write the report as JSON' },
  {
    flags: '--fail-on <name>',
    repeatable: true,
    help: `exit with 1 if the report has this, though the program succeeded; repeatable; one of ${failureNames.join(', ')}; with --sweep, of ${sweepFailureNames.join(', ')}`,
  },
]

/** @throws ConfigError that lists the names there are */
export function readReportFlags({ report, reportFile, failOn = [] }: CommandOptions): ReportFlags {
  return {
    report: report as boolean | undefined,
    reportFile: reportFile as string | undefined,
    failOn: (failOn as string[]).map(readFailureName),
  }
}

function readFailureName(text: string): FailureName {
  const name = failureNames.find((known) => known === text)
  if (name !== undefined) return name
  const meant = nearest(text, failureNames)
  const hint = meant === undefined ? '' : `did you mean ${meant}? `
  throw new ConfigError(`--fail-on ${JSON.stringify(text)}: ${hint}known are ${failureNames.join(', ')}`)
}
