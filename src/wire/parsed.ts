import type { TSchema } from '@sinclair/typebox'
import { isObject } from '../base/objects.ts'
import { typeName } from './any.ts'
import type { JsonReader } from './json-reader.ts'
import { byName } from './scalars.ts'

/** Brings one parsed value to the form that `Decode` gives; may change it. Counts the members of its objects. */
type Take = (value: unknown, seen: { members: number }) => unknown

/** A value that is written otherwise, or wrong: it has to be read token by token. */
export const unfit = Symbol('unfit')

/** Levels of a Struct that are taken. Deeper ones are rare, and this bounds the recursion. */
const maxDepth = 100

/**
 * Compiles the taking of a message from what `JSON.parse` made of it.
 *
 * Most clients write each field by its camelCase name and in its own type. Such a message has its canonical form already but
 * for the order of names in a Struct; to read it token by token takes twice as long.
 *
 * @param types the messages that an Any may hold
 * @returns gives the message, or `unfit`; the reader is not moved
 */
export function compileTaking(
  schema: TSchema,
  types: Readonly<Record<string, TSchema>>,
): (reader: JsonReader) => unknown {
  const take = compileTake(schema, types)
  return ({ parsed }) => {
    if (parsed === undefined) return unfit
    const seen = { members: 0 }
    const taken = take(parsed.value, seen)
    return taken === unfit || isFaithful(parsed.text, seen.members) ? taken : unfit
  }
}

/**
 * Tells if all that a text says is in what `JSON.parse` made of it: no name stands twice in an object, and each number is
 * written as a whole one.
 *
 * @param text without escapes
 * @param members how many the objects of its value have
 */
function isFaithful(text: string, members: number): boolean {
  if (/[[:,]\s*(-0|-?\d+[.eE])/.test(text)) return false
  const afterName = /"\s*:/g
  let names = 0
  // A string that begins with a colon counts as well: then there are too many, and nothing is taken that should not be.
  while (afterName.test(text)) names++
  return names === members
}

function compileTake(schema: TSchema, types: Readonly<Record<string, TSchema>>): Take {
  const kind = (schema['x-proto'] ?? schema['type']) as string
  switch (kind) {
    case 'string':
    case 'boolean':
      return (value) => (typeof value === kind ? value : unfit)
    case 'uint32':
      return (value) => (typeof value === 'number' && value >= 0 && value < 2 ** 32 ? value : unfit)
    case 'enum':
      return (value) => (typeof value === 'string' && (schema['enum'] as string[]).includes(value) ? value : unfit)
    case 'struct':
      return (value, seen) => (isObject(value) ? takeAnything(value, seen, maxDepth) : unfit)
    case 'any':
      return compileAny(types)
    case 'array':
      return compileList(compileTake(schema['items'] as TSchema, types))
    case 'object':
      return schema['properties'] === undefined ? () => unfit : compileMessage(schema, types)
    default:
      return () => unfit
  }
}

function compileList(take: Take): Take {
  return (value, seen) => (Array.isArray(value) ? takeItems(value, (item) => take(item, seen)) : unfit)
}

function takeItems(list: unknown[], take: (item: unknown) => unknown): unknown {
  const taken = list.map(take)
  return taken.includes(unfit) ? unfit : taken
}

function compileMessage(schema: TSchema, types: Readonly<Record<string, TSchema>>, isAny = false): Take {
  const properties = schema['properties'] as Record<string, TSchema>
  const fields = new Map(Object.entries(properties).map(([name, property]) => [name, compileTake(property, types)]))
  if (isAny) fields.set('@type', (type) => type)
  const required = (schema['required'] as string[] | undefined) ?? []
  return (value, seen) => {
    if (!isObject(value)) return unfit
    for (const name of required) if (value[name] === undefined || value[name] === '') return unfit
    for (const name in value) {
      const taken = fields.get(name)?.(value[name], seen) ?? unfit
      if (taken === unfit) return unfit
      value[name] = taken
      seen.members++
    }
    return value
  }
}

function compileAny(types: Readonly<Record<string, TSchema>>): Take {
  const takes = new Map(Object.entries(types).map(([name, schema]) => [name, compileMessage(schema, types, true)]))
  return (value, seen) => {
    const type = isObject(value) ? value['@type'] : undefined
    return typeof type === 'string' ? (takes.get(typeName(type))?.(value, seen) ?? unfit) : unfit
  }
}

/** Takes google.protobuf.Value. */
function takeAnything(value: unknown, seen: { members: number }, depth: number): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : unfit
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return unfit
  if (!isObject(value)) return takeItems(value as unknown[], (item) => takeAnything(item, seen, depth - 1))
  let last = ''
  let isSorted = true
  for (const name in value) {
    const taken = takeAnything(value[name], seen, depth - 1)
    if (taken === unfit) return unfit
    value[name] = taken
    seen.members++
    if (name < last) isSorted = false
    last = name
  }
  return isSorted ? value : Object.fromEntries(Object.entries(value).sort(byName))
}
