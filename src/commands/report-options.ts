import { failureNames, type FailureName, type ReportFlags } from '../exec/report/flags.ts'
import { reportFormats } from '../exec/report/machine-formats.ts'
import { ConfigError } from '../settings/settings.ts'
import { nearest } from '../base/nearest.ts'
import { sweepFailureNames } from '../exec/sweep/verdict.ts'
import type { CommandOption, CommandOptions } from './subcommand.ts'

/** The options of a command that reports on a run. */
export const reportOptions: readonly CommandOption[] = [
  { flags: '--report', help: 'print a report to stderr at the end (default: on a terminal)' },
  { flags: '--no-report', help: 'print no report' },
  { flags: '--report-file <file>', help: 'write the report as JSON, or in the format of --report-format' },
  {
    flags: '--report-format <FORM>',
    help: `format of the report file, or of the report on stderr if there is no file: ${reportFormats.join(', ')}; not with --sweep`,
  },
  {
    flags: '--fail-on <name>',
    repeatable: true,
    help: `exit with 1 if the report has this, even if the program succeeded; repeatable; one of ${failureNames.join(', ')}; with --sweep, of ${sweepFailureNames.join(', ')}`,
  },
]

/** @throws ConfigError that lists the names there are */
export function readReportFlags({ report, reportFile, reportFormat, failOn = [] }: CommandOptions): ReportFlags {
  const format = reportFormats.find((known) => known === reportFormat)
  if (reportFormat !== undefined && format === undefined) {
    throw new ConfigError(
      `--report-format ${JSON.stringify(reportFormat)}: expected one of ${reportFormats.join(', ')}`,
    )
  }
  return {
    reportFormat: format,
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
