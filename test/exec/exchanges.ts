import type { Observed } from '../../src/control/journal.ts'
import { createCollector } from '../../src/exec/report/collector.ts'
import { parseTimestamp } from '../../src/base/timestamps.ts'

export const jobs = '/v1/customer/jobs'

const start = parseTimestamp('2025-05-20T09:00:00Z')!

/** An exchange, made by hand. */
export interface Made extends Partial<Omit<Observed, 'at' | 'worldTime' | 'requestBody' | 'responseBody'>> {
  /** Milliseconds from the start of the run to its beginning, by the wall clock. */
  readonly at: number
  /** The same by the world's clock. */
  readonly worldAt?: number
  readonly sent?: unknown
  readonly answer?: unknown
}

export const made = ({ at, worldAt = at, sent, answer, durationMs = 10, operation = '', ...rest }: Made): Observed => ({
  at: start + (at + durationMs) * 1000,
  worldTime: start + (worldAt + durationMs) * 1000,
  operation,
  method: operation.split(' ')[0]!,
  path: operation.split(' ')[1] ?? '',
  persona: 'owner',
  status: 200,
  durationMs,
  headers: [],
  requestBody: sent === undefined ? undefined : Buffer.from(JSON.stringify(sent)),
  responseBody: answer === undefined ? '{}' : JSON.stringify(answer),
  unknownFields: [],
  fault: null,
  scenario: null,
  jobId: null,
  ground: '',
  world: 'default',
  retryAfter: null,
  ...rest,
})

export const poll = (at: number, state = 'JOB_STATE_PARTITIONED', jobId = 'a'): Made => ({
  at,
  operation: `GET ${jobs}/{jobId}`,
  jobId,
  answer: { job: { id: jobId, state: state } },
})

export const token = (at: number): Made => ({ at, operation: 'POST /v1/auth/access_token', answer: { token: 't' } })

export const operations = [
  'POST /v1/auth/access_token',
  `POST ${jobs}`,
  `GET ${jobs}`,
  `GET ${jobs}/{jobId}`,
  `GET ${jobs}/{jobId}/results`,
  `POST ${jobs}/{jobId}/run`,
  'GET /v1/wallet/balance',
]

export function accountOf(exchanges: readonly Made[]) {
  const collector = createCollector()
  for (const exchange of exchanges.map(made).sort((a, b) => a.at - b.at)) collector.note(exchange)
  return collector.summarize(operations)
}
