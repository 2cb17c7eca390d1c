import type { Evidence } from '../../../schemas/report.ts'
import type { Observed } from '../../control/journal.ts'
import { formatTimestamp, type Micros } from '../../base/timestamps.ts'

/** An exchange as the rules of the report look at it. */
export interface Seen {
  /** Which one of the run it was, from 1. */
  readonly number: number
  readonly world: string | null
  /** As in `GET /v1/customer/jobs/{jobId}`; undefined if the path is unknown. */
  readonly operation: string | undefined
  /** Method and path, without query. */
  readonly request: string
  readonly status: number
  readonly jobId: string | null
  readonly start: Moment
  readonly end: Moment
  /** True if the answer arrived unchanged by a fault. */
  readonly heard: boolean
  /** True if the act was done, even if its answer was lost. */
  readonly done: boolean
  /** Seconds that the answer asked to wait. */
  readonly retryAfter: number | null
  readonly exchange: Observed
}

/** The same moment by two clocks. */
export interface Moment {
  readonly wall: Micros
  readonly world: Micros
}

/** Makes an exchange ready for the rules. */
export function see(exchange: Observed, number: number): Seen {
  const { at, worldTime, durationMs, method, path, status, responseBody, fault } = exchange
  const took = Math.round(durationMs * 1000)
  const isKnown = !exchange.operation.endsWith(' ')
  return {
    number,
    world: exchange.world,
    operation: isKnown ? exchange.operation : undefined,
    request: `${method} ${path.split('?', 1)[0]!}`,
    status,
    jobId: exchange.jobId,
    start: { wall: at - took, world: worldTime - took },
    end: { wall: at, world: worldTime },
    heard: fault === null,
    // A reset after the request took effect leaves the lost answer; one before leaves none.
    done: (status >= 200 && status < 300) || (status === 0 && responseBody !== '' && !isError(responseBody)),
    retryAfter: exchange.retryAfter,
    exchange,
  }
}

const isError = (body: string): boolean => typeof parse(body)['code'] === 'number'

/** The object in a JSON text; empty if it holds anything else. */
export function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The job in the answer to a request, if there is one. */
export function jobIn({ exchange }: Seen): { readonly id: string; readonly state: string } | undefined {
  const job = parse(exchange.responseBody)['job']
  return typeof job === 'object' && job !== null ? (job as { id: string; state: string }) : undefined
}

/** The message of an error. */
export function messageIn({ exchange }: Seen): string {
  const { message } = parse(exchange.responseBody)
  return typeof message === 'string' ? message : ''
}

/** Characters of a message that a report shows: a fault's may be of any length. */
const longestMessage = 1000

/** The reason that an answer gave for its failure; null if nothing failed or no reason was given. */
export function firstMessageOf(seen: Seen): string | null {
  if (seen.status < 400) return null
  const message = messageIn(seen)
  return message === '' ? null : message.slice(0, longestMessage)
}

/**
 * Microseconds between two moments, by the clock that went further: a test that moves a world's clock on lets its client wait
 * in that world's time, one that stops it in real time.
 */
export const elapsed = (from: Moment, to: Moment): Micros => Math.max(0, to.wall - from.wall, to.world - from.world)

/** Tells if a request was sent after the answer to another one had arrived. */
export const follows = (later: Seen, earlier: Seen): boolean => later.start.wall >= earlier.end.wall

export const toEvidence = ({ number, start, operation, request, status, world, jobId }: Seen): Evidence => ({
  number,
  at: formatTimestamp(start.wall),
  operation: operation ?? request,
  status,
  world,
  jobId,
})
