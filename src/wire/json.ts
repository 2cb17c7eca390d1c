import { invalidArgument } from '../base/errors.ts'
import { JsonReader } from './json-reader.ts'
import { readAnything } from './scalars.ts'
import type { UnknownField } from './unknown-fields.ts'

/**
 * Reads a JSON text of the emulator's own, such as a seed file or a row of an export: all of it is one value, in which no name
 * occurs twice, no string holds half a character, and no number is beyond a double. Names come back sorted.
 *
 * @returns undefined for a text of white space
 * @throws ApiError 400, code 3, with the place of the fault
 */
export function parseJson(bytes: Buffer): unknown {
  const unread: UnknownField[] = []
  const reader = JsonReader.open(bytes, unread)
  const [rest] = unread
  if (rest !== undefined) throw invalidArgument(`expected one JSON value; ${rest.note!}`, 'bad-json')
  return reader === undefined ? undefined : readAnything(reader)
}

/** Reads what may be JSON, without judging it. @returns undefined if it is not JSON */
export function tryJson(body: unknown): unknown {
  try {
    return Buffer.isBuffer(body) ? JSON.parse(body.toString('utf8')) : undefined
  } catch {
    return undefined
  }
}
