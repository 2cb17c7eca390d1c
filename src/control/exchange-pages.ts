import type { UnknownField } from '../wire/decode.ts'
import type { Micros } from '../base/timestamps.ts'

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

/** Bytes of a body that are kept. */
export const keptBody = 64 * 1024
/** Unknown fields of a body that are kept. */
const keptFields = 100

/** The numbers before the texts of an exchange, by their places; eight bytes each, so that they are aligned. */
const place = {
  id: 0,
  at: 1,
  worldTime: 2,
  durationMs: 3,
  status: 4,
  requestBytes: 5,
  responseBytes: 6,
  // Of what there are few kinds, the place in `kinds`.
  operation: 7,
  method: 8,
  persona: 9,
  ground: 10,
  // Where the headers are in the page, in bytes, and how many those are: exchanges of one client mostly have the same.
  headersAt: 11,
  headers: 12,
  // Bytes of the texts, which follow in this order.
  head: 13,
  remarks: 14,
  requestBody: 15,
  responseBody: 16,
} as const
const numberOfPlaces = 17

/** Fields that most exchanges lack. */
interface Remarks {
  readonly fault: string | null
  readonly scenario: string | null
  /** Paths of the unknown fields. */
  readonly unknownFields: readonly string[]
}
const noRemarks: Remarks = { fault: null, scenario: null, unknownFields: [] }

/** Operations, methods, personas and grounds: a few hundred texts, which are numbered as they come up. */
const kinds: string[] = []
const numberOfKind = new Map<string, number>()

function kindOf(text: string): number {
  const known = numberOfKind.get(text)
  if (known !== undefined) return known
  numberOfKind.set(text, kinds.length)
  return kinds.push(text) - 1
}

interface Page {
  readonly bytes: Buffer
  /** The same memory. */
  readonly numbers: Float64Array
  /** Where its exchanges begin, in numbers. */
  readonly starts: number[]
}

/** An exchange as it was written down. Nothing is read but what is asked for. */
export class KeptExchange {
  readonly #page: Page
  readonly #start: number

  constructor(page: Page, start: number) {
    this.#page = page
    this.#start = start
  }

