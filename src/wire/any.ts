import { nearest } from '../base/nearest.ts'
import type { JsonReader } from './json-reader.ts'

/** Full name of the message that an Any holds. */
export const typeName = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

const quote = 0x22

/** The type that an Any names, with the place of the name; or the names of its members, if it names none. */
export type TypeUrl =
  { readonly url: string; readonly at: number } | { readonly url: undefined; readonly names: readonly string[] }

/** Looks for `@type` among the members of the object that is next, and leaves the reader before it. */
export function findType(reader: JsonReader): TypeUrl {
  reader.next()
  const begin = reader.at
  let found: TypeUrl | undefined
  const names: string[] = []
  reader.enter('{')
  while (reader.more()) {
    const nameAt = reader.at
    const name = reader.name()
    if (name !== '@type') {
      names.push(name)
      reader.skipValue()
      continue
    }
    if (found !== undefined) throw reader.fault(nameAt, 'duplicate "@type" field')
    const first = reader.next()
    const at = reader.at
    if (first !== quote) throw reader.fault(at, `@type field value is not a string: ${reader.shown(at)}`)
    const url = reader.string()
    if (url === '') throw reader.fault(at, '@type field contains empty value')
    found = { url, at }
  }
  reader.at = begin
  return found ?? { url: undefined, names }
}

/** The error of a type that no message has. */
export function unknownType(
  reader: JsonReader,
  { url, at }: TypeUrl & { url: string },
  known: readonly string[],
): Error {
  const meant = nearest(typeName(url), known)
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
  return reader.fault(at, `unable to resolve ${reader.shown(at)}: "not found"`, `in field ${reader.field}; ${hint}`)
}
