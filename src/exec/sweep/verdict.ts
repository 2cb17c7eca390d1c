import type { Outcome } from '../../../schemas/sweep-names.ts'
import type { Sweep, SweptCase } from '../../../schemas/sweep.ts'

/** Verdicts that no single failure excuses. A program may simply fail. */
export const grave = ['hangs', 'duplicates', 'leaves'] as const satisfies readonly Outcome[]
export type GraveOutcome = (typeof grave)[number]

export const isGrave = ({ outcomes }: SweptCase): boolean => grave.some((outcome) => outcomes.includes(outcome))

/** Verdicts that `--fail-on` can name with `--sweep`, besides those that always count. */
export const sweepFailureNames = ['fails', 'not-reached', 'not-run', 'unstable'] as const
export type SweepFailureName = (typeof sweepFailureNames)[number]

/** Why the exit code is 1; empty if it is not. */
export function failuresOf(
  { cases, notRun, differences }: Pick<Sweep, 'cases' | 'notRun' | 'differences'>,
  failOn: readonly SweepFailureName[],
): string[] {
  const has = (outcome: Outcome): boolean => cases.some(({ outcomes }) => outcomes.includes(outcome))
  const named: Readonly<Record<SweepFailureName, boolean>> = {
    fails: has('fails'),
    'not-reached': has('not-reached'),
    'not-run': notRun.length > 0,
    unstable: differences.length > 0,
  }
  return [...grave.filter(has), ...sweepFailureNames.filter((name) => failOn.includes(name) && named[name])]
}
