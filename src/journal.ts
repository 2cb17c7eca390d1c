import type { Conditions, Exchange, JournalQuery, VerifyRequest, VerifyResponse } from '../schemas/journal.ts'
import { show } from './errors.ts'
import { type Headers, isSecretName, masking } from './masking.ts'
import type { UnknownField } from './protojson.ts'
import { formatTimestamp, type Micros } from './timestamps.ts'

/** An exchange as it is kept: what it takes to write it out later, and no more. */
export interface Noted {
  readonly at: Micros
  readonly worldTime: Micros
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly persona: string
  readonly status: number
  readonly durationMs: number
  /** JSON. As bytes, like the bodies, since what lives as long as the journal's memory is costly to have as objects. */
  readonly headers: Buffer
  /** As it was sent, where the headers have it otherwise. */
  readonly contentType?: string | undefined
  readonly requestBody: Buffer | undefined
  /** Bytes that came or went without being kept; absent: those of the body. */
  readonly requestBytes?: number | undefined
  readonly responseBody: Buffer
  readonly responseBytes?: number | undefined
  readonly unknownFields: readonly UnknownField[]
  readonly fault: string | null
  readonly scenario: string | null
  readonly jobId: string | null
  readonly ground: string
}

/** An exchange as an observer is told of it: as it was sent, credentials included. */
export interface Observed extends Noted {
  /** The world it belongs to; null where nobody could tell: no or bad credentials, an unknown path, the emulator's own API. */
  readonly world: string | null
  /** Seconds that the answer asked the client to wait; null where it did not. */
  readonly retryAfter: number | null
}

/** Is told of every exchange when it has ended, whether a journal keeps it or not. */
export type Observer = (exchange: Observed) => void

/** What passed between clients and the worlds, the newest part of it. It ends with the program. */
export interface Journal {
  note(world: string, exchange: Noted): void
  /** Exchanges that fit, oldest first. */
  list(world: string, query: JournalQuery): Exchange[]
  /**
   * The same, but waits for the first one that fits.
   *
   * @param patience milliseconds of real time; resolves to an empty list after it
   */
  wait(world: string, query: JournalQuery, patience: number): Promise<Exchange[]>
  verify(world: string, request: VerifyRequest): VerifyResponse
  count(world: string): number
  clear(world: string): void
  /** Ends all waiting, so that the program can end. */
  close(): void
}

/** Exchanges kept for a world. */
export const keptExchanges = 1000
/** Bytes of a body that are kept. */
export const keptBody = 64 * 1024
/** Unknown fields of a body that are kept. */
const keptFields = 100
/** Bytes of bodies kept for a world, and for all worlds together. */
const keptBytesOfWorld = 16 * 1024 * 1024
const keptBytes = 64 * 1024 * 1024
/** What an exchange takes beside its bodies, roughly. */
const overhead = 500

/** Holds what was noted rather than copying its many fields, as this happens at every request. */
interface Kept {
  readonly id: number
  readonly noted: Noted
  /** Bytes of the bodies as they were sent. */
  readonly requestBytes: number
  readonly responseBytes: number
  readonly size: number
}

interface WorldJournal {
  readonly exchanges: Kept[]
  bytes: number
}

export function createJournal(): Journal {
  /** In the order of last use, so that the first one is what goes when all together are too large. */
  const worlds = new Map<string, WorldJournal>()
  const waiting = new Map<string, Set<() => void>>()
  let latest: WorldJournal | undefined
  let lastId = 0
  let bytes = 0
  let closed = false

  function drop(journal: WorldJournal): void {
    const { size } = journal.exchanges.shift()!
    journal.bytes -= size
    bytes -= size
  }

  function clear(world: string): void {
    bytes -= worlds.get(world)?.bytes ?? 0
    worlds.delete(world)
  }

  function find(world: string, { limit, ...conditions }: JournalQuery): Kept[] {
    const found = (worlds.get(world)?.exchanges ?? []).filter((kept) => mismatches(kept, conditions).length === 0)
    return limit === undefined ? found : found.slice(Math.max(0, found.length - limit))
  }

  return {
    note(world, noted) {
      const journal = worlds.get(world) ?? { exchanges: [], bytes: 0 }
      if (journal !== latest) {
        worlds.delete(world)
        worlds.set(world, journal)
        latest = journal
      }
      const [received, answered] = [noted.requestBody?.length ?? 0, noted.responseBody.length]
      const size = overhead + noted.path.length + Math.min(received, keptBody) + Math.min(answered, keptBody)
      const isLarge = received > keptBody || answered > keptBody || noted.unknownFields.length > keptFields
      const { requestBytes = received, responseBytes = answered } = noted
      journal.exchanges.push({ id: ++lastId, noted: isLarge ? cut(noted) : noted, requestBytes, responseBytes, size })
      journal.bytes += size
      bytes += size
      while (journal.exchanges.length > keptExchanges || journal.bytes > keptBytesOfWorld) drop(journal)
      while (bytes > keptBytes) {
        const [oldest, first] = worlds.entries().next().value!
        drop(first)
        if (first.exchanges.length === 0) worlds.delete(oldest)
      }
      for (const wake of waiting.get(world) ?? []) wake()
    },

    list: (world, query) => find(world, query).map(toExchange),

    async wait(world, query, patience) {
      const there = find(world, query)
      if (there.length > 0 || patience <= 0) return there.map(toExchange)
      return new Promise((resolve) => {
        const ofWorld = waiting.get(world) ?? new Set()
        waiting.set(world, ofWorld)
        const finish = (): void => {
          clearTimeout(timer)
          ofWorld.delete(wake)
          if (ofWorld.size === 0) waiting.delete(world)
          resolve(find(world, query).map(toExchange))
        }
        const wake = (): void => {
          if (closed || find(world, query).length > 0) finish()
        }
        const timer = setTimeout(finish, patience)
        ofWorld.add(wake)
      })
    },

    verify(world, { body, count, ...query }) {
      const exchanges = worlds.get(world)?.exchanges ?? []
      const judged = exchanges.map((exchange) => ({
        exchange,
        differences: [...mismatches(exchange, query), ...missing(body, bodyOf(exchange))],
      }))
      const found = judged.filter(({ differences }) => differences.length === 0).length
      const ok = count === undefined ? found > 0 : found === count
      const wanted = count === undefined ? 'at least one' : `exactly ${count}`
      return {
        ok,
        count: found,
        message: ok
          ? `${found} of ${exchanges.length} exchanges fit`
          : `${found} of ${exchanges.length} exchanges fit, expected ${wanted}`,
        nearest: ok
          ? []
          : judged
              .filter(({ differences }) => differences.length > 0)
              .sort((a, b) => a.differences.length - b.differences.length || b.exchange.id - a.exchange.id)
              .slice(0, 3)
              .map(({ exchange, differences }) => {
                const { text } = masking(headersOf(exchange.noted), exchange.noted.requestBody)
                return { exchange: toExchange(exchange), differences: differences.map(text) }
              }),
      }
    },

    count: (world) => worlds.get(world)?.exchanges.length ?? 0,
    clear,
    close() {
      closed = true
      for (const wakers of [...waiting.values()]) for (const wake of [...wakers]) wake()
    },
  }
}

