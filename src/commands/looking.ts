import type { Exchange } from '../../schemas/journal.ts'
import { plain, tableLines } from '../base/plain-text.ts'
import { ConfigError } from '../settings/settings.ts'
import { print, reach } from './reach.ts'
import type { Invocation } from './subcommand.ts'

/** Rows for people as a table, or their values for programs. */
export function show<Item>(
  { options }: Invocation,
  items: readonly Item[],
  toRow: (item: Item) => readonly string[],
  none: string,
): void {
  if (options['json'] === true) print(JSON.stringify(items, null, 2))
  else print(items.length === 0 ? none : tableLines(items.map((item) => toRow(item).map(plain))).join('\n'))
}

/** A whole number that an option gives. @throws ConfigError */
export function countOf({ options }: Invocation, name: string, preset: number, most: number): number {
  const text = options[name] as string | undefined
  if (text === undefined) return preset
  if (/^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text)
  throw new ConfigError(`--${name} ${JSON.stringify(text)}: expected a whole number from 1 to ${most}`)
}

/** Lists the worlds. */
export async function worlds(invocation: Invocation): Promise<void> {
  const { ask } = reach(invocation)
  const names = await ask((_world, client) => client.worlds())
  const views = await ask((_world, client) =>
    Promise.all(names.slice(0, 200).map((name) => client.world(name).inspect())),
  )
  show(
    invocation,
    views,
    ({ world, now, jobs, pace }) => [
      world,
      String(Object.values(jobs.byState).reduce((sum, n) => sum + n, 0)),
      now,
      pace,
    ],
    'no world was opened yet; a request with the key test_default opens one',
  )
}

/** Lists the jobs of a world, the newest first. */
export async function jobs(invocation: Invocation): Promise<void> {
  const { state, text } = invocation.options as Record<string, string | undefined>
  const query = {
    limit: countOf(invocation, 'limit', 50, 1000),
    ...(state === undefined
      ? {}
      : { state: state.startsWith('JOB_STATE_') ? state : `JOB_STATE_${state.toUpperCase()}` }),
    ...(text === undefined ? {} : { text }),
  }
  const found = await reach(invocation).ask((world) => world.jobs(query))
  show(
    invocation,
    found,
    ({ id, state, templateId, name, createdAt }) => [id, state.replace('JOB_STATE_', ''), templateId, createdAt, name],
    'no such job',
  )
}

/** Lists the templates that a world's jobs can be made of. */
export async function templates(invocation: Invocation): Promise<void> {
  const found = await reach(invocation).ask((world) => world.templates())
  show(
    invocation,
    found,
    ({ id, from, needs, makes }) => [id, from, needs.length === 0 ? '' : `needs ${needs.join(', ')}`, makes.join(', ')],
    'no template',
  )
}

/** Lists the requests of clients, and with `--follow` also new ones. */
export async function requests(invocation: Invocation): Promise<void> {
  const { options } = invocation
  const { ask } = reach(invocation)
  const isWanted = ({ status, unknownFields, fault }: Exchange): boolean =>
    options['problems'] !== true || status === 0 || status >= 400 || unknownFields.length > 0 || fault !== null
  const limit = countOf(invocation, 'limit', 50, 10_000)
  const known = await ask((world) => world.requests())
  const shown = known.filter(isWanted).slice(-limit)
  if (options['follow'] !== true) {
    return show(invocation, shown, requestRow, 'no such request')
  }
  let last = known.at(-1)?.id ?? 0
  for (let next = shown; ;) {
    for (const exchange of next) {
      print(options['json'] === true ? JSON.stringify(exchange) : requestRow(exchange).map(plain).join('  ').trimEnd())
    }
    const more = await ask((world) => world.requests({ after: last, wait: '30s' }))
    last = more.at(-1)?.id ?? last
    next = more.filter(isWanted)
  }
}

function requestRow({ at, status, method, path, durationMs, unknownFields, fault, response }: Exchange): string[] {
  const notes = [
    status >= 400 ? messageOf(response.body) : '',
    unknownFields.length === 0 ? '' : `unknown: ${unknownFields.join(', ')}`,
    fault === null ? '' : `fault ${fault}`,
  ].filter((note) => note !== '')
  return [at, status === 0 ? 'reset' : String(status), method, path, `${Math.round(durationMs)} ms`, notes.join('; ')]
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return ''
  }
}
