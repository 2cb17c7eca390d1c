/** Keys of a schema or an operation below which everything is data. */
const data = new Set(['const', 'default', 'enum', 'example', 'examples'])

/**
 * Gives the messages of a part of an OpenAPI document a place of their own: every schema with a title goes to the components,
 * by that name, and a reference takes its place. A description that only one place has stays there.
 *
 * @returns the part, and the components that it refers to, by name
 * @throws Error if two messages of different fields have the same name
 */
export function nameSchemas<Part>(part: Part): { part: Part; schemas: Record<string, object> } {
  const found = new Map<string, { readonly content: string; readonly description: unknown; readonly schema: object }>()

  function refer(schema: Record<string, unknown>): object {
    const { title, description, type, ...rest } = schema
    const name = title as string
    const isNullable = Array.isArray(type)
    const named = { type: isNullable ? (type as string[]).find((each) => each !== 'null') : type, ...rest }
    const content = JSON.stringify(named)
    const known = found.get(name)
    if (known === undefined) found.set(name, { content, description, schema: { ...named, description } })
    else if (known.content !== content) throw new Error(`two messages are called ${name}`)
    const reference = { $ref: `#/components/schemas/${name}` }
    if (isNullable) return { anyOf: [reference, { type: 'null' }], description }
    const shared = known === undefined ? description : known.description
    return description === shared ? reference : { ...reference, description }
  }

  function walk(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    const walked = Object.fromEntries(
      Object.entries(node).map(([name, value]) => [name, data.has(name) ? value : walk(value)]),
    )
    return typeof walked['title'] === 'string' && 'type' in walked ? refer(walked) : walked
  }

  const walked = walk(part) as Part
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return { part: walked, schemas: Object.fromEntries(sorted.map(([name, { schema }]) => [name, schema])) }
}
