import type { Exchange } from '../../schemas/journal.ts'
import type { FaultRequest } from '../../schemas/faults.ts'
import { keyOf } from './api.ts'

/** A request as it can be sent again. */
export interface Sendable {
  readonly method: string
  readonly path: string
  readonly world: string
  readonly persona: string
  readonly body: string
}

export const sendableOf = (world: string, { method, path, persona, request }: Exchange): Sendable => ({
  method,
  path,
  world,
  persona,
  body: request.body,
})

/** The journal shows secrets like this; a text with it cannot be sent as it stands. */
export const isMasked = ({ path, body }: Sendable): boolean => `${path}\n${body}`.includes('***')

const isOpen = (path: string): boolean => path.startsWith('/v1/auth/access_token') || path.startsWith('/bytenite-')

const shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The request as a line for a shell. */
export function asCurl(origin: string, { method, path, world, persona, body }: Sendable): string {
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${shell(origin + path)}`]
  if (!isOpen(path)) lines.push(`-H ${shell(`Authorization: ${keyOf(world, persona)}`)}`)
  if (body !== '') lines.push(`-H 'Content-Type: application/json'`, `--data ${shell(body)}`)
  return lines.join(' \\\n  ')
}

/** The request as JavaScript. */
export function asFetch(origin: string, { method, path, world, persona, body }: Sendable): string {
  const headers = [
    ...(isOpen(path) ? [] : [`    authorization: ${JSON.stringify(keyOf(world, persona))},`]),
    ...(body === '' ? [] : [`    'content-type': 'application/json',`]),
  ]
  return [
    `const response = await fetch(${JSON.stringify(origin + path)}, {`,
    `  method: ${JSON.stringify(method)},`,
    ...(headers.length === 0 ? [] : ['  headers: {', ...headers, '  },']),
    ...(body === '' ? [] : [`  body: ${JSON.stringify(body)},`]),
    '})',
  ].join('\n')
}

/** The request as Python, with `requests`. */
export function asPython(origin: string, { method, path, world, persona, body }: Sendable): string {
  const headers = [
    ...(isOpen(path) ? [] : [`"Authorization": ${JSON.stringify(keyOf(world, persona))}`]),
    ...(body === '' ? [] : ['"Content-Type": "application/json"']),
  ]
  return [
    'import requests',
    '',
    `response = requests.request(${JSON.stringify(method)}, ${JSON.stringify(origin + path)},`,
    `    headers={${headers.join(', ')}},`,
    ...(body === '' ? [] : [`    data=${JSON.stringify(body)}.encode(),`]),
    ')',
  ].join('\n')
}

/** A test's line that such a request was sent. */
export function asVerify({ operation, persona, request }: Exchange): string {
  const conditions: Record<string, unknown> = { operation }
  if (persona !== 'owner') conditions['persona'] = persona
  try {
    const body = JSON.parse(request.body) as unknown
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) conditions['body'] = body
  } catch {
    // Without a JSON body, the operation alone is matched.
  }
  return `await world.verify(${literal(conditions)})`
}

/** The line of a test that makes such a fault. */
export const faultCode = (rule: FaultRequest): string => `await world.fault(${literal(rule)})`

/** The same for a shell. */
export const faultCurl = (origin: string, world: string, rule: object, kind = 'faults'): string =>
  `curl -X POST ${shell(`${origin}/_emulator/worlds/${world}/${kind}`)} \\\n  --data ${shell(JSON.stringify(rule))}`

/** A value as JavaScript writes it, without needless quotes. */
export const literal = (value: unknown): string =>
  JSON.stringify(value, null, 2)
    .replace(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, '$1$2:')
    .replace(/\n\s*/g, (gap) => (JSON.stringify(value).length <= 90 ? ' ' : gap))