/** The same with as much of its bodies as is kept. A part of a larger buffer would keep the whole of it, so it is copied. */
const cut = (noted: Noted): Noted => ({
  ...noted,
  requestBody: noted.requestBody === undefined ? undefined : Buffer.from(noted.requestBody.subarray(0, keptBody)),
  responseBody: Buffer.from(noted.responseBody.subarray(0, keptBody)),
  unknownFields: noted.unknownFields.slice(0, keptFields),
})

/** The conditions that an exchange does not meet, in words. */
function mismatches({ id, noted }: Kept, { operation, persona, status, jobId, after }: Conditions): string[] {
  const differences: string[] = []
  const compare = (name: string, wanted: unknown, found: unknown): void => {
    if (wanted !== undefined && wanted !== found)
      differences.push(`${name}: expected ${show(wanted)}, was ${show(found)}`)
  }
  compare('operation', operation, noted.operation)
  compare('persona', persona, noted.persona)
  compare('status', status, noted.status)
  compare('jobId', jobId, noted.jobId)
  if (after !== undefined && id <= after) differences.push(`id: expected more than ${after}, was ${id}`)
  return differences
}

function bodyOf({ noted: { requestBody } }: Kept): unknown {
  if (requestBody === undefined || requestBody.length === 0) return undefined
  try {
    return JSON.parse(requestBody.toString('utf8'))
  } catch {
    return requestBody.toString('utf8')
  }
}

/** Where a value lacks what is wanted of it: every member of an object must be there, anything else must be equal. */
function missing(wanted: unknown, found: unknown, path = 'body'): string[] {
  if (wanted === undefined) return []
  const isScalar = typeof wanted !== 'object' || wanted === null
  if (isScalar && isSecretName(path.slice(path.lastIndexOf('.') + 1))) {
    return wanted === found ? [] : [`${path}: not what was expected`]
  }
  if (isScalar) {
    return wanted === found ? [] : [`${path}: expected ${show(wanted)}, was ${show(found)}`]
  }
  if (typeof found !== 'object' || found === null || Array.isArray(wanted) !== Array.isArray(found)) {
    return [`${path}: expected ${show(wanted)}, was ${show(found)}`]
  }
  const members = found as Record<string, unknown>
  const differences = Object.entries(wanted).flatMap(([key, value]) =>
    missing(value, Object.hasOwn(members, key) ? members[key] : undefined, `${path}.${key}`),
  )
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.length !== found.length) {
    differences.push(`${path}: expected ${wanted.length} items, was ${found.length}`)
  }
  return differences
}

const headersOf = ({ headers }: Noted): Headers => JSON.parse(headers.toString('utf8')) as Headers

function toExchange({ id, noted, requestBytes, responseBytes }: Kept): Exchange {
  const headers = headersOf(noted)
  const mask = masking(headers, noted.requestBody)
  return {
    id,
    at: formatTimestamp(noted.at),
    worldTime: formatTimestamp(noted.worldTime),
    operation: noted.operation,
    method: noted.method,
    path: mask.text(noted.path),
    persona: noted.persona,
    status: noted.status,
    durationMs: Math.round(noted.durationMs * 1000) / 1000,
    request: {
      headers: mask.headers(
        noted.contentType === undefined ? headers : { ...headers, 'content-type': noted.contentType },
      ),
      body: mask.text(noted.requestBody?.toString('utf8') ?? ''),
      bodyBytes: requestBytes,
    },
    response: { body: mask.text(noted.responseBody.toString('utf8')), bodyBytes: responseBytes },
    unknownFields: noted.unknownFields.map(({ path }) => mask.text(path)),
    fault: noted.fault,
    scenario: noted.scenario,
    jobId: noted.jobId === null ? null : mask.text(noted.jobId),
    ground: noted.ground,
  }
}
