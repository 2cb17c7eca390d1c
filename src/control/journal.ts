import { clearTimeout, setTimeout } from '../base/timers.ts'
import type { Conditions, Exchange, JournalQuery, VerifyRequest, VerifyResponse } from '../../schemas/journal.ts'
import { ApiError, show } from '../base/errors.ts'
import { formatTimestamp, type Micros } from '../base/timestamps.ts'
import type { UnknownField } from '../wire/unknown-fields.ts'
import { type Headers, isSecretName, masking } from './masking.ts'

/** An exchange as it is passed to the journal. */
export interface Noted {
  readonly at: Micros
  readonly worldTime: Micros
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly persona: string
  readonly status: number
  readonly durationMs: number
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[]
  readonly requestBody: Buffer | undefined
  /** Bytes that came or went without being kept; absent: those of the body. */
  readonly requestBytes?: number | undefined
  readonly responseBody: string
  readonly responseBytes?: number | undefined
  readonly unknownFields: readonly UnknownField[]
  readonly fault: string | null
  readonly scenario: string | null
  readonly jobId: string | null
  readonly ground: string
}

/** An exchange as it is passed to observers: unmasked. */
export interface Observed extends Noted {
  /** Its world; null if it is not known: missing or bad credentials, an unknown path, the control API. */
  readonly world: string | null
  /** Seconds that the answer asked the client to wait; null if it did not. */
  readonly retryAfter: number | null
}

/** Called with every exchange when it has ended, whether a journal keeps it or not. */
export type Observer = (exchange: Observed) => void

/** The newest exchanges of all worlds. They are kept in memory only. */
export interface Journal {
  note(world: string, exchange: Noted): void
  /** Exchanges that fit, oldest first. */
  list(world: string, query: JournalQuery): Exchange[]
  /**
   * The same, but waits for the first one that fits.
   *
   * @param patience milliseconds of real time; resolves to an empty list after it
   * @param signal ends the wait, as when the client has gone
   */
  wait(world: string, query: JournalQuery, patience: number, signal?: AbortSignal): Promise<Exchange[]>
  verify(world: string, request: VerifyRequest): VerifyResponse
  /**
   * Hears of every exchange that is kept from now on, in any world.
   *
   * @param listener given the world, the id, and a function that makes the exchange as `list` answers it
   * @returns ends it
   */
  watch(listener: Watcher): () => void
  count(world: string): number
  /** Names of the worlds of which exchanges are kept, opened or not. */
  worlds(): string[]
  /** The id of the newest exchange; 0 if there was none. */
  lastId(): number
  clear(world: string): void
  /** Ends all waiting, so that the program can end. */
  close(): void
}

/** Called with each exchange; only those that are shown need to be made. */
type Watcher = (world: string, id: number, exchange: () => Exchange) => void

/** Exchanges kept for a world. */
export const keptExchanges = 1000
/** Bytes kept for a world, and for all worlds together. */
const keptBytesOfWorld = 16 * 1024 * 1024
const keptBytes = 64 * 1024 * 1024
/** Bytes of a body that are kept. */
export const keptBody = 64 * 1024
/** Unknown fields of an exchange that are kept. */
const keptFields = 100

/** An exchange in the journal. Its bodies are texts, so that it does not hold the chunk of a socket in memory. */
interface Kept extends Omit<Noted, 'requestBody' | 'requestBytes' | 'responseBytes' | 'unknownFields'> {
  /** Rises from exchange to exchange. */
  readonly id: number
  readonly requestBody: string
  readonly requestBytes: number
  readonly responseBytes: number
  /** The unknown fields that are kept. */
  readonly unknownFields: readonly UnknownField[]
  /** Estimate of the memory that it takes. */
  readonly bytes: number
}

/** A request that waits for an exchange. It looks at each new one only: a search for each would slow everybody down. */
interface Waiting {
  readonly see: (kept: Kept) => void
  readonly finish: () => void
}

/** Requests that may wait in one world. */
const maxWaiting = 1000

/** The exchanges of one world, oldest first. */
interface Kepts {
  readonly exchanges: Kept[]
  bytes: number
}

