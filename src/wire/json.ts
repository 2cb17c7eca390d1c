import { isUtf8 } from 'node:buffer'
import { invalidArgument } from '../base/errors.ts'

/** protobuf-go has such a limit too, at 10,000; this one is what every JSON writer here stands (chosen). */
const maxDepth = 1000

/**
 * Reads a request body the way the gateway's JSON reader does.
 *
 * Stricter than `JSON.parse` in three points: bytes that are no UTF-8, half a surrogate pair, and a name that occurs twice
 * in one object are refused, since none of them could be kept without losing something.
 *
 * @param body the bytes of the body; empty means no message at all
 * @returns the value, or undefined for an empty body
 * @throws ApiError 400, code 3; the texts follow Go's `encoding/json` and protobuf-go (inferred)
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw invalidArgument('proto: syntax error: invalid UTF-8 in request body', 'bad-json')
  const text = body.toString('utf8')
  const { depth, names } = survey(text)
  if (depth > maxDepth) throw invalidArgument('proto: exceeded max recursion depth', 'bad-json')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalidArgument(syntaxMessage(text, error), 'bad-json')
  }
  if (text.includes('\\u') && !wellFormed(value)) {
    throw invalidArgument('proto: syntax error: invalid escape code: half of a surrogate pair in a string', 'bad-json')
  }
  if (names !== namesInValue(value)) {
    throw invalidArgument(`proto: duplicate field ${JSON.stringify(firstDuplicate(text))}`, 'bad-json')
  }
  return value
}

function syntaxMessage(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (text.trim() === '' || /end of JSON input|Unterminated string/i.test(message)) return 'unexpected EOF'
  // V8 does not say where a value fails to begin, but with which character.
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1]
  if (token !== undefined) return `invalid character ${quote(token)} looking for beginning of value`
  const found = /position (\d+)/.exec(message)
  if (found === null) return 'invalid JSON'
  const position = Number(found[1])
  if (position >= text.length) return 'unexpected EOF'
  const character = String.fromCodePoint(text.codePointAt(position) ?? 0xfffd)
  return `invalid character ${quote(character)} at position ${position}`
}

/** As Go shows a character: a line end or a byte order mark would not be seen. */
function quote(character: string): string {
  const shown = JSON.stringify(character).slice(1, -1).replace('\\"', '"')
  return `'${shown.replace("'", "\\'").replace('\ufeff', '\\ufeff')}'`
}

/**
 * How deep the text nests, and how many member names it holds, repeated ones counted each time; the latter only means something
 * if it is valid JSON. Runs before the parser, whose own stack is not to be trusted with hostile input.
 */
function survey(text: string): { depth: number; names: number } {
  let depth = 0
  let deepest = 0
  let names = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) {
      i = endOfString(text, i)
      if (i === -1) break
    } else if (code === 0x3a) names++
    else if (code === 0x7b || code === 0x5b) {
      depth++
      if (depth > deepest) deepest = depth
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return { depth: deepest, names }
}

/** Index of the quote that closes the string opened at `start`, or -1. */
function endOfString(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return -1
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return end
  }
}

const isName = (text: string, end: number): boolean => {
  let next = end + 1
  while (/\s/.test(text[next] ?? '')) next++
  return text.charCodeAt(next) === 0x3a
}

function namesInValue(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += namesInValue(item)
    return count
  }
  for (const name in value) count += 1 + namesInValue((value as Record<string, unknown>)[name])
  return count
}

/** The first name that occurs twice in one object of valid JSON text that has such a name. */
function firstDuplicate(text: string): string {
  const objects: Set<string>[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '{') objects.push(new Set())
    else if (character === '}') objects.pop()
    else if (character === '"') {
      const end = endOfString(text, i)
      if (isName(text, end)) {
        const name = JSON.parse(text.slice(i, end + 1)) as string
        const names = objects.at(-1)
        if (names?.has(name)) return name
        names?.add(name)
      }
      i = end
    }
  }
  return ''
}

function wellFormed(value: unknown): boolean {
  if (typeof value === 'string')
    return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(wellFormed)
  return Object.entries(value).every(([name, item]) => wellFormed(name) && wellFormed(item))
}
