import { type ApiError, invalidArgument } from '../base/errors.ts'
import { decodeUtf8, encodeUtf8, type Extent, firstValue, goText, maxNesting, NotJson, skipSpace } from './json-text.ts'
import type { UnknownField } from './unknown-fields.ts'

/** Levels of lists and objects that are kept; protobuf-go has a limit too. This one is what every JSON writer here stands (chosen). */
const maxDepth = 1000

/** Characters of a value that an error message repeats. */
const shownCharacters = 100

/** Tells if a character can be in a number or a literal after the first one: letters, digits, `+`, `-` and `.`. */
const isPart = (code: number): boolean => code > 0x2a && code !== 0x2c && code !== 0x5d && code !== 0x7d

const quote = 0x22
const backslash = 0x5c

/** The key of a map that leads to a place. */
interface MapKey {
  readonly key: string
}

/**
 * A reader of one JSON value, with the rules and the words of protobuf-go's `protojson` (measured on a real gateway).
 *
 * `open()` has made sure of the grammar, so that what is read needs no check but for strings. The place is always before a
 * token or at the white space before it.
 */
export class JsonReader {
  /** Index of the next character. */
  at: number
  /** Names and indices of the fields that lead to the place, for hints. */
  readonly path: (string | number | MapKey)[] = []
  /** Parts of the message that were sent and are not read. */
  readonly unknown: UnknownField[]
  /** The first required field that is missing; the service looks for them after the whole message was decoded. */
  missing: ApiError | undefined = undefined
  private readonly text: string
  private readonly extent: Extent
  /** Neither escapes nor pairs of surrogates are in the text, so that a string ends at the next quote. */
  private readonly isPlain: boolean
  private depth = 0

  private constructor(text: string, extent: Extent, unknown: UnknownField[]) {
    this.text = text
    this.extent = extent
    this.isPlain = !/[\\\ud800-\udfff]/.test(text)
    this.at = extent.start
    this.unknown = unknown
  }

  /**
   * Opens the first JSON value of a body.
   *
   * @returns undefined for a body of white space, which counts as none
   * @throws ApiError 400, code 3, in the words of Go's `encoding/json`
   */
  static open(body: Buffer | string, unknown: UnknownField[]): JsonReader | undefined {
    const text = typeof body === 'string' ? body : decodeUtf8(body)
    try {
      const extent = firstValue(text)
      if (extent === undefined) return undefined
      const reader = new JsonReader(text, extent, unknown)
      if (extent.end < text.length && skipSpace(text, extent.end) < text.length) {
        unknown.push({
          path: 'request body',
          suggestion: undefined,
          note: `what follows ${reader.place(extent.end)} is not read`,
        })
      }
      return reader
    } catch (error) {
      throw error instanceof NotJson ? invalidArgument(error.message, 'bad-json') : error
    }
  }

  /** The text and what `JSON.parse` made of it, if that reads strings as this reader does and the whole text is one value. */
  get parsed(): { readonly text: string; readonly value: unknown } | undefined {
    const { text, extent } = this
    return this.isPlain && extent.parsed !== undefined ? { text, value: extent.parsed } : undefined
  }

  /** The code of the next token's first character, which is not consumed. */
  next(): number {
    this.at = skipSpace(this.text, this.at)
    return this.text.charCodeAt(this.at)
  }

  /** Consumes `null` if it is next. */
  takeNull(): boolean {
    if (this.next() !== 0x6e) return false
    this.at += 4
    return true
  }

  /** Enters the object or list that is next, if it is one. */
  enter(bracket: '{' | '['): boolean {
    if (this.next() !== bracket.charCodeAt(0)) return false
    if (++this.depth > maxDepth) throw invalidArgument('exceeded max depth', 'bad-json')
    this.at++
    return true
  }

  /** Moves to the next member or element of what was entered last; false, and out of it, if there is none. */
  more(): boolean {
    let code = this.next()
    if (code === 0x2c) {
      this.at++
      code = this.next()
    }
    if (code !== 0x7d && code !== 0x5d) return true
    this.depth--
    this.at++
    return false
  }

  /** Reads a member's name and the colon after it. */
  name(): string {
    const name = this.string()
    this.next()
    this.at++
    return name
  }

  /** Reads the string that is next. @throws ApiError for bytes and escapes that stand for no character */
  string(): string {
    const { text } = this
    this.next()
    const start = this.at + 1
    if (this.isPlain) {
      const end = text.indexOf('"', start)
      this.at = end + 1
      return text.slice(start, end)
    }
    for (let end = start; ; end++) {
      const code = text.charCodeAt(end)
      if (code === quote) {
        this.at = end + 1
        return text.slice(start, end)
      }
      if (code === backslash || (code >= 0xd800 && code <= 0xdfff)) return this.oddString(start, end)
    }
  }

