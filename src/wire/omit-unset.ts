import type { TSchema } from '@sinclair/typebox'
import { isObject } from '../base/objects.ts'

/**
 * Compiles the leaving-out of unset values (`--unset omit`): null, "", 0, "0", false, [] and empty maps go, names of enums
 * stay (chosen), messages that are there stay even when nothing is left in them, Structs and Anys are not looked into.
 */
export function compileOmitUnset(schema: TSchema): (value: unknown) => unknown {
  const type = [schema['type']].flat() as string[]
  const kind = (schema['x-proto'] as string | undefined) ?? type.find((name) => name !== 'null')
  if (kind === 'array') {
    const item = compileOmitUnset(schema['items'] as TSchema)
    return (value) => (value as unknown[]).map(item)
  }
  if (kind !== 'object' || schema['properties'] === undefined) return (value) => value
  const fields = new Map(
    Object.entries(schema['properties'] as Record<string, TSchema>).map(([name, property]) => [
      name,
      {
        omit: compileOmitUnset(property),
        always: property['x-proto'] === 'enum',
        map: property['patternProperties'] !== undefined,
      },
    ]),
  )
  return (value) => {
    if (!isObject(value)) return value
    const kept: Record<string, unknown> = {}
    for (const [name, field] of Object.entries(value)) {
      const { omit, always, map } = fields.get(name) ?? undeclared
      if (!always && isUnset(field)) continue
      if (map && Object.keys(field as object).length === 0) continue
      kept[name] = omit(field)
    }
    return kept
  }
}

/** A field besides those of the schema, such as the older names of `--era 2023`. */
const undeclared = { omit: (value: unknown) => value, always: false, map: false }

const isUnset = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === '0' ||
  value === false ||
  (Array.isArray(value) && value.length === 0)
