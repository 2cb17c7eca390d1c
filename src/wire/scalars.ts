import { decodeBase64 } from './base64.ts'
import { parseTimestamp, timestampFault } from '../base/timestamps.ts'
import { nearest } from '../base/nearest.ts'
import { show } from '../base/errors.ts'
import type { JsonReader } from './json-reader.ts'
import { double, numberIn, wholeNumber } from './numbers.ts'

/** Reads one value at the place of the reader, or `absent` if proto3 JSON takes it as not sent. */
export type ReadValue = (reader: JsonReader) => unknown

export const absent = Symbol('absent')

const quote = 0x22

/** The text of the number that is next, bare or in a string. Undefined for any other token, which is consumed. */
function numberText(reader: JsonReader): string | undefined {
  const first = reader.next()
  if (first !== quote) {
    if (first === 0x7b || first === 0x5b) return undefined
    const text = reader.scalar()
    return /^[-0-9]/.test(text) ? text : undefined
  }
  const text = reader.string()
  const number = numberIn(text)
  if (number !== undefined && number !== text) {
    const path = `${reader.field}=${show(text)}`
    reader.unknown.push({ path, suggestion: undefined, note: `is read as ${number}` })
  }
  return number
}

/** Reads whole numbers from `least` to `most`; `toValue` makes of them what the field holds. */
export const wholeReader =
  <T>(kind: string, least: bigint, most: bigint, toValue: (whole: bigint) => T): ReadValue =>
  (reader) => {
    reader.next()
    const start = reader.at
    const text = numberText(reader)
    const whole = text === undefined ? undefined : wholeNumber(text)
    if (whole !== undefined && whole >= least && whole <= most) return toValue(whole)
    throw reader.invalid(kind, start, `a whole number from ${least} to ${most}`)
  }

const specialNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** Reads numbers with a fraction, and the names that proto3 JSON has for values that are not JSON numbers. */
export const floatReader =
  (kind: 'double' | 'float'): ReadValue =>
  (reader) => {
    const first = reader.next()
    const start = reader.at
    if (first === quote) {
      const special = specialNumbers[reader.string()]
      if (special !== undefined) return special
      reader.at = start
    }
    const text = numberText(reader)
    const value = text === undefined ? undefined : double(text)
    if (value !== undefined && (kind === 'double' || Number.isFinite(Math.fround(value)))) return value
    throw reader.invalid(kind, start, 'a number')
  }

/** Reads numbers of the emulator's own API, which are finite. */
export const readDouble: ReadValue = (reader) => {
  reader.next()
  const start = reader.at
  const text = numberText(reader)
  const value = text === undefined ? undefined : double(text)
  if (value === undefined) throw reader.invalid('double', start, 'a number')
  return value
}

export const readString: ReadValue = (reader) => {
  if (reader.next() === quote) return reader.string()
  throw reader.invalid('string', reader.at, 'a JSON string')
}

/** Bytes as protojson reads them: base64, standard or URL-safe, with or without padding. Standard base64 once they are read. */
export const readBytes: ReadValue = (reader) => {
  if (reader.next() !== quote) throw reader.invalid('bytes', reader.at, 'base64 in a JSON string')
  const start = reader.at
  const text = reader.string()
  const bytes = decodeBase64(text, text.length % 4 !== 0 ? 'absent' : 'present')
  if (bytes === undefined) throw reader.invalid('bytes', start, 'base64, standard or URL-safe')
  return bytes.toString('base64')
}

export const readBoolean: ReadValue = (reader) => {
  const first = reader.next()
  if (first !== 0x74 && first !== 0x66) throw reader.invalid('bool', reader.at, 'true or false')
  return reader.scalar() === 'true'
}

export const readTimestamp: ReadValue = (reader) => {
  if (reader.next() !== quote) throw reader.unexpected('a string with a time of RFC 3339')
  const start = reader.at
  const text = reader.string()
  if (parseTimestamp(text) !== undefined) return text
  const fault = timestampFault(text)
  const shown = reader.shown(start)
  throw fault === 'form'
    ? reader.fault(
        start,
        `invalid google.protobuf.Timestamp value ${shown}`,
        `${reader.field} takes RFC 3339, as in "2025-05-20T09:00:00Z"`,
      )
    : reader.fault(
        start,
        `google.protobuf.Timestamp value out of range: ${shown}`,
        `${reader.field} takes the years 1 to 9999`,
      )
}

