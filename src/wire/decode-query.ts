import type { TSchema } from '@sinclair/typebox'
import { ApiError, invalidArgument, show } from '../base/errors.ts'
import { snakeCase } from './decode.ts'
import { decodeBase64 } from './base64.ts'
import { decodeUtf8, goText } from './json-text.ts'
import { suggestionOf, type UnknownField } from './unknown-fields.ts'

/** A field of the query's message, or a message in it with fields of its own. */
interface QueryField {
  /** Its name in the proto file, which errors say. */
  readonly proto: string
  /** Its name in the schema, with dots. */
  readonly path: string
  /** The kind of a field that is not a message. */
  readonly kind?: string
  readonly fields: Map<string, QueryField>
}

/**
 * Decodes a query string into the canonical form of its schema.
 *
 * @param text the query as it stands in the URL, without `?`
 * @param unknown collects names that the message does not have
 * @throws ApiError 400, code 3, for a broken escape, a semicolon, a value that does not parse, or several values of one field
 */
export type DecodeQuery = (text: string, unknown: UnknownField[]) => unknown

/**
 * Compiles the reading of a query string, as grpc-gateway fills a message from it (measured).
 *
 * Names come dotted, in camelCase or snake_case. Unknown names are ignored; but a name that ends at a message, goes on behind
 * a field that is none, or has brackets is refused. A schema without fields has its query left unread.
 */
export function compileQueryDecoder(schema: TSchema): DecodeQuery {
  const properties = Object.entries(schema['properties'] as Record<string, TSchema>)
  const names = properties.map(([name]) => name)
  const root = new Map<string, QueryField>()
  for (const [path, property] of properties) {
    let fields = root
    for (const [index, segment] of path.split('.').entries()) {
      const isLast = index === path.split('.').length - 1
      const field: QueryField = fields.get(segment) ?? {
        proto: snakeCase(segment),
        path,
        ...(isLast && { kind: (property['x-proto'] ?? property['type']) as string }),
        fields: new Map(),
      }
      fields.set(segment, field).set(field.proto, field)
      fields = field.fields
    }
  }
  if (properties.length === 0) return () => ({})

  return (text, unknown) => {
    const query: Record<string, unknown> = {}
    for (const [sentName, sentValues] of parseForm(text)) {
      // A name in brackets is the key of a map to the gateway, and one more value if there is no map.
      const bracket = sentName.endsWith(']') ? sentName.lastIndexOf('[') : -1
      const name = bracket < 0 ? sentName : sentName.slice(0, bracket)
      const key = bracket < 0 ? undefined : sentName.slice(bracket + 1, -1)
      const values = key === undefined ? sentValues : [key, ...sentValues]
      const field = fieldOf(root, name)
      if (field === undefined) unknown.push({ path: `?${sentName}`, suggestion: suggestionOf(name, names, unknown) })
      else query[field.path] = valueOf(field, values)
    }
    // A message is written when it is whole.
    if (Object.values(query).some((value) => typeof value === 'string' && !value.isWellFormed())) throw invalidUtf8()
    return query
  }
}

function fieldOf(root: ReadonlyMap<string, QueryField>, name: string): QueryField | undefined {
  let fields = root
  let parent: string | undefined
  let field: QueryField | undefined
  for (const segment of name.split('.')) {
    if (field?.kind !== undefined) {
      throw invalidArgument(`invalid path: ${show(parent)} is not a message; send ${field.path} alone`, 'bad-query')
    }
    field = fields.get(segment)
    if (field === undefined) return undefined
    parent = segment
    fields = field.fields
  }
  return field
}

function valueOf({ proto, path, kind, fields }: QueryField, values: readonly string[]): unknown {
  const [value = ''] = values
  const expected = [...new Set(fields.values())].map((field) => field.path).join(' and ')
  if (values.length > 1) {
    const hint = kind === undefined ? `send ${expected}` : `send ${path} once, without brackets`
    throw invalidArgument(`too many values for field "${proto}": ${shown(values.join(', '))}; ${hint}`, 'bad-query')
  }
  const fail = (problem: string): never => {
    throw invalidArgument(`parsing field "${proto}": ${problem}`, 'bad-query')
  }
  switch (kind) {
    case undefined:
      return fail(`unsupported message type; send ${expected}`)
    case 'uint32':
      return uint32(path, value, fail)
    case 'double':
      return double(path, value, fail)
    case 'bytes': {
      const bytes = decodeBase64(value, 'present')
      if (bytes !== undefined) return bytes.toString('base64')
      return fail(`illegal base64 data in ${quoted(value)}; ${path} takes base64 with its padding, and + as %2B`)
    }
    case 'boolean':
      // As strconv.ParseBool reads it.
      if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true
      if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false
      return fail(`strconv.ParseBool: parsing ${quoted(value)}: invalid syntax; ${path} takes true or false`)
    default:
      return value
  }
}

