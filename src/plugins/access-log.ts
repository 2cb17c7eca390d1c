import type { FastifyInstance } from 'fastify'
import type { Core } from '../core.ts'
import { headersOf, type Observed, type Observer } from '../control/journal.ts'
import { masking, maskedUrl } from '../control/masking.ts'
import type { Transition } from '../domain/jobs/job.ts'
import { tryJson } from '../wire/json.ts'

/** A request of which no exchange is made, as Node.js or the framework refuse it. */
export interface Refused {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly reason: string
}

const isLogging = (app: FastifyInstance, ...levels: readonly string[]): boolean => levels.includes(app.log.level)

/**
 * Writes a line for each exchange, with what the journal would say of it: at info, and at debug those of the emulator's own API.
 * Refusals that are in no journal are warnings, because they would leave no other trace.
 *
 * @param isSeen true if exchanges are also reported elsewhere, so that refusals need no warning
 * @returns undefined if the level leaves nothing to be written, else who is to be told: of all exchanges, or of refusals alone
 */
export function accessLog(
  app: FastifyInstance,
  isSeen: boolean,
): { readonly ofAll?: Observer; readonly ofRefusals?: Observer } | undefined {
  const writesAll = isLogging(app, 'info', 'debug', 'trace')
  if (!writesAll && (isSeen || !isLogging(app, 'warn'))) return undefined
  const write: Observer = (exchange) => {
    const level = levelOf(exchange)
    if (level === 'warn' || writesAll) app.log[level](lineOf(exchange), 'request')
  }
  return writesAll ? { ofAll: write } : { ofRefusals: write }
}

function levelOf({ status, world, path }: Observed): 'warn' | 'info' | 'debug' {
  const isOwn = path.startsWith('/_emulator')
  // Callers of the control API get an exception, except pages that are refused as foreign.
  if (status >= 400 && world === null && (!isOwn || status === 403)) return 'warn'
  return isOwn ? 'debug' : 'info'
}

const lineOf = ({ method, path, status, durationMs, world, fault, ...exchange }: Observed) => ({
  method,
  url: shownUrl(path),
  status,
  ms: Number(durationMs.toFixed(1)),
  ...(world === null ? {} : { world }),
  ...(fault === null ? {} : { fault }),
  ...(status >= 400 ? reasonOf(exchange) : {}),
})

/** The first sentence of an error, without what the client sent as a secret. */
function reasonOf({ headers, requestBody, responseBody }: Pick<Observed, 'headers' | 'requestBody' | 'responseBody'>): {
  readonly reason?: string
} {
  const { message } = (tryJson(Buffer.from(responseBody)) ?? {}) as { readonly message?: unknown }
  if (typeof message !== 'string') return {}
  return { reason: firstSentence(masking(headersOf(headers), requestBody?.toString() ?? '').text(message)) }
}

const longestReason = 200

const firstSentence = (text: string): string => text.split(/[;.] /, 1)[0]!.slice(0, longestReason)

/** The URL for the log, without the long signature of a signed link. */
const shownUrl = (url: string): string => maskedUrl(url.replace(/\?X-Goog-Algorithm=.*/s, ''))

/** Warns of requests that are refused before there is an exchange. Given to what answers them. */
export const refusalLog =
  (app: FastifyInstance) =>
  ({ method, url, status, reason }: Refused): void =>
    app.log.warn({ method, url: shownUrl(url), status, reason: firstSentence(reason) }, 'request')

/** Maximum number of worlds whose jobs are watched as time passes; states of others are logged when they are read. */
const mostWatched = 100

/** Writes a line for each job that enters states, at info. */
export function logTransitions(app: FastifyInstance, core: Core): void {
  if (!isLogging(app, 'info', 'debug', 'trace')) return
  const watched = new Map<number, () => void>()

  function watch(key: number, name: string): void {
    const world = watched.has(key) ? undefined : core.worlds.find(name)
    if (world === undefined) return
    if (watched.size >= mostWatched) leave(watched.keys().next().value!)
    const leaveIt = core.events.follow(
      world,
      () => undefined,
      () => leave(key),
    )
    watched.set(key, leaveIt)
  }
  function leave(key: number): void {
    watched.get(key)?.()
    watched.delete(key)
  }

  const unlisten = core.transitions.listenToAll((key, transitions) => {
    const world = core.worlds.nameOf(key)
    if (world === undefined) return
    for (const [job, states] of statesByJob(transitions)) app.log.info({ world, job, states }, 'job')
    watch(key, world)
  })
  app.addHook('onClose', async () => {
    unlisten()
    for (const key of [...watched.keys()]) leave(key)
  })
}

function statesByJob(transitions: readonly Transition[]): Map<string, string[]> {
  const byJob = new Map<string, string[]>()
  for (const { jobId, state } of transitions) {
    const states = byJob.get(jobId) ?? []
    states.push(state.replace('JOB_STATE_', ''))
    byJob.set(jobId, states)
  }
  return byJob
}
