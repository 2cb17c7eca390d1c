import type { UnknownField } from './protojson.ts'
import type { Micros } from './timestamps.ts'

/** An exchange as the journal is told of it. */
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

/**
 * An exchange as the journal keeps it. What is long, or read only when somebody looks, lies as bytes in a page that many
 * exchanges share: what lives as long as the journal's memory, and is made at every request, is costly to have as objects.
 */
export interface KeptExchange {
  /** Rises from exchange to exchange. */
  readonly id: number
  readonly operation: string
  readonly method: string
  readonly persona: string
  readonly status: number
  readonly unknownFields: readonly UnknownField[]
  readonly fault: string | null
  readonly scenario: string | null
  readonly jobId: string | null
  readonly ground: string
  /** Bytes of the bodies as they were sent. */
  readonly requestBytes: number
  readonly responseBytes: number
  readonly page: Buffer
  /** Where it begins in the page. */
  readonly start: number
  /** Bytes of its parts in the page, in the order of `Texts`. */
  readonly headersLength: number
  readonly pathLength: number
  readonly requestLength: number
  readonly responseLength: number
}

/** What lies in the page. */
export interface Texts {
  readonly at: Micros
  readonly worldTime: Micros
  readonly durationMs: number
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[]
  readonly path: string
  readonly requestBody: Buffer
  readonly responseBody: string
}

/** Bytes of a body that are kept. */
export const keptBody = 64 * 1024
/** Unknown fields of a body that are kept. */
const keptFields = 100

/** Bytes of the numbers before the texts. */
const numbers = 3 * 8

const firstPage = 4 * 1024
const largestPage = 64 * 1024

/** Where exchanges of one world are written down. */
export interface Pages {
  /** Writes an exchange down. Bodies are cut where they are longer than what is kept. */
  write(id: number, noted: Noted): KeptExchange
  /** Takes back a page with nothing in it any more. */
  reuse(page: Buffer): void
}

/** @param onBegun is told of the bytes of each page that is begun; a page goes with the last exchange in it */
export function createPages(onBegun: (bytes: number) => void): Pages {
  let page: Buffer = Buffer.alloc(0)
  let used = 0
  let spare: Buffer | undefined

  /** Sees to it that so many bytes have room. Pages grow, so that a world with few requests stays small. */
  function makeRoom(bytes: number): void {
    if (used + bytes <= page.length) return
    const size = Math.max(bytes, Math.min(largestPage, Math.max(firstPage, 2 * page.length)))
    // Memory outside the heap that comes and goes makes the collector of garbage work without need.
    page = spare?.length === size ? spare : Buffer.allocUnsafeSlow(size)
    spare = undefined
    used = 0
    onBegun(size)
  }

  return {
    write(id, noted) {
      const { path, requestBody, responseBody, unknownFields } = noted
      // No header has a line break in it.
      const headers = noted.headers.join('\n')
      const received = requestBody === undefined ? 0 : requestBody.length
      const answered = Buffer.byteLength(responseBody)
      const requestLength = Math.min(received, keptBody)
      makeRoom(numbers + headers.length + 3 * path.length + requestLength + Math.min(answered, keptBody))
      const start = used
      page.writeDoubleLE(noted.at, start)
      page.writeDoubleLE(noted.worldTime, start + 8)
      page.writeDoubleLE(noted.durationMs, start + 16)
      used += numbers
      const headersLength = page.write(headers, used, 'latin1')
      used += headersLength
      const pathLength = page.write(path, used)
      used += pathLength
      requestBody?.copy(page, used, 0, requestLength)
      used += requestLength
      // Plain ASCII is copied many times faster as what it also is. Else less than asked for where a character would be cut.
      const encoding = answered === responseBody.length ? 'latin1' : 'utf8'
      const responseLength = page.write(responseBody, used, Math.min(answered, keptBody), encoding)
      used += responseLength
      return {
        id,
        operation: noted.operation,
        method: noted.method,
        persona: noted.persona,
        status: noted.status,
        unknownFields: unknownFields.length > keptFields ? unknownFields.slice(0, keptFields) : unknownFields,
        fault: noted.fault,
        scenario: noted.scenario,
        jobId: noted.jobId,
        ground: noted.ground,
        requestBytes: noted.requestBytes ?? received,
        responseBytes: noted.responseBytes ?? answered,
        page,
        start,
        headersLength,
        pathLength,
        requestLength,
        responseLength,
      }
    },
    reuse(freed) {
      if (freed.length === largestPage && freed !== page) spare = freed
    },
  }
}

/** Reads what lies in the page of an exchange. */
export function textsOf({
  page,
  start,
  headersLength,
  pathLength,
  requestLength,
  responseLength,
}: KeptExchange): Texts {
  let end = start + numbers
  const next = (length: number): Buffer => page.subarray(end, (end += length))
  const headers = next(headersLength).toString('latin1')
  return {
    at: page.readDoubleLE(start),
    worldTime: page.readDoubleLE(start + 8),
    durationMs: page.readDoubleLE(start + 16),
    headers: headers === '' ? [] : headers.split('\n'),
    path: next(pathLength).toString('utf8'),
    requestBody: next(requestLength),
    responseBody: next(responseLength).toString('utf8'),
  }
}
