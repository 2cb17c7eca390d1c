import type { TSchema } from '@sinclair/typebox'
import { invalidArgument } from '../base/errors.ts'
import { findType, typeName, unknownType } from './any.ts'
import { readFilterValue } from './filter-values.ts'
import { JsonReader } from './json-reader.ts'
import {
  absent,
  enumReader,
  readAnything,
  readBoolean,
  readBytes,
  readDouble,
  readDuration,
  readString,
  readStruct,
  readTimestamp,
  type ReadValue,
  sortedEntries,
  wholeReader,
} from './scalars.ts'
import { compileTaking, unfit } from './parsed.ts'
import { describeUnknown, suggestionOf, type UnknownField } from './unknown-fields.ts'

/** Messages that an Any may hold, by their full name. */
export type AnyTypes = Readonly<Record<string, TSchema>>

/**
 * Decodes a request body into the canonical form of one message: camelCase names, `null` left out, numbers as numbers.
 *
 * @param body the bytes of the body, or its text; blank is the empty message
 * @param unknown collects what was sent and is not read; it is left out of the result
 * @throws ApiError 400, code 3, naming the place in the body, the field and the value
 */
export type Decode = (body: Buffer | string | undefined, unknown: UnknownField[]) => unknown

/**
 * Compiles the proto3 JSON mapping for one message, from its TypeBox schema.
 *
 * Source: grpc-gateway 2.30 with protobuf-go 1.36, unknown fields discarded (measured).
 *
 * @param schema the message; the keyword `x-proto` tells kinds that JSON Schema cannot
 * @param types the messages that an Any in it may hold
 * @param pathFields fields of the message that the path sets: the body may hold them, and they are checked and left out
 */
export function compileDecoder(schema: TSchema, types: AnyTypes, pathFields: readonly string[] = []): Decode {
  // A body that is one string is read by encoding/json, not by protojson.
  if (schema['type'] === 'string') return (body, unknown) => decodeBareString(body ?? '', unknown)
  const take = compileTaking(schema, types)
  const read = schema['x-proto'] === 'value' ? readAnything : compileMessage(schema, types, pathFields)
  return (body, unknown) => {
    // A blank body counts as none, and none as the empty message.
    const reader = JsonReader.open(body ?? '', unknown) ?? JsonReader.open('{}', unknown)!
    const taken = take(reader)
    if (taken !== unfit) return taken
    const message = read(reader)
    if (reader.missing !== undefined) throw reader.missing
    return message
  }
}

/** Bytes and escapes that stand for no character become U+FFFD, and `null` the empty string. */
function decodeBareString(body: Buffer | string, unknown: UnknownField[]): string {
  const value = JsonReader.open(body, unknown)?.plain() ?? ''
  if (typeof value === 'string') return value.toWellFormed()
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  throw invalidArgument(
    `json: cannot unmarshal ${kind} into Go value of type string; send one JSON string, as in "my job"`,
  )
}

function compileValue(schema: TSchema, types: AnyTypes): ReadValue {
  const kind = (schema['x-proto'] ?? schema['type']) as string
  switch (kind) {
    case 'string':
      return readString
    case 'bytes':
      return readBytes
    case 'boolean':
      return readBoolean
    case 'uint32':
      return wholeReader('uint32', 0n, 2n ** 32n - 1n, Number)
    case 'int64':
      return wholeReader('int64', -(2n ** 63n), 2n ** 63n - 1n, String)
    case 'double':
      return readDouble
    case 'enum':
      return enumReader(schema['enum'] as readonly string[])
    case 'timestamp':
      return readTimestamp
    case 'duration':
      return readDuration
    case 'struct':
      return readStruct
    case 'any':
      return compileAny(types)
    case 'value':
      return readAnything
    case 'filter-value':
      return readFilterValue
    case 'array':
      return compileList(compileValue(schema['items'] as TSchema, types))
    case 'object':
      return schema['patternProperties'] === undefined ? compileMessage(schema, types) : compileMap(schema, types)
    default:
      throw new Error(`no proto3 JSON mapping for ${JSON.stringify(schema)}`)
  }
}

function compileList(readItem: ReadValue): ReadValue {
  return (reader) => {
    if (!reader.enter('[')) throw reader.unexpected('a JSON array')
    const list: unknown[] = []
    for (let index = 0; reader.more(); index++) {
      reader.path.push(index)
      const item = readItem(reader)
      reader.path.pop()
      if (item !== absent) list.push(item)
    }
    return list
  }
}

