/** Failures that a sweep tries on a request, one at a time, the most telling first. */
export const faultKinds = ['reset-after', '503', '500', 'reset-before', '401', 'cut', 'slow'] as const
export type FaultKind = (typeof faultKinds)[number]

/** How a program may take a fault. A case has one or more of them. */
export const outcomes = ['passes', 'fails', 'hangs', 'duplicates', 'leaves', 'not-reached'] as const
export type Outcome = (typeof outcomes)[number]

/** Why cases were left out. */
export const budgetReasons = ['max-runs', 'time', 'interrupted'] as const
export type BudgetReason = (typeof budgetReasons)[number]
