import type { TSchema } from '@sinclair/typebox'
import { RpcStatus } from '../schemas/errors.ts'
import type { FidelityResponse } from '../schemas/fidelity.ts'
import { buildApp } from '../src/app.ts'
import { createCore } from '../src/core.ts'
import { operationName } from '../src/wire/operations.ts'

/** What a route promises to answer. */
interface KnownRoute {
  readonly method: string
  readonly url: string
  readonly operation: string
  readonly pattern: RegExp
  /** The schema of a success, if there is one. */
  readonly response: TSchema | undefined
}

/** All routes, read off the app itself, fixed segments before variables; and the table of grounds that it serves. */
async function readPromises(): Promise<{ routes: readonly KnownRoute[]; table: FidelityResponse }> {
  const core = createCore()
  const routes: KnownRoute[] = []
  const app = buildApp(core, {}, (app) => {
    app.addHook('onRoute', ({ method, url, schema }) => {
      const response = (schema?.response as Record<number, TSchema> | undefined)?.[200]
      const pattern = new RegExp(
        `^${url
          .replace(/[.+]/g, '\\$&')
          .replace('*', '.*')
          .replace(/:[A-Za-z]+/g, '[^/]*')}$`,
      )
      for (const each of [method].flat()) {
        routes.push({ method: each, url, operation: operationName(each, url), pattern, response })
      }
    })
  })
  const table = (await app.inject('/_emulator/fidelity')).json<FidelityResponse>()
  await app.close()
  core.close()
  const rank = ({ url }: KnownRoute): string => url.replace(/[:*]/g, '\x7f')
  return { routes: routes.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)), table }
}

/** Every route there is, and the table of grounds. */
export const { routes, table } = await readPromises()

const routeOf = (method: string, path: string): KnownRoute | undefined => {
  const [sent] = path.split('?', 1) as [string]
  const pathname = sent.replace(/^\/v1\/computing\//, '/v1/customer/')
  return routes.find((known) => known.method === method && known.pattern.test(pathname))
}

/**
 * What is wrong with an answer of the emulator, by the schema of its route or of errors.
 *
 * @returns one line for each thing that is wrong; nothing where no schema speaks of the answer
 */
export function violations(method: string, path: string, status: number, body: unknown): string[] {
  if (status >= 400) return [...check(RpcStatus, body, 'body'), ...leaks(body)]
  const response = routeOf(method, path)?.response
  return response === undefined ? [] : check(response, body, 'body')
}

/** Rows that stand behind answers whatever the operation is, or where there is none. */
const ofAnyOperation = [
  'fault',
  'unknown-path',
  'wrong-method',
  'broken-escape',
  'broken-http',
  'control-api',
  'docs-pages',
]

/** What is wrong with the ground that an answer names: it is a row of the table, and one that its operation lists for it. */
export function groundViolations(method: string, path: string, status: number, header: string | null): string[] {
  const [, ground, id = ''] = /^(\w+); ([\w-]+)$/.exec(header ?? '') ?? []
  const row = table.rows.find((row) => row.id === id && row.about !== 'behaviour')
  if (row === undefined || row.ground !== ground) return [`x-emulator-ground: ${header} is no row of the table`]
  if (ofAnyOperation.includes(id)) return []
  const operation = routeOf(method, path)?.operation
  // Routes are found in the decoded path.
  if (operation === undefined && path.includes('%')) return []
  const known = table.operations.find((known) => known.operation === operation)
  return known?.answers.some((answer) => answer.status === status && answer.rows.includes(id)) === true
    ? []
    : [`x-emulator-ground: the table does not have ${id} for ${status} of ${operation}`]
}

/** An error tells a client nothing of the emulator's inside. */
function leaks(body: unknown): string[] {
  const text = JSON.stringify(body)
  const inside = /\\n +at |\.[tj]s:\d|node_modules|SQLITE_|\b(?:INSERT INTO|UPDATE jobs|FROM jobs)\b/
  const found = inside.exec(text)?.[0]
  return found === undefined ? [] : [`body shows the inside of the emulator: ${found} in ${text}`]
}

/**
 * Checks a value against a schema, more strictly than JSON Schema does: every field is declared, and in the order of the
 * declaration. TypeBox's own `Value.Check` does not follow the `type: [x, 'null']` of a nullable field.
 */
export function check(schema: TSchema, value: unknown, path: string): string[] {
  const types = [schema['type'] as string | string[] | undefined].flat().filter((type) => type !== undefined)
  const actual = kindOf(value)
  const wanted = types.map((type) => (type === 'integer' ? 'number' : type))
  if (types.length > 0 && !wanted.includes(actual)) {
    return [`${path}: expected ${types.join(' or ')}, found ${actual} ${JSON.stringify(value)}`]
  }
  const bad = (what: string) => [`${path}: ${JSON.stringify(value)} ${what}`]
  if ('const' in schema && value !== schema['const']) return bad(`is not ${JSON.stringify(schema['const'])}`)
  const names = schema['enum'] as unknown[] | undefined
  if (names !== undefined && !names.includes(value)) return bad(`is none of ${names.join(', ')}`)
  if (typeof value === 'string') {
    const { pattern } = schema as { pattern?: string }
    if (pattern !== undefined && !new RegExp(pattern).test(value)) return bad(`does not match ${pattern}`)
    if (
      schema['format'] === 'date-time' &&
      !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}|\.\d{6}|\.\d{9})?Z$/.test(value)
    ) {
      return bad('is no UTC timestamp as the gateway writes it')
    }
  }
  if (typeof value === 'number') {
    if (types.includes('integer') && !Number.isInteger(value)) return bad('is no whole number')
    if (value < ((schema['minimum'] as number | undefined) ?? -Infinity)) return bad('is too small')
    if (value > ((schema['maximum'] as number | undefined) ?? Infinity)) return bad('is too large')
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => check(schema['items'] as TSchema, item, `${path}[${index}]`))
  }
  return actual === 'object' ? checkObject(schema, value as Record<string, unknown>, path) : []
}

function checkObject(schema: TSchema, value: Record<string, unknown>, path: string): string[] {
  if (schema['additionalProperties'] === true) return []
  const [entry] = Object.values((schema['patternProperties'] as Record<string, TSchema> | undefined) ?? {})
  if (entry !== undefined) return Object.keys(value).flatMap((key) => check(entry, value[key], `${path}.${key}`))
  const properties = schema['properties'] as Record<string, TSchema>
  const known = Object.keys(properties)
  const sent = Object.keys(value)
  const required = (schema['required'] as string[] | undefined) ?? []
  const inOrder = known.filter((name) => sent.includes(name))
  return [
    ...required.filter((name) => !sent.includes(name)).map((name) => `${path}.${name}: missing`),
    ...sent.filter((name) => !known.includes(name)).map((name) => `${path}.${name}: not in the schema`),
    ...(inOrder.join() === sent.join()
      ? []
      : [`${path}: fields in the order ${sent.join()}, expected ${inOrder.join()}`]),
    ...inOrder.flatMap((name) => check(properties[name]!, value[name], `${path}.${name}`)),
  ]
}

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