/** Approximate bytes of an exchange besides its texts. */
const fixedBytes = 500

/**
 * Masking and formatting are done when the journal is read: every request pays for what is done here.
 *
 * @param before the headers of the exchange before, which a client that goes on mostly repeats
 */
function keep(id: number, noted: Noted, before: readonly string[]): Kept {
  const { path, unknownFields, requestBody: sent } = noted
  const headers = areEqual(noted.headers, before) ? before : noted.headers
  const requestBody = sent === undefined ? '' : sent.toString('utf8', 0, keptBody)
  const responseLength = Buffer.byteLength(noted.responseBody)
  const responseBody =
    responseLength <= keptBody ? noted.responseBody : Buffer.from(noted.responseBody).toString('utf8', 0, keptBody)
  let bytes = fixedBytes + path.length + sizeOf(requestBody, sent?.length) + sizeOf(responseBody, responseLength)
  if (headers !== before) for (const text of headers) bytes += text.length
  return {
    id,
    at: noted.at,
    worldTime: noted.worldTime,
    operation: noted.operation,
    method: noted.method,
    path,
    persona: noted.persona,
    status: noted.status,
    durationMs: noted.durationMs,
    headers,
    requestBody,
    requestBytes: noted.requestBytes ?? sent?.length ?? 0,
    responseBody,
    responseBytes: noted.responseBytes ?? responseLength,
    unknownFields: unknownFields.length === 0 ? none : unknownFields.slice(0, keptFields),
    fault: noted.fault,
    scenario: noted.scenario,
    jobId: noted.jobId,
    ground: noted.ground,
    bytes,
  }
}

/** Bytes of a text in memory: one a character, or two if any of them is beyond ASCII, as its length in UTF-8 tells. */
const sizeOf = (text: string, utf8 = 0): number => (utf8 > text.length ? 2 : 1) * text.length

function areEqual(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false
  return true
}

const none: readonly never[] = []

export function createJournal(): Journal {
  /** In the order of last use: the first is dropped when all together are too large. */
  const worlds = new Map<string, Kepts>()
  const waiting = new Map<string, Set<Waiting>>()
  const watchers = new Set<Watcher>()
  let latest: Kepts | undefined
  let lastId = 0
  let bytes = 0
  let closed = false

  function clear(world: string): void {
    bytes -= worlds.get(world)?.bytes ?? 0
    worlds.delete(world)
  }

  const keptOf = (world: string): readonly Kept[] => worlds.get(world)?.exchanges ?? []

  function drop(of: Kepts): void {
    const { bytes: freed } = of.exchanges.shift()!
    of.bytes -= freed
    bytes -= freed
  }

  function find(world: string, { limit, ...conditions }: JournalQuery): Kept[] {
    const found = keptOf(world).filter((kept) => mismatches(kept, conditions).length === 0)
    return limit === undefined ? found : found.slice(Math.max(0, found.length - limit))
  }

  return {
    note(world, noted) {
      const of = worlds.get(world) ?? { exchanges: [], bytes: 0 }
      if (of !== latest) {
        worlds.delete(world)
        worlds.set(world, of)
        latest = of
      }
      const kept = keep(++lastId, noted, of.exchanges.at(-1)?.headers ?? none)
      of.exchanges.push(kept)
      of.bytes += kept.bytes
      bytes += kept.bytes
      while (of.exchanges.length > keptExchanges || of.bytes > keptBytesOfWorld) drop(of)
      while (bytes > keptBytes) {
        const [oldest, first] = worlds.entries().next().value!
        drop(first)
        if (first.exchanges.length === 0) worlds.delete(oldest)
      }
      for (const { see } of [...(waiting.get(world) ?? [])]) see(kept)
      for (const watcher of watchers) watcher(world, kept.id, () => toExchange(kept))
    },

    list: (world, query) => find(world, query).map(toExchange),

    worlds: () => [...worlds.keys()],

    async wait(world, query, patience, signal) {
      const there = find(world, query)
      if (there.length > 0 || patience <= 0 || signal?.aborted === true) return there.map(toExchange)
      const ofWorld = waiting.get(world) ?? new Set()
      if (ofWorld.size >= maxWaiting)
        throw new ApiError('resourceExhausted', `${maxWaiting} requests wait for world ${world} already`)
      waiting.set(world, ofWorld)
      return new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', finish)
          ofWorld.delete(one)
          if (ofWorld.size === 0) waiting.delete(world)
          resolve(closed || signal?.aborted === true ? [] : find(world, query).map(toExchange))
        }
        const one: Waiting = {
          see(kept) {
            if (mismatches(kept, query).length === 0) finish()
          },
          finish,
        }
        const timer = setTimeout(finish, patience)
        signal?.addEventListener('abort', finish)
        ofWorld.add(one)
      })
    },

    verify(world, { body, count, ...query }) {
      const exchanges = keptOf(world)
      const judged = exchanges.map((exchange) => ({
        exchange,
        differences: [...mismatches(exchange, query), ...bodyMismatches(exchange, body)],
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
                const { text } = masking(headersOf(exchange.headers), exchange.requestBody)
                return { exchange: toExchange(exchange), differences: differences.map(text) }
              }),
      }
    },

    watch(listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },

    count: (world) => keptOf(world).length,
    lastId: () => lastId,
    clear,
    close() {
      closed = true
      for (const ofWorld of [...waiting.values()]) for (const { finish } of [...ofWorld]) finish()
    },
  }
}

