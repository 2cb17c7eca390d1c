import { type Command, InvalidArgumentError, Option } from 'commander'
import { findingIds, groundNames } from '../../schemas/report-names.ts'
import { nearest } from '../nearest.ts'

/** What --fail-on can name: a finding, a ground of answers, or any finding at all. */
export const failureNames = ['any', ...findingIds, ...groundNames] as const
export type FailureName = (typeof failureNames)[number]

/** The options of a report, as the command line gives them. */
export interface ReportFlags {
  /** Absent: on a terminal only. */
  readonly report?: boolean | undefined
  readonly reportFile?: string | undefined
  readonly failOn?: readonly FailureName[] | undefined
}

/** Gives a command the options of a report. */
export function addReportOptions(command: Command): Command {
  return command
    .addOption(new Option('--report', 'say at the end what the program did (default: on a terminal)'))
    .addOption(new Option('--no-report', 'say nothing at the end'))
    .addOption(new Option('--report-file <file>', 'write the report as JSON'))
    .addOption(
      new Option(
        '--fail-on <name>',
        `exit with 1 if the report has this, though the program succeeded; repeatable; one of ${failureNames.join(', ')}`,
      ).argParser(readFailureName),
    )
}

/** @throws InvalidArgumentError that lists the names there are */
function readFailureName(text: string, previous: readonly FailureName[] = []): FailureName[] {
  const name = failureNames.find((known) => known === text)
  if (name !== undefined) return [...previous, name]
  const meant = nearest(text, failureNames)
  throw new InvalidArgumentError(
    `${meant === undefined ? '' : `Did you mean ${meant}? `}Known are ${failureNames.join(', ')}.`,
  )
}
