import type { TSchema } from '@sinclair/typebox'
import { invalidArgument, show } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { isObject } from '../base/objects.ts'
import { parseTimestamp } from '../base/timestamps.ts'

/** A field that was sent and that the message does not have. */
export interface UnknownField {
  /** Where it stood, e.g. `config.taskTimeuot`. */
  readonly path: string
  /** The field that was probably meant. */
  readonly suggestion: string | undefined
  /** The values that the field may have, where it is there but its value is not known. */
  readonly known?: readonly string[]
}

/** Describes unknown fields for messages: `field nmae (did you mean "name"?)`. */
export function describeUnknown(fields: readonly UnknownField[]): string {
  const more = fields.length - shownFields
  const shown = fields.slice(0, shownFields).map(describeOne).join(', ')
  return `field${fields.length === 1 ? '' : 's'} ${shown}${more > 0 ? ` and ${more} more` : ''}`
}

/** Unknown fields that a message names; a request can have a hundred thousand. */
const shownFields = 100

/** Unknown fields that a suggestion is looked for. */
const suggestedFields = 100

function describeOne({ path, suggestion, known = [] }: UnknownField): string {
  const meant = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`
  return `${path}${meant}${known.length === 0 ? '' : `; known are ${known.join(', ')}`}`
}

/** The nearest name, for the first fields only: the search compares a name with all others. */
const suggestionOf = (name: string, names: Iterable<string>, unknown: readonly UnknownField[]): string | undefined =>
  unknown.length < suggestedFields ? nearest(name, names) : undefined

/** Messages that an Any may hold, by their full name. */
export type AnyTypes = Readonly<Record<string, TSchema>>

/**
 * Turns what `JSON.parse` gave into the canonical form of one message: camelCase names, `null` left out, numbers as numbers.
 *
 * @param value what the client sent; undefined or null is the empty message
 * @param unknown collects the fields that the message does not have; they are left out of the result
 * @throws ApiError 400, code 3, naming the field and the value
 */
export type Decode = (value: unknown, unknown: UnknownField[]) => unknown

/** One value at one place. Returns `absent` where proto3 JSON takes the value as not sent. */
type DecodeValue = (value: unknown, path: string, unknown: UnknownField[]) => unknown

const absent = Symbol('absent')

/**
 * Compiles the proto3 JSON mapping for one message, from its TypeBox schema.
 *
 * Source: the proto3 JSON mapping as protobuf-go implements it behind grpc-gateway, with unknown fields discarded.
 *
 * @param schema the message; the keyword `x-proto` tells kinds that JSON Schema cannot
 * @param types the messages that an Any in it may hold
 */
export function compileDecoder(schema: TSchema, types: AnyTypes): Decode {
  const decode = compileValue(schema, types)
  const empty = schema['type'] === 'object' ? {} : ''
  return (value, unknown) => {
    const decoded = decode(value ?? empty, '', unknown)
    return decoded === absent ? empty : decoded
  }
}

function compileValue(schema: TSchema, types: AnyTypes): DecodeValue {
  const kind = (schema['x-proto'] ?? schema['type']) as string
  switch (kind) {
    case 'string':
      return decodeString
    case 'boolean':
      return (value, path) => (typeof value === 'boolean' ? value : refuse('bool', path, value, 'true or false'))
    case 'uint32':
      return decodeUInt32
    case 'int64':
      return decodeInt64
    case 'double':
      return decodeDouble
    case 'enum':
      return compileEnum(schema['enum'] as readonly string[])
    case 'timestamp':
      return (value, path) =>
        typeof value === 'string' && parseTimestamp(value) !== undefined
          ? value
          : refuse('google.protobuf.Timestamp', path, value, 'RFC 3339, as in "2025-05-20T09:00:00Z"')
    case 'duration':
      return (value, path) =>
        typeof value === 'string' || typeof value === 'number'
          ? String(value)
          : refuse('duration', path, value, 'a text such as "90s", or a number of milliseconds')
    case 'struct':
      return (value, path) => (isObject(value) ? value : refuse('google.protobuf.Struct', path, value, 'a JSON object'))
    case 'any':
      return compileAny(types)
    case 'value':
      return (value) => value
    case 'array':
      return compileList(compileValue(schema['items'] as TSchema, types))
    case 'object':
      return schema['patternProperties'] === undefined ? compileMessage(schema, types) : compileMap(schema, types)
    default:
      throw new Error(`no proto3 JSON mapping for ${JSON.stringify(schema)}`)
  }
}

function refuse(kind: string, path: string, value: unknown, expected: string): never {
  const field = path === '' ? 'request body' : `field ${path}`
  throw invalidArgument(`proto: invalid value for ${kind} ${field}: ${show(value)}; expected ${expected}`)
}

const decodeString: DecodeValue = (value, path) => {
  if (typeof value === 'string') return value
  // A body that is one string is read by encoding/json, which says so in its own words.
  if (path === '') throw invalidArgument(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`)
  return refuse('string', path, value, 'a JSON string')
}

const jsonKind = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** A number, or a string that holds a JSON number; NaN for anything else. */
export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && numberText.test(value) ? Number(value) : Number.NaN
}

const decodeUInt32: DecodeValue = (value, path) => {
  const number = toNumber(value)
  if (Number.isInteger(number) && number >= 0 && number <= 4_294_967_295) return number + 0
  return refuse('uint32', path, value, 'a whole number from 0 to 4294967295')
}

