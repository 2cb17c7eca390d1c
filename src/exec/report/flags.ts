import type { ReportFormat } from './machine-formats.ts'
import { findingIds, groundNames } from '../../../schemas/report-names.ts'

/** Names that `--fail-on` accepts: a finding, a ground of answers, or `any` finding. */
export const failureNames = ['any', ...findingIds, ...groundNames] as const

export type FailureName = (typeof failureNames)[number]

/** How a report is wanted. */
export interface ReportFlags {
  /** Absent: on a terminal only. */
  readonly report?: boolean | undefined
  readonly reportFile?: string | undefined
  /** Absent: `text` on the terminal, `json` in a file. */
  readonly reportFormat?: ReportFormat | undefined
  readonly failOn?: readonly FailureName[] | undefined
}
