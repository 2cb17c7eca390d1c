import type { TSchema } from '@sinclair/typebox'

/** Tells if a message holds something that `JSON.stringify` writes otherwise than the gateway. */
type IsOdd = (value: unknown) => boolean

/**
 * Compiles the writing of one message.
 *
 * In a Struct the gateway writes -0 as `-0`, and names in the order of their text (measured). `JSON.stringify` writes `0`, and
 * names that are whole numbers first; the few messages that hold such things are written by hand, as no library does it in the
 * order of the text.
 */
export function compileEncoder(schema: TSchema): (message: unknown) => string {
  const isOdd = compileIsOdd(schema)
  if (isOdd === undefined) return JSON.stringify
  return (message) => (isOdd(message) ? write(message) : JSON.stringify(message))
}

/** Writes a document that holds Structs, to be kept: `JSON.parse` reads it back, -0 included. */
export const encodeDocument = (document: unknown, structs: unknown): string =>
  isOddValue(structs) ? write(document) : JSON.stringify(document)

function compileIsOdd(schema: TSchema): IsOdd | undefined {
  if (schema['x-proto'] === 'struct') return isOddValue
  if (schema['items'] !== undefined) {
    const isOdd = compileIsOdd(schema['items'] as TSchema)
    return isOdd && ((list) => (list as unknown[]).some(isOdd))
  }
  const parts: [string, IsOdd][] = []
  for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>)) {
    const isOdd = compileIsOdd(property)
    if (isOdd !== undefined) parts.push([name, isOdd])
  }
  if (parts.length === 0) return undefined
  return (message) =>
    typeof message === 'object' &&
    message !== null &&
    parts.some(([name, isOdd]) => {
      const value = (message as Record<string, unknown>)[name]
      return value !== undefined && value !== null && isOdd(value)
    })
}

function isOddValue(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(isOddValue)
  for (const name in value) {
    if (startsWithDigit(name) || isOddValue((value as Record<string, unknown>)[name])) return true
  }
  return false
}

function startsWithDigit(name: string): boolean {
  const first = name.charCodeAt(0)
  return first >= 0x30 && first <= 0x39
}

function write(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  // Names that are whole numbers come first here; in a message there are none.
  if (startsWithDigit(entries[0]?.[0] ?? '')) entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`).join(',')}}`
}
