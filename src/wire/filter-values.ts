import { invalidArgument } from '../base/errors.ts'
import { findType, typeName, unknownType } from './any.ts'
import { JsonReader } from './json-reader.ts'
import {
  floatReader,
  readAnything,
  readBoolean,
  readListValue,
  readString,
  readStruct,
  readTimestamp,
  type ReadValue,
  wholeReader,
} from './scalars.ts'

/** The types that the value of a filter may be wrapped in, by their full name. */
const wrappers: Readonly<Record<string, ReadValue>> = {
  'google.protobuf.StringValue': readString,
  'google.protobuf.BoolValue': readBoolean,
  'google.protobuf.Int32Value': wholeReader('int32', -(2n ** 31n), 2n ** 31n - 1n, Number),
  'google.protobuf.UInt32Value': wholeReader('uint32', 0n, 2n ** 32n - 1n, Number),
  'google.protobuf.Int64Value': wholeReader('int64', -(2n ** 63n), 2n ** 63n - 1n, Number),
  'google.protobuf.UInt64Value': wholeReader('uint64', 0n, 2n ** 64n - 1n, Number),
  'google.protobuf.DoubleValue': floatReader('double'),
  'google.protobuf.FloatValue': floatReader('float'),
  'google.protobuf.Timestamp': readTimestamp,
  'google.protobuf.ListValue': readListValue,
  'google.protobuf.Struct': readStruct,
  'google.protobuf.Value': readAnything,
}

/** Tells the value of a filter apart that was sent without the Any around it: the gateway refuses it. */
const plainNote =
  'plain JSON is read here; the service took an Any, as in {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "x"}'

/**
 * Reads the value of a filter: an Any of a well-known type, `{"@type": …, "value": …}` (measured).
 *
 * Plain JSON is taken as well (chosen). An object without `@type` would be an empty Any to the gateway; it is refused here,
 * as the client surely meant something (chosen).
 *
 * @returns JSON; null for an empty Any
 */
export const readFilterValue: ReadValue = (reader) => {
  if (reader.next() !== 0x7b) {
    reader.unknown.push({ path: reader.field, suggestion: undefined, note: plainNote, isLenient: true })
    return readAnything(reader)
  }
  const at = reader.at
  const type = findType(reader)
  if (type.url === undefined) {
    reader.skipValue()
    if (type.names.length === 0) return null
    const hint = 'as in {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "x"}'
    throw invalidArgument(
      `${reader.field} ${reader.excerpt(at)}: expected plain JSON or an Any, ${hint}`,
      'filter-rules',
    )
  }
  const name = typeName(type.url)
  const read = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined
  if (read === undefined) throw unknownType(reader, type, Object.keys(wrappers))
  return readWrapped(reader, read)
}

/** Reads the members of an Any whose message has JSON of its own, which stands in `value`. */
function readWrapped(reader: JsonReader, read: ReadValue): unknown {
  let found: { value: unknown } | undefined
  reader.enter('{')
  while (reader.more()) {
    const start = reader.at
    const name = reader.name()
    if (name === 'value') {
      if (found !== undefined) throw reader.fault(start, 'duplicate "value" field')
      reader.path.push('value')
      found = { value: read(reader) }
      reader.path.pop()
    } else {
      if (name !== '@type') reader.unknown.push({ path: `${reader.field}.${name}`, suggestion: 'value' })
      reader.skipValue()
    }
  }
  if (found === undefined)
    throw reader.fault(reader.at - 1, 'missing "value" field', `${reader.field} takes {"@type": …, "value": …}`)
  return found.value
}

/** Takes an item of a list out of the Any that it may be wrapped in (chosen). */
export function unwrapItem(item: unknown, path: string): unknown {
  if (typeof item !== 'object') return item
  const reader = JsonReader.open(JSON.stringify(item), [])!
  reader.path.push(path)
  return readFilterValue(reader)
}