/** A duration of the emulator's own API: a text, or a number of milliseconds. */
export const readDuration: ReadValue = (reader) => {
  const first = reader.next()
  if (first === quote) return reader.string()
  const start = reader.at
  const text = numberText(reader)
  if (text === undefined) throw reader.invalid('duration', start, 'a text such as "90s", or a number of milliseconds')
  return String(Number(text))
}

/** Names that are not known count as not sent; numbers are kept, known or not (measured on a gateway that discards what it does not know). */
export function enumReader(names: readonly string[]): ReadValue {
  return (reader) => {
    const first = reader.next()
    const start = reader.at
    if (first === quote) {
      const name = reader.string()
      if (names.includes(name)) return name
      const meant = nearest(name, names) ?? names.find((known) => known.endsWith(`_${name.toUpperCase()}`))
      reader.unknown.push({ path: `${reader.field}=${show(name)}`, suggestion: meant, known: names })
      return absent
    }
    const text = /[-0-9]/.test(String.fromCharCode(first)) ? reader.scalar() : undefined
    const whole = text === undefined ? undefined : wholeNumber(text)
    if (whole === undefined || whole < -(2n ** 31n) || whole >= 2n ** 31n) {
      throw reader.invalid('enum', start, `one of ${names.join(', ')}`)
    }
    const number = Number(whole)
    if (names[number] === undefined) {
      reader.unknown.push({ path: `${reader.field}=${number}`, suggestion: undefined, known: names })
    }
    return names[number] ?? number
  }
}

/** Reads google.protobuf.Value: any JSON. */
export const readAnything: ReadValue = (reader) => {
  const first = reader.next()
  switch (String.fromCharCode(first)) {
    case '"':
      return reader.string()
    case '{':
      return readStruct(reader)
    case '[':
      return readListValue(reader)
    default: {
      const start = reader.at
      const text = reader.scalar()
      if (text === 'null') return null
      if (text === 'true' || text === 'false') return text === 'true'
      const value = double(text)
      if (value === undefined) {
        const hint = `${reader.field} takes numbers that a double can hold`
        throw reader.fault(start, `invalid google.protobuf.Value: ${reader.shown(start)}`, hint)
      }
      return value
    }
  }
}

/** Reads google.protobuf.ListValue. */
export const readListValue: ReadValue = (reader) => {
  if (!reader.enter('[')) throw reader.unexpected('a JSON array')
  const list: unknown[] = []
  while (reader.more()) list.push(readAnything(reader))
  return list
}

/** Reads google.protobuf.Struct. Its keys come back sorted, as the gateway writes them. */
export const readStruct: ReadValue = (reader) => Object.fromEntries(sortedEntries(reader, readAnything))

/** Reads the members of an object whose names are the client's, sorted by them. @throws ApiError for a name that occurs twice */
export function sortedEntries(reader: JsonReader, readMember: ReadValue): [string, unknown][] {
  if (!reader.enter('{')) throw reader.unexpected('a JSON object')
  const entries: [string, unknown][] = []
  const names = new Set<string>()
  let last = ''
  let isSorted = true
  while (reader.more()) {
    reader.next()
    const start = reader.at
    const name = reader.name()
    if (names.has(name)) throw reader.fault(start, `duplicate map key ${reader.shown(start)}`)
    reader.path.push({ key: name })
    const value = readMember(reader)
    reader.path.pop()
    if (value !== absent) {
      // One that counts as not sent may come again.
      names.add(name)
      entries.push([name, value])
    }
    if (name < last) isSorted = false
    last = name
  }
  return isSorted ? entries : entries.sort(byName)
}

/** Orders members by their names: by UTF-16, which is the order of Go's bytes but for the rarest of characters. */
export const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)
