import type { TSchema } from '@sinclair/typebox'
import { show } from '../base/errors.ts'

/**
 * Says where a value is not what a schema says. Unlike the proto3 JSON mapping it takes nothing for something else, as it
 * looks at what the emulator wrote itself; fields that the schema does not have are let be.
 *
 * @param path where the value stands, for the sentence
 * @returns a sentence, or undefined where all is well
 */
export function problemOf(schema: TSchema, value: unknown, path: string): string | undefined {
  const types = [schema['type'] as string | readonly string[] | undefined].flat().filter((type) => type !== undefined)
  if (types.length > 0 && !types.some((type) => isOf(type, value))) {
    return `${path} ${show(value)}: expected ${types.join(' or ')}`
  }
  const { enum: names, minimum, maximum } = schema as { enum?: unknown[]; minimum?: number; maximum?: number }
  if (names !== undefined && value !== null && !names.includes(value)) {
    return `${path} ${show(value)}: expected one of ${names.join(', ')}`
  }
  if (typeof value === 'number' && (value < (minimum ?? -Infinity) || value > (maximum ?? Infinity))) {
    return `${path} ${value}: expected a number from ${minimum ?? 'any'} to ${maximum ?? 'any'}`
  }
  if (Array.isArray(value)) {
    const items = schema['items'] as TSchema | undefined
    return items === undefined ? undefined : first(value, (item, index) => problemOf(items, item, `${path}[${index}]`))
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Readonly<Record<string, unknown>>
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>)
  const [rest] = Object.values((schema['patternProperties'] ?? {}) as Record<string, TSchema>)
  const required = new Set(schema['required'] as string[] | undefined)
  return (
    first(properties, ([name, property]) => {
      const field = fields[name]
      if (field === undefined) return required.has(name) ? `${path}.${name} is missing` : undefined
      return problemOf(property, field, `${path}.${name}`)
    }) ??
    (rest === undefined
      ? undefined
      : first(Object.entries(fields), ([name, field]) => problemOf(rest, field, `${path}.${name}`)))
  )
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isSafeInteger(value)
    case 'number':
      return Number.isFinite(value)
    default:
      return typeof value === type
  }
}

function first<Item>(
  items: readonly Item[],
  problem: (item: Item, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = problem(item, index)
    if (found !== undefined) return found
  }
  return undefined
}
