import { isUtf8 } from 'node:buffer'

/** Levels of lists and objects that Go's `encoding/json` follows at most. */
export const maxNesting = 10_000

/** Where the first JSON value of a text begins and ends. */
export interface Extent {
  readonly start: number
  readonly end: number
  /** The result of `JSON.parse`; absent if something follows it. */
  readonly parsed?: unknown
}

/** A text that is not JSON, in the words of Go's `encoding/json`. */
export class NotJson extends Error {}

/**
 * Decodes UTF-8. A byte that belongs to no character becomes the lone surrogate U+DC00 plus the byte; no valid UTF-8
 * holds one, so that what reads a string can tell.
 */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  // Valid stretches are decoded as a whole.
  let text = ''
  let clean = 0
  for (let at = 0; at < bytes.length;) {
    const size = characterSize(bytes, at)
    if (size > 0) at += size
    else {
      if (clean < at) text += bytes.toString('utf8', clean, at)
      text += String.fromCharCode(0xdc00 + bytes[at]!)
      clean = ++at
    }
  }
  return text + bytes.toString('utf8', clean)
}

/** Encodes what `decodeUtf8` decoded; the bytes that belong to no character come back as they were. */
export function encodeUtf8(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text)
  return Buffer.concat(
    [...text].map((character) => {
      const code = character.codePointAt(0)!
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character)
    }),
  )
}

/** Bytes of the character at `at`, or 0 if there is none. */
function characterSize(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  // Neither the middle of a character nor one that UTF-8 does not have.
  if (first < 0xc2 || first > 0xf4) return 0
  const second = bytes[at + 1] ?? 0
  const [least, most] =
    first === 0xe0
      ? [0xa0, 0xbf]
      : first === 0xed
        ? [0x80, 0x9f]
        : first === 0xf0
          ? [0x90, 0xbf]
          : first === 0xf4
            ? [0x80, 0x8f]
            : [0x80, 0xbf]
  if (second < least || second > most) return 0
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  for (let i = 2; i < size; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  return size
}

/**
 * Finds the first JSON value of a text; what follows it is not looked at, as Go's decoder reads no further.
 *
 * @returns undefined for a text of white space alone
 * @throws NotJson with the first fault in the text
 */
export function firstValue(text: string): Extent | undefined {
  const start = skipSpace(text, 0)
  if (start === text.length) return undefined
  try {
    // The native parser knows the same grammar; it only cannot tell where a value ends.
    const parsed: unknown = JSON.parse(text)
    return { start, end: text.length, parsed }
  } catch {
    return { start, end: scanValue(text, start) }
  }
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

export function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** Scans one value as the state machine of `encoding/json` does, and returns the index after it. */
function scanValue(text: string, start: number): number {
  /** The closing brackets that are due, innermost last. */
  const open: ('}' | ']')[] = []
  let at = start
  for (;;) {
    at = skipSpace(text, at)
    const character = text[at]
    if (character === '{' || character === '[') {
      if (open.length === maxNesting) throw new NotJson('exceeded max depth')
      at = skipSpace(text, at + 1)
      if (text[at] === (character === '{' ? '}' : ']')) at++
      else {
        open.push(character === '{' ? '}' : ']')
        if (character === '{') at = scanName(text, at)
        continue
      }
    } else at = scanScalar(text, at)
    for (;;) {
      const closing = open.at(-1)
      if (closing === undefined) return at
      at = skipSpace(text, at)
      if (text[at] === ',') {
        at++
        if (closing === '}') at = scanName(text, skipSpace(text, at))
        break
      }
      if (text[at] !== closing)
        return fail(text, at, closing === '}' ? 'after object key:value pair' : 'after array element')
      open.pop()
      at++
    }
  }
}

/** Scans a name and its colon. */
function scanName(text: string, from: number): number {
  if (text[from] !== '"') fail(text, from, 'looking for beginning of object key string')
  const at = skipSpace(text, scanString(text, from))
  if (text[at] !== ':') fail(text, at, 'after object key')
  return at + 1
}

function scanScalar(text: string, at: number): number {
  const character = text[at] ?? ''
  if (character === '"') return scanString(text, at)
  const literal = { t: 'true', f: 'false', n: 'null' }[character]
  if (literal !== undefined) {
    for (let i = 1; i < literal.length; i++) {
      if (text[at + i] !== literal[i]) fail(text, at + i, `in literal ${literal} (expecting '${literal[i]!}')`)
    }
    return at + literal.length
  }
  return /[-0-9]/.test(character) ? scanNumber(text, at) : fail(text, at, 'looking for beginning of value')
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

function scanNumber(text: string, start: number): number {
  let at = start
  const digits = (fault: string) => {
    if (!isDigit(text.charCodeAt(at))) fail(text, at, fault)
    while (isDigit(text.charCodeAt(at))) at++
  }
  if (text[at] === '-') at++
  if (text[at] === '0') at++
  else digits('in numeric literal')
  if (text[at] === '.') {
    at++
    digits('after decimal point in numeric literal')
  }
  if (text[at] === 'e' || text[at] === 'E') {
    at++
    if (text[at] === '+' || text[at] === '-') at++
    digits('in exponent of numeric literal')
  }
  return at
}

function scanString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const character = text[at]
    if (character === '"') return at + 1
    if (character === undefined || character < ' ') fail(text, at, 'in string literal')
    if (character === '\\') {
      at++
      if (text[at] === 'u') {
        for (let i = 0; i < 4; i++) {
          at++
          if (!/[0-9a-fA-F]/.test(text[at] ?? '')) fail(text, at, 'in \\u hexadecimal character escape')
        }
      } else if (!/["\\/bfnrt]/.test(text[at] ?? '')) fail(text, at, 'in string escape code')
    }
  }
}

function fail(text: string, at: number, where: string): never {
  if (at >= text.length) throw new NotJson('unexpected EOF')
  throw new NotJson(`invalid character ${quoteByte(byteAt(text, at))} ${where}`)
}

/** The first byte of the character at an index, as it stood in the body: Go's scanner sees bytes. */
function byteAt(text: string, at: number): number {
  const code = text.codePointAt(at)!
  if (code < 0x80) return code
  if (code >= 0xdc80 && code <= 0xdcff) return code - 0xdc00
  return code < 0x800 ? 0xc0 | (code >> 6) : code < 0x1_0000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18)
}

/** A byte as Go's error messages show it. */
function quoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''"
  return byte === 0x22 ? `'"'` : `'${goText(String.fromCharCode(byte))}'`
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

/** A text as `strconv.Quote` writes it, without the quotes. */
export const goText = (text: string): string =>
  [...text]
    .map((character) => {
      const code = character.codePointAt(0)!
      const hex = code.toString(16)
      if (escapes[character] !== undefined) return escapes[character]
      if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
      if (/^[ \p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character
      if (code > 0xffff) return `\\U${hex.padStart(8, '0')}`
      return code < 0x80 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`
    })
    .join('')