const int64Limit = 2n ** 63n

const decodeInt64: DecodeValue = (value, path) => {
  const number = toNumber(value)
  if (Number.isInteger(number)) {
    const whole = typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : BigInt(number)
    if (whole >= -int64Limit && whole < int64Limit) return whole.toString()
  }
  return refuse('int64', path, value, 'a whole number of 64 bits')
}

const decodeDouble: DecodeValue = (value, path) => {
  const number = toNumber(value)
  return Number.isNaN(number) ? refuse('double', path, value, 'a number') : number
}

/** Unknown names count as not sent, as protobuf-go does with unknown fields discarded; unknown numbers are refused. */
function compileEnum(names: readonly string[]): DecodeValue {
  return (value, path, unknown) => {
    if (typeof value === 'string') {
      if (names.includes(value)) return value
      const meant = nearest(value, names) ?? names.find((name) => name.endsWith(`_${value.toUpperCase()}`))
      unknown.push({ path: `${path}=${show(value)}`, suggestion: meant, known: names })
      return absent
    }
    const name = typeof value === 'number' ? names[value] : undefined
    return name ?? refuse('enum', path, value, `one of ${names.join(', ')}`)
  }
}

function compileList(item: DecodeValue): DecodeValue {
  return (value, path, unknown) => {
    if (!Array.isArray(value)) return refuse('repeated', path, value, 'a JSON array')
    const list: unknown[] = []
    for (const [index, element] of value.entries()) {
      const decoded = item(element, `${path}[${index}]`, unknown)
      if (decoded !== absent) list.push(decoded)
    }
    return list
  }
}

function compileMap(schema: TSchema, types: AnyTypes): DecodeValue {
  const [valueSchema] = Object.values(schema['patternProperties'] as Record<string, TSchema>)
  const decodeEntry = compileValue(valueSchema!, types)
  return (value, path, unknown) => {
    if (!isObject(value)) return refuse('map', path, value, 'a JSON object')
    const entries = Object.entries(value).map(([key, item]) => [key, decodeEntry(item, `${path}.${key}`, unknown)])
    return Object.fromEntries(entries.filter(([, item]) => item !== absent)) as unknown
  }
}

interface Field {
  readonly name: string
  readonly decode: DecodeValue
}

function compileMessage(schema: TSchema, types: AnyTypes): DecodeValue {
  const properties = Object.entries(schema['properties'] as Record<string, TSchema>)
  const fields = new Map<string, Field>()
  for (const [name, property] of properties) {
    const field = { name, decode: compileValue(property, types) }
    fields.set(name, field)
    fields.set(snakeCase(name), field)
  }
  const needed = ((schema['required'] as string[] | undefined) ?? []).map((name) => ({
    name,
    // Proto3 cannot tell a string that is empty from one that is absent.
    orEmpty: (schema['properties'] as Record<string, TSchema>)[name]!['minLength'] === 1,
  }))

  const names = properties.map(([name]) => name)

  return (value, path, unknown) => {
    if (!isObject(value)) return refuse('message', path, value, 'a JSON object')
    const prefix = path === '' ? '' : `${path}.`
    const message: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const field = fields.get(key)
      if (field === undefined) {
        unknown.push({ path: `${prefix}${key}`, suggestion: suggestionOf(key, names, unknown) })
        continue
      }
      const sent = value[key]
      if (sent === null) continue
      if (field.name in message) throw invalidArgument(`proto: duplicate field ${show(prefix + key)}`)
      const decoded = field.decode(sent, `${prefix}${field.name}`, unknown)
      if (decoded !== absent) message[field.name] = decoded
    }
    for (const { name, orEmpty } of needed) {
      if (message[name] === undefined || (orEmpty && message[name] === '')) {
        const ignored = unknown.find((field) => field.path.startsWith(`${prefix}${name}=`))
        const sent = ignored === undefined ? '' : `; unknown ${describeUnknown([ignored])}`
        throw invalidArgument(`${prefix}${name} is required${sent}`, 'required-field')
      }
    }
    return message
  }
}

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** `@type` decides which message the object is; without one it is the empty Any, as unknown fields are discarded. */
function compileAny(types: AnyTypes): DecodeValue {
  const decoders = new Map(Object.entries(types).map(([name, schema]) => [name, compileMessage(schema, types)]))
  return (value, path, unknown) => {
    if (!isObject(value)) return refuse('google.protobuf.Any', path, value, 'a JSON object with "@type"')
    const { '@type': type, ...fields } = value
    if (type === undefined || type === null) {
      for (const key of Object.keys(fields)) unknown.push({ path: `${path}.${key}`, suggestion: '@type' })
      return {}
    }
    if (typeof type !== 'string') return refuse('string', `${path}.@type`, type, 'the URL of a type')
    const name = type.slice(type.lastIndexOf('/') + 1)
    const decode = decoders.get(name)
    if (decode === undefined) {
      const meant = nearest(name, decoders.keys())
      const hint = meant === undefined ? `known are ${[...decoders.keys()].join(', ')}` : `did you mean ${meant}?`
      throw invalidArgument(`proto: unable to resolve ${show(type)} in field ${path}: "not found"; ${hint}`)
    }
    return { '@type': type, ...(decode(fields, path, unknown) as object) }
  }
}