  #number(at: keyof typeof place): number {
    return this.#page.numbers[this.#start + place[at]]!
  }

  #bytes(text: keyof typeof place): Buffer {
    let start = (this.#start + numberOfPlaces) * 8
    for (let before: number = place.head; before < place[text]; before++) {
      start += this.#page.numbers[this.#start + before]!
    }
    return this.#page.bytes.subarray(start, start + this.#number(text))
  }

  /** Rises from exchange to exchange. */
  get id(): number {
    return this.#number('id')
  }
  get at(): Micros {
    return this.#number('at')
  }
  get worldTime(): Micros {
    return this.#number('worldTime')
  }
  get durationMs(): number {
    return this.#number('durationMs')
  }
  get status(): number {
    return this.#number('status')
  }
  get operation(): string {
    return kinds[this.#number('operation')]!
  }
  get method(): string {
    return kinds[this.#number('method')]!
  }
  get persona(): string {
    return kinds[this.#number('persona')]!
  }
  get ground(): string {
    return kinds[this.#number('ground')]!
  }
  get path(): string {
    return this.#head()[0]!
  }
  get jobId(): string | null {
    return this.#head().slice(1).join('\n') || null
  }
  #head(): string[] {
    return this.#bytes('head').toString().split('\n')
  }
  /** Names and values in turn, as they came. */
  get headers(): readonly string[] {
    const start = this.#number('headersAt')
    const text = this.#page.bytes.toString('latin1', start, start + this.#number('headers'))
    return text === '' ? [] : text.split('\n')
  }
  get remarks(): Remarks {
    const text = this.#bytes('remarks').toString()
    return text === '' ? noRemarks : (JSON.parse(text) as Remarks)
  }
  /** The body that was kept, and how many bytes were sent. */
  get requestBody(): Buffer {
    return this.#bytes('requestBody')
  }
  get requestBytes(): number {
    return this.#number('requestBytes')
  }
  get responseBody(): string {
    return this.#bytes('responseBody').toString()
  }
  get responseBytes(): number {
    return this.#number('responseBytes')
  }
}

const firstPage = 4 * 1024
const largestPage = 64 * 1024

/**
 * Exchanges, oldest first, as bytes in pages that many of them share: what lives as long as the journal's memory and is made
 * at every request is costly to have as objects.
 */
export class KeptExchanges implements Iterable<KeptExchange> {
  readonly #pages: Page[] = []
  /** Exchanges of the first page that are gone. */
  #gone = 0
  /** Bytes of the last page that are taken. */
  #used = 0
  #spare: Page | undefined
  /** The headers that the last page got last. */
  #headers: { readonly texts: readonly string[]; readonly at: number; readonly length: number } | undefined
  #count = 0
  #bytes = 0

  get count(): number {
    return this.#count
  }

  /** Bytes that they take in memory; those of a page go with the last exchange in it. */
  get bytes(): number {
    return this.#bytes
  }

  *[Symbol.iterator](): Generator<KeptExchange> {
    let skipped = this.#gone
    for (const page of this.#pages) {
      for (let index = skipped; index < page.starts.length; index++) yield new KeptExchange(page, page.starts[index]!)
      skipped = 0
    }
  }

  /** Writes an exchange down. Bodies are cut where they are longer than what is kept. */
  add(id: number, noted: Noted): void {
    const { path, headers, requestBody, responseBody, unknownFields, fault, scenario } = noted
    // A path has no line break in it.
    const head = `${path}\n${noted.jobId ?? ''}`
    const remarks =
      fault === null && scenario === null && unknownFields.length === 0
        ? ''
        : JSON.stringify({
            fault,
            scenario,
            unknownFields: unknownFields.slice(0, keptFields).map((field) => field.path),
          } satisfies Remarks)
    const received = requestBody === undefined ? 0 : requestBody.length
    const requestLength = Math.min(received, keptBody)
    // No character of a string takes more than three bytes.
    const mostAnswered = 3 * responseBody.length
    const responseLength = Math.min(mostAnswered, keptBody)
    let texts = 3 * (head.length + remarks.length) + requestLength + responseLength
    for (const text of headers) texts += text.length + 1
    const page = this.#makeRoom(numberOfPlaces * 8 + texts)
    const { bytes, numbers } = page

    const start = this.#used / 8
    let end = this.#used + numberOfPlaces * 8
    const write = (text: string, most = bytes.length - end): number => {
      const length = text === '' ? 0 : bytes.write(text, end, most)
      end += length
      return length
    }
    numbers[start + place.id] = id
    numbers[start + place.at] = noted.at
    numbers[start + place.worldTime] = noted.worldTime
    numbers[start + place.durationMs] = noted.durationMs
    numbers[start + place.status] = noted.status
    numbers[start + place.requestBytes] = noted.requestBytes ?? received
    numbers[start + place.operation] = kindOf(noted.operation)
    numbers[start + place.method] = kindOf(noted.method)
    numbers[start + place.persona] = kindOf(noted.persona)
    numbers[start + place.ground] = kindOf(noted.ground)
    numbers[start + place.head] = write(head)
    numbers[start + place.remarks] = write(remarks)
    if (requestBody !== undefined) {
      bytes.set(received > keptBody ? requestBody.subarray(0, keptBody) : requestBody, end)
      end += requestLength
    }
    numbers[start + place.requestBody] = requestLength
    // Less than asked for where a character would be cut.
    const answered = write(responseBody, responseLength)
    numbers[start + place.responseBody] = answered
    numbers[start + place.responseBytes] =
      noted.responseBytes ?? (mostAnswered > keptBody ? Buffer.byteLength(responseBody) : answered)
    if (this.#headers === undefined || !areEqual(this.#headers.texts, headers)) {
      // No header has a line break in it, and all come byte by byte.
      const length = bytes.write(headers.join('\n'), end, 'latin1')
      this.#headers = { texts: headers, at: end, length }
      end += length
    }
    numbers[start + place.headersAt] = this.#headers.at
    numbers[start + place.headers] = this.#headers.length
    page.starts.push(start)
    this.#used = Math.ceil(end / 8) * 8
    this.#count++
  }

  /** Forgets the oldest one. */
  drop(): void {
    const page = this.#pages[0]!
    this.#count--
    this.#gone++
    if (this.#gone < page.starts.length) return
    this.#gone = 0
    this.#pages.shift()
    this.#bytes -= page.bytes.length
    if (page.bytes.length === largestPage) this.#spare = page
  }

  /** A page with so many bytes free. Pages grow, so that a world with few requests stays small. */
  #makeRoom(bytes: number): Page {
    const last = this.#pages.at(-1)
    if (last !== undefined && this.#used + bytes <= last.bytes.length) return last
    const wanted = Math.max(bytes, Math.min(largestPage, Math.max(firstPage, 2 * (last?.bytes.length ?? 0))))
    const page = this.#reused(wanted) ?? newPage(Math.ceil(wanted / 8) * 8)
    this.#pages.push(page)
    this.#bytes += page.bytes.length
    this.#used = 0
    this.#headers = undefined
    return page
  }

  /** Memory outside the heap that comes and goes makes the collector of garbage work without need. */
  #reused(size: number): Page | undefined {
    const spare = this.#spare
    this.#spare = undefined
    if (spare?.bytes.length !== size) return undefined
    spare.starts.length = 0
    return spare
  }
}

function areEqual(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false
  return true
}

function newPage(size: number): Page {
  const bytes = Buffer.allocUnsafeSlow(size)
  return { bytes, numbers: new Float64Array(bytes.buffer), starts: [] }
}