  private oddString(start: number, odd: number): string {
    const { text } = this
    let value = text.slice(start, odd)
    let at = odd
    for (;;) {
      const code = text.codePointAt(at)!
      if (code === quote) {
        this.at = at + 1
        return value
      }
      if (code >= 0xd800 && code <= 0xdfff) throw this.syntax(start - 1, 'invalid UTF-8 in string')
      if (code !== backslash) {
        value += String.fromCodePoint(code)
        at += code > 0xffff ? 2 : 1
      } else if (text[at + 1] !== 'u') {
        value += { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[text[at + 1]!] ?? text[at + 1]!
        at += 2
      } else {
        const unit = Number.parseInt(text.slice(at + 2, at + 6), 16)
        at += 6
        if (unit >= 0xd800 && unit <= 0xdfff) {
          const following = encodeUtf8(text.slice(at, Math.min(at + 6, this.extent.end))).subarray(0, 6)
          if (following.length < 6) throw invalidArgument('proto: unexpected EOF', 'bad-json')
          const low = /^\\u(d[c-f][0-9a-f]{2})$/i.exec(following.toString('latin1'))
          if (unit > 0xdbff || low === null)
            throw this.syntax(start - 1, `invalid escape code "${goText(decodeUtf8(following))}" in string`)
          value += String.fromCharCode(unit, Number.parseInt(low[1]!, 16))
          at += 6
        } else value += String.fromCharCode(unit)
      }
    }
  }

  /** Consumes the token that is next, a scalar, and returns its text. */
  scalar(): string {
    const start = this.at
    const raw = this.raw(start)
    this.at = start + raw.length
    return raw
  }

  /** Skips the value that is next as protojson does: strings are checked, names that occur twice are not. */
  skipValue(): void {
    let open = 0
    do {
      const code = this.next()
      if (code === quote) this.string()
      else if (code === 0x7b || code === 0x5b) {
        if (++open > maxNesting) throw invalidArgument('exceeded max depth', 'bad-json')
        this.at++
      } else if (code === 0x7d || code === 0x5d) {
        open--
        this.at++
      } else if (code === 0x2c || code === 0x3a) this.at++
      else this.scalar()
      // A comma or a colon is not a token: it does not end a value.
    } while (open > 0)
  }

  /** The token at an index as it stands in the text; of an object or a list its bracket. */
  private raw(at: number): string {
    const { text } = this
    if (text.charCodeAt(at) === quote) {
      let end = at + 1
      while (text.charCodeAt(end) !== quote) end += text.charCodeAt(end) === backslash ? 2 : 1
      return text.slice(at, end + 1)
    }
    let end = at + 1
    if (text[at] === '{' || text[at] === '[') return text[at]
    while (end < this.extent.end && isPart(text.charCodeAt(end))) end++
    return text.slice(at, end)
  }

  /** The token at an index, as an error message may show it. */
  shown(at: number): string {
    const raw = this.raw(at)
    return raw.length > shownCharacters ? `${raw.slice(0, shownCharacters - 3)}...` : raw
  }

  /** The whole value as JSON.parse reads it, with U+FFFD for every byte that belongs to no character. */
  plain(): unknown {
    return JSON.parse(this.text.slice(this.extent.start, this.extent.end).toWellFormed())
  }

  /** The text that was read since `start`, as an error message may show it. */
  excerpt(start: number): string {
    const text = this.text.slice(start, this.at)
    return text.length > shownCharacters ? `${text.slice(0, shownCharacters - 3)}...` : text
  }

  /** `config.taskTimeout`, `filters[0].value`: the field at the place. */
  get field(): string {
    let field = ''
    for (const step of this.path) {
      if (typeof step === 'number') field += `[${step}]`
      else field += `${field === '' ? '' : '.'}${typeof step === 'string' ? step : step.key}`
    }
    return field
  }

  /** Line and column of an index, counted from 1 in the value; characters are counted, not bytes. */
  private place(at: number): string {
    let line = 1
    let column = 1
    for (const character of this.text.slice(this.extent.start, at)) {
      column = character === '\n' ? 1 : column + 1
      if (character === '\n') line++
    }
    return `line ${line}:${column}`
  }

  /** The error of a value that does not fit its field: Go's words, then a hint of what would. */
  fault(at: number, message: string, hint = ''): ApiError {
    return invalidArgument(`proto: (${this.place(at)}): ${message}${hint === '' ? '' : `; ${hint}`}`)
  }

  /** The error of a token that cannot stand here. */
  syntax(at: number, message: string, hint = ''): ApiError {
    return invalidArgument(
      `proto: syntax error (${this.place(at)}): ${message}${hint === '' ? '' : `; ${hint}`}`,
      'bad-json',
    )
  }

  /** The error of a token of another kind than the field takes. */
  unexpected(expected: string): ApiError {
    const at = skipSpace(this.text, this.at)
    this.checkString(at)
    return this.syntax(at, `unexpected token ${this.shown(at)}`, this.expects(expected))
  }

  /** The error of a scalar that the field does not take. */
  invalid(kind: string, at: number, expected: string): ApiError {
    this.checkString(at)
    const step = this.path.findLast((each) => typeof each !== 'number') ?? ''
    // A map is a list of messages with the fields `key` and `value`.
    const name = typeof step === 'string' ? step : 'value'
    return this.fault(at, `invalid value for ${kind} field ${name}: ${this.shown(at)}`, this.expects(expected))
  }

  /** Throws the fault within a string, if one stands at an index: it comes before that of its kind. */
  private checkString(at: number): void {
    if (this.text.charCodeAt(at) !== quote) return
    this.at = at
    this.string()
  }

  private expects(expected: string): string {
    return `${this.path.length === 0 ? 'the request body' : this.field} takes ${expected}`
  }
}