/** The answer to a text that cannot travel in a message: the gateway gets no further than writing it. */
export const invalidUtf8 = (): ApiError =>
  new ApiError('internal', 'grpc: error while marshaling: string field contains invalid UTF-8', {
    ground: 'invalid-utf8',
  })

const shown = (text: string): string => (text.length > 100 ? `${text.slice(0, 97)}...` : text)

/** A text as `strconv.Quote` writes it, cut to a length that a message can have. */
const quoted = (text: string): string => `"${goText(shown(text))}"`

type Fail = (problem: string) => never

/** Digits only, as strconv.ParseUint reads them. */
function uint32(path: string, text: string, fail: Fail): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number <= 4_294_967_295) return number
  const problem = Number.isNaN(number) ? 'invalid syntax' : 'value out of range'
  return fail(
    `strconv.ParseUint: parsing ${quoted(text)}: ${problem}; ${path} takes a whole number from 0 to 4294967295`,
  )
}

const decimal = /^[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[-+]?\d[\d_]*)?$/i
const hexadecimal = /^([-+]?)0x([\da-f_]*)(?:\.([\da-f_]*))?p([-+]?\d[\d_]*)$/i
const special = /^([-+]?)(nan|inf(?:inity)?)$/i

/** The forms of strconv.ParseFloat: also `.5`, `5.`, `1_000`, `0x1p4`, `Inf` and `NaN`. */
function double(path: string, text: string, fail: Fail): number {
  const number = toDouble(text)
  const hint = `${path} takes a number`
  if (number === undefined) return fail(`strconv.ParseFloat: parsing ${quoted(text)}: invalid syntax; ${hint}`)
  const isWritten = !special.test(text)
  if (isWritten && !Number.isFinite(number)) {
    return fail(`strconv.ParseFloat: parsing ${quoted(text)}: value out of range; ${hint} that a double can hold`)
  }
  return number
}

function toDouble(text: string): number | undefined {
  const named = special.exec(text)
  if (named !== null) {
    if (/^nan$/i.test(named[2]!)) return named[1] === '' ? Number.NaN : undefined
    return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  // An underscore stands between two digits.
  if (/_(?![\da-f])|(?<![\da-fx])_/i.test(text)) return undefined
  const plain = text.replaceAll('_', '')
  const hex = hexadecimal.exec(plain)
  if (hex !== null) {
    const [, sign, whole = '', fraction = '', exponent] = hex
    if (whole === '' && fraction === '') return undefined
    const mantissa = Number(BigInt(`0x${whole}${fraction}`))
    return (sign === '-' ? -1 : 1) * mantissa * 2 ** (Number(exponent) - 4 * fraction.length)
  }
  return decimal.test(text) ? Number(plain) : undefined
}

/**
 * Splits a form into its fields, as Go's `url.ParseQuery` does.
 *
 * @returns the values of each name, in the order of the text; an invalid UTF-8 byte as a lone surrogate
 * @throws ApiError 400, code 3
 */
export function parseForm(text: string): Map<string, string[]> {
  // Of several faults, Go names a semicolon.
  if (text.includes(';')) {
    throw invalidArgument('invalid semicolon separator in query; write ; as %3B, and separate fields by &', 'bad-query')
  }
  const form = new Map<string, string[]>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = unescape(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : unescape(pair.slice(equals + 1))
    const values = form.get(name)
    if (values === undefined) form.set(name, [value])
    else values.push(value)
  }
  return form
}

function unescape(text: string): string {
  const broken = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)
  if (broken !== null) throw invalidArgument(`invalid URL escape "${broken[0]}"; write % as %25`, 'bad-query')
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  const parts = spaced.split(/(%[0-9a-fA-F]{2})/)
  return decodeUtf8(
    Buffer.concat(
      parts.map((part, index) => (index % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))),
    ),
  )
}