function compileMap(schema: TSchema, types: AnyTypes): ReadValue {
  const [valueSchema] = Object.values(schema['patternProperties'] as Record<string, TSchema>)
  const readMember = compileValue(valueSchema!, types)
  return (reader) => Object.fromEntries(sortedEntries(reader, readMember))
}

interface Field {
  readonly name: string
  readonly read: ReadValue
}

/** Compiles the reading of one message. A member `@type` is passed over in a message that an Any holds. */
function compileMessage(
  schema: TSchema,
  types: AnyTypes,
  pathFields: readonly string[] = [],
  isAny = false,
): ReadValue {
  const properties = schema['properties'] as Record<string, TSchema>
  const names = Object.keys(properties)
  const fields = new Map<string, Field>()
  const add = (field: Field) => fields.set(field.name, field).set(snakeCase(field.name), field)
  for (const [name, property] of Object.entries(properties)) add({ name, read: compileValue(property, types) })
  for (const name of pathFields) if (!fields.has(name)) add({ name, read: readString })
  const needed = ((schema['required'] as string[] | undefined) ?? []).map((name) => ({
    name,
    // Proto3 cannot tell a string that is empty from one that is absent.
    orEmpty: properties[name]!['minLength'] === 1,
  }))

  return (reader) => {
    if (!reader.enter('{')) throw reader.unexpected('a JSON object')
    const message: Record<string, unknown> = {}
    const seen: Field[] = []
    while (reader.more()) {
      const start = reader.at
      const name = reader.name()
      const field = fields.get(name)
      if (field === undefined) {
        if (isAny && name === '@type') reader.skipValue()
        else skipUnknown(reader, name, names)
        continue
      }
      if (seen.includes(field)) throw reader.fault(start, `duplicate field ${reader.shown(start)}`)
      seen.push(field)
      if (reader.takeNull()) continue
      reader.path.push(field.name)
      const value = field.read(reader)
      reader.path.pop()
      if (value !== absent) message[field.name] = value
    }
    for (const name of pathFields) if (!(name in properties)) delete message[name]
    for (const { name, orEmpty } of needed) {
      if (message[name] === undefined || (orEmpty && message[name] === '')) {
        const field = join(reader, name)
        const ignored = reader.unknown.find(({ path }) => path.startsWith(`${field}=`))
        const sent = ignored === undefined ? '' : `; ${describeUnknown([ignored])}`
        reader.missing ??= invalidArgument(`${field} is required${sent}`, 'required-field')
      }
    }
    return message
  }
}

/** Compiles the reading of an Any. `@type` decides which message it is; without one it is empty, as unknown fields are discarded. */
function compileAny(types: AnyTypes): ReadValue {
  const readers = new Map(
    Object.entries(types).map(([name, schema]) => [name, compileMessage(schema, types, [], true)]),
  )
  return (reader) => {
    if (reader.next() !== 0x7b) throw reader.unexpected('a JSON object with "@type"')
    const type = findType(reader)
    if (type.url === undefined) {
      if (type.names.length > 0) {
        const note = `nothing of ${reader.field} is read without "@type"; add "@type": "type.googleapis.com/${nearestType(types, type.names)}"`
        reader.unknown.push({ path: `${reader.field}.${type.names[0]}`, suggestion: undefined, note })
      }
      reader.skipValue()
      return {}
    }
    const read = readers.get(typeName(type.url))
    if (read === undefined) throw unknownType(reader, type, [...readers.keys()])
    return { '@type': type.url, ...(read(reader) as object) }
  }
}

/** The message that has most of these fields. */
function nearestType(types: AnyTypes, names: readonly string[]): string {
  const fits = (schema: TSchema): number => names.filter((name) => name in (schema['properties'] as object)).length
  return Object.entries(types).reduce((best, other) => (fits(other[1]) > fits(best[1]) ? other : best))[0]
}

function skipUnknown(reader: JsonReader, name: string, names: readonly string[]): void {
  reader.unknown.push({ path: join(reader, name), suggestion: suggestionOf(name, names, reader.unknown) })
  reader.skipValue()
}

const join = ({ field }: JsonReader, name: string): string => (field === '' ? name : `${field}.${name}`)

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
