import type { TSchema } from '@sinclair/typebox'
import { invalidArgument, show } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { type Decode, snakeCase, toNumber } from './decode.ts'

/**
 * Reads a query string into the canonical form of its schema.
 *
 * Names come dotted, in camelCase or snake_case; unknown names are ignored (observed: clients send `limit` without effect).
 *
 * @throws ApiError 400, code 3, for a value that does not parse or a name given twice
 */
export function compileQueryDecoder(schema: TSchema): Decode {
  const properties = schema['properties'] as Record<string, TSchema>
  const fields = new Map<string, { name: string; kind: string }>()
  for (const [name, property] of Object.entries(properties)) {
    const field = { name, kind: (property['x-proto'] ?? property['type']) as string }
    fields.set(name, field)
    fields.set(snakeCase(name), field)
  }
  return (value, unknown) => {
    const query: Record<string, unknown> = {}
    for (const [key, sent] of Object.entries((value ?? {}) as Record<string, string | string[]>)) {
      const field = fields.get(key)
      if (field === undefined) {
        unknown.push({
          path: `?${key}`,
          suggestion: unknown.length < 100 ? nearest(key, Object.keys(properties)) : undefined,
        })
      } else if (Array.isArray(sent) || field.name in query) {
        const values = [query[field.name] ?? [], sent].flat().map(String).join(', ')
        throw invalidArgument(`too many values for field "${field.name}": ${values}`, 'bad-query')
      } else {
        query[field.name] = queryParsers[field.kind]?.(field.name, sent) ?? sent
      }
    }
    return query
  }
}

/** Kinds of query values that are not taken as they are. */
const queryParsers: Readonly<Record<string, (name: string, text: string) => number | boolean>> = {
  uint32: queryUInt32,
  double: queryDouble,
  boolean: queryBool,
}

/** Go parses query numbers with strconv.ParseUint: digits only. */
function queryUInt32(name: string, text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number <= 4_294_967_295) return number
  const problem = Number.isNaN(number) ? 'invalid syntax' : 'value out of range'
  throw invalidArgument(`parsing field "${name}": strconv.ParseUint: parsing ${show(text)}: ${problem}`, 'bad-query')
}

/** As strconv.ParseBool reads it. */
function queryBool(name: string, text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false
  throw invalidArgument(`parsing field "${name}": strconv.ParseBool: parsing ${show(text)}: invalid syntax`)
}

function queryDouble(name: string, text: string): number {
  const number = toNumber(text)
  if (Number.isFinite(number)) return number
  throw invalidArgument(
    `parsing field "${name}": strconv.ParseFloat: parsing ${show(text)}: invalid syntax`,
    'bad-query',
  )
}