/** The conditions that an exchange does not meet, in words. */
function mismatches(kept: Kept, { operation, persona, status, jobId, after }: Conditions): string[] {
  const differences: string[] = []
  const compare = (name: string, wanted: unknown, found: unknown): void => {
    if (wanted !== undefined && wanted !== found)
      differences.push(`${name}: expected ${show(wanted)}, was ${show(found)}`)
  }
  compare('operation', operation === '*' ? undefined : operation, kept.operation)
  compare('persona', persona, kept.persona)
  compare('status', status, kept.status)
  compare('jobId', jobId, kept.jobId)
  if (after !== undefined && kept.id <= after) differences.push(`id: expected more than ${after}, was ${kept.id}`)
  return differences
}

/** The differences of the body from the wanted members, in words. */
function bodyMismatches({ requestBody, requestBytes }: Kept, wanted: unknown): string[] {
  if (wanted === undefined) return []
  if (requestBytes > keptBody) {
    return [`body: of its ${requestBytes} bytes the journal keeps ${keptBody}, so it cannot be compared`]
  }
  return missing(wanted, parsed(requestBody))
}

function parsed(body: string): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** The differences of a value from the wanted one: an object must have all wanted members, other values must be equal. */
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

/** Headers by their names in lower case; one that came several times has several values. */
export function headersOf(raw: readonly string[]): Headers {
  const headers: Record<string, string | string[]> = {}
  for (let index = 0; index < raw.length; index += 2) {
    const [name, value] = [raw[index]!.toLowerCase(), raw[index + 1]!]
    const before = headers[name]
    headers[name] = before === undefined ? value : [before, value].flat()
  }
  return headers
}

function toExchange(kept: Kept): Exchange {
  const { requestBody, jobId } = kept
  const headers = headersOf(kept.headers)
  const mask = masking(headers, requestBody)
  return {
    id: kept.id,
    at: formatTimestamp(kept.at),
    worldTime: formatTimestamp(kept.worldTime),
    operation: kept.operation,
    method: kept.method,
    path: mask.text(kept.path),
    persona: kept.persona,
    status: kept.status,
    durationMs: Math.round(kept.durationMs * 1000) / 1000,
    request: {
      headers: mask.headers(headers),
      body: mask.text(requestBody),
      bodyBytes: kept.requestBytes,
    },
    response: { body: mask.text(kept.responseBody), bodyBytes: kept.responseBytes },
    unknownFields: kept.unknownFields.map(({ path }) => mask.text(path)),
    suggestions: Object.fromEntries(
      kept.unknownFields.flatMap(({ path, suggestion }) =>
        suggestion === undefined ? [] : [[mask.text(path), suggestion]],
      ),
    ),
    fault: kept.fault,
    scenario: kept.scenario,
    jobId: jobId === null ? null : mask.text(jobId),
    ground: kept.ground,
  }
}
