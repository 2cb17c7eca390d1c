/** Findings about a client, the gravest first. */
export const findingIds = [
  'pinned-certificate',
  'http2-only',
  'duplicate-create',
  'never-ran',
  'expired-token',
  'rejected-credentials',
  'unknown-path',
  'unknown-fields',
  'ignored-retry-after',
  'results-as-state',
  'polled-too-fast',
  'polled-after-end',
  'token-per-call',
] as const
export type FindingId = (typeof findingIds)[number]

/** Grounds of answers; the least certain first. */
export const groundNames = ['chosen', 'inferred', 'measured', 'observed', 'documented'] as const
export type GroundName = (typeof groundNames)[number]
