import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { invalidArgument, show } from './base/errors.ts'
import { directAgent, isLoopback } from './base/address.ts'
import type { WorldJob, WorldJobsQuery, WorldJobsResponse } from '../schemas/activity.ts'
import type {
  ClockResponse,
  Explanation,
  ReleaseResponse,
  ResetResponse,
  SeedResponse,
  World as WorldView,
  WorldsResponse,
} from '../schemas/control.ts'
import type { Fault, FaultRequest, RulesQuery } from '../schemas/faults.ts'
import type { JobState } from '../schemas/jobs.ts'
import type { Har } from '../schemas/har.ts'
import type { Exchange, HarQuery, JournalQuery, VerifyRequest, VerifyResponse } from '../schemas/journal.ts'
import type { Scenario, ScenarioRequest } from '../schemas/scenarios.ts'
import type { PaceName, PersonaName } from '../schemas/names.ts'
import type { Seed } from '../schemas/seed.ts'
import type { SettingInForce, SettingsResponse } from '../schemas/settings.ts'
import type { KnownTemplate, KnownTemplatesResponse } from '../schemas/templates.ts'
import { checkedWorldName } from './base/world-names.ts'
import { defaultKey, defaultKeyOf } from './domain/accounts/keys.ts'
import { assertPersona } from './domain/accounts/personas.ts'

/**
 * How a client reaches an emulator: answers with the body of a success, throws for anything else. Bodies are JSON, but for
 * exported worlds, which are bytes.
 */
export type Send = (method: string, path: string, body?: unknown) => Promise<unknown>

/** The emulator refused a call; `message` has the request, the status and the reason. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly status: number
  /** The emulator's own message. */
  readonly reason: string
  /** True if the emulator gave the answer; if not, something else listens there. */
  readonly isEmulator: boolean

  constructor(status: number, request: string, reason: string, isEmulator = true) {
    super(`${request} answered ${status}: ${reason}`)
    this.status = status
    this.reason = reason
    this.isEmulator = isEmulator
  }
}

/** A duration: milliseconds, or a text such as `90s`, `10m` or ISO 8601. */
type Duration = number | string

/** A world's clock. */
export interface WorldClock {
  /** RFC 3339. */
  now(): Promise<string>
  /** Moves on by a duration, to the `next` state of any job, or to the end of `job:<id>`; tells what happened on the way. */
  advance(by: Duration): Promise<ClockResponse>
  /** Stops the clock. */
  freeze(): Promise<ClockResponse>
  /** Lets a frozen clock run again. */
  run(): Promise<ClockResponse>
  /** Resolves once so much of the world's time has passed: for code under test whose way of waiting can be passed in. */
  sleep(duration: Duration): Promise<void>
}

/** An isolated world: its own jobs, templates, clock, scenarios, faults and journal. */
export interface World {
  readonly name: string
  /** The key that opens it, to be given to the code under test. */
  readonly apiKey: string
  /** A key of the same world for another persona, such as `readonly` or `down`. */
  keyOf(persona: PersonaName): string
  /** A fresh access token. */
  token(): Promise<string>
  /** Its own clock. */
  readonly clock: WorldClock
  /** A look at it: the time of its clock, its pace, numbers of jobs, rules and exchanges. */
  inspect(): Promise<WorldView>
  /** Back to the seed; also the clock, scenarios, faults and the journal. */
  reset(): Promise<ResetResponse>
  /** Adds the templates and jobs of a seed; all of them or none. */
  seed(seed: Seed): Promise<SeedResponse>
  /** Copies the world to another name. */
  fork(into: string, options?: { replace?: boolean }): Promise<World>
  /** Removes it with all that is in it. */
  drop(): Promise<void>
  /** Everything in it, files included, to be kept in a file: a tar archive. */
  export(): Promise<Uint8Array>
  /** Makes it of an exported world, whatever that one was called. All of it or nothing. */
  import(archive: Uint8Array, options?: { replace?: boolean }): Promise<void>
  /** Sets the pace of runs to come, as `--pace` does; empty: that of the emulator. */
  pace(pace: PaceName): Promise<void>
  /** Decides how runs end. */
  scenario(rule: ScenarioRequest): Promise<Scenario>
  /** All of them, or `{ unused: true }`: those that decided nothing. */
  scenarios(query?: RulesQuery): Promise<Scenario[]>
  removeScenario(id: string): Promise<Scenario>
  /** Spoils answers. */
  fault(rule: FaultRequest): Promise<Fault>
  /** All faults, or with `{ unused: true }` those that were never used. */
  faults(query?: RulesQuery): Promise<Fault[]>
  removeFault(id: string): Promise<Fault>
  /** Releases the requests that a fault with the delay `until-released` holds. */
  releaseFault(id: string): Promise<Fault>
  /** The exchanges of clients, oldest first. */
  requests(query?: JournalQuery): Promise<Exchange[]>
  /** The same as an HTTP Archive (HAR 1.2), for a browser or another program that shows requests. */
  har(query?: HarQuery): Promise<Har>
  /** The first request that fits; waits for it. @throws Error if none comes within `patience` (default 5s, at most 60s) */
  waitForRequest(query: JournalQuery, patience?: Duration): Promise<Exchange>
  /** Tells if there were as many such requests as expected; if not, which came closest. */
  verify(request: VerifyRequest): Promise<VerifyResponse>
  /** The matching jobs of all accounts, newest first: 50, or at most `limit`. */
  jobs(query?: WorldJobsQuery): Promise<WorldJob[]>
  /** The templates that its jobs can be made of, with what each needs and makes. */
  templates(): Promise<KnownTemplate[]>
  /** Explains the state of a job, and what it waits for. */
  explain(jobId: string): Promise<Explanation>
  /** Sets the pace of one job, before it is run or while it runs; empty: that of its scenario or world. */
  paceOf(jobId: string, pace: PaceName): Promise<Explanation>
  /** Makes a job wait before a state. */
  hold(jobId: string, before: JobState): Promise<ReleaseResponse>
  /** Opens the next gates of a job. */
  release(jobId: string, steps?: number): Promise<ReleaseResponse>
}

/** Controls an emulator, in this process or elsewhere, from a test. */
export interface EmulatorClient {
  /** To be put in the place of `https://api.bytenite.com`. */
  readonly url: string
  /** The key of the world `default`. */
  readonly apiKey: string
  /** A world, which the first request with its key opens. @throws Error for a name that no world can have */
  readonly world: (name: string) => World
  /** The names of all worlds that were opened and not dropped, in their order. */
  worlds(): Promise<string[]>
  /** The settings in force, and where each comes from. */
  settings(): Promise<SettingInForce[]>
}

/**
 * Connects to an emulator that runs elsewhere, in a container for example.
 *
 * @param url as in `http://127.0.0.1:2983`
 * @throws Error for what is not such a URL
 */
export function connect(url: string | URL): EmulatorClient {
  const base = String(url).replace(/\/+$/, '')
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol) || /[?#]/.test(base)) {
    throw invalidArgument(`url ${show(url)}: expected a URL, as in http://127.0.0.1:2983`)
  }
  return createClient(base, async (method, path, body) => {
    const ask = isLoopback(base) && base.startsWith('http:') ? askDirectly : askByFetch
    const { status, contentType, bytes } = await ask(method, base + path, bodyOf(body))
    return readAnswer(`${method} ${path}`, status, contentType, bytes)
  })
}

const archiveType = 'application/x-tar'

interface Sent {
  readonly body?: Uint8Array<ArrayBuffer> | string
  readonly headers?: Readonly<Record<string, string>>
}

interface Received {
  readonly status: number
  readonly contentType: string | null | undefined
  readonly bytes: Uint8Array
}

async function askByFetch(method: string, url: string, { body, headers = {} }: Sent): Promise<Received> {
  const response = await fetch(url, { method, headers, body: body ?? null })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, contentType: response.headers.get('content-type'), bytes }
}

/** Asks an emulator on this machine, which no proxy can reach. */
const askDirectly = (method: string, url: string, { body, headers = {} }: Sent): Promise<Received> =>
  new Promise((resolve, reject) => {
    const question = request(url, { method, headers, agent: directAgent }, (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, contentType: response.headers['content-type'], bytes }),
        reject,
      )
    })
    question.once('error', reject)
    question.end(body)
  })

function bodyOf(body: unknown): Sent {
  if (body === undefined) return {}
  return body instanceof Uint8Array
    ? { body: new Uint8Array(body), headers: { 'content-type': archiveType } }
    : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

/** Reads an answer: JSON, or the bytes of an archive. @throws ControlError if it is not a success */
export function readAnswer(request: string, status: number, type: unknown, bytes: Uint8Array): unknown {
  if (status < 300 && type === archiveType) return bytes
  const text = new TextDecoder().decode(bytes)
  let body: unknown
  try {
    body = JSON.parse(text) as unknown
  } catch {
    throw new ControlError(status, request, text, false)
  }
  if (status >= 200 && status < 300) return body
  const reason = (body as { message?: unknown } | null)?.message
  throw typeof reason === 'string'
    ? new ControlError(status, request, reason)
    : new ControlError(status, request, text, false)
}

/** A client on top of a way to send requests. */
export function createClient(url: string, send: Send): EmulatorClient {
  return {
    url,
    apiKey: defaultKey,
    world: (name) => createWorld(name, send),
    settings: async () => ((await send('GET', '/_emulator/settings')) as SettingsResponse).settings,
    async worlds() {
      const names: string[] = []
      for (;;) {
        const page = (await send('GET', `/_emulator/worlds?offset=${names.length}`)) as WorldsResponse
        names.push(...page.worlds.map(({ world }) => world))
        if (page.worlds.length === 0 || names.length >= page.total) return names
      }
    },
  }
}

function createWorld(name: string, send: Send): World {
  const base = `/_emulator/worlds/${encodeURIComponent(checkedWorldName(name))}`
  const apiKey = defaultKeyOf(name)
  const ask = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> =>
    (await send(method, base + path, body)) as Answer
  const post = <Answer>(path: string, body: unknown = {}): Promise<Answer> => ask<Answer>('POST', path, body)
  const job = (id: string): string => `/jobs/${checkedId('jobId', id)}`

  const world: World = {
    name,
    apiKey,
    keyOf(persona) {
      assertPersona(persona)
      return `${apiKey}:${persona}`
    },
    async token() {
      const { token } = (await send('POST', '/v1/auth/access_token', { apiKey })) as { token: string }
      return token
    },
    clock: {
      now: async () => (await ask<ClockResponse>('GET', '/clock')).now,
      advance: (by) => post<ClockResponse>('/clock/advance', { by: durationOf(by) }),
      freeze: () => post<ClockResponse>('/clock/freeze'),
      run: () => post<ClockResponse>('/clock/run'),
      async sleep(duration) {
        let until: string | undefined
        for (;;) {
          const answer = await post<{ reached: boolean; until: string }>(
            '/clock/wait',
            until === undefined ? { for: durationOf(duration) } : { until },
          )
          if (answer.reached) return
          until = answer.until
        }
      },
    },
    inspect: () => ask<WorldView>('GET', ''),
    reset: () => post<ResetResponse>('/reset'),
    seed: (seed) => post<SeedResponse>('/seed', seed),
    async fork(into, { replace = false } = {}) {
      await post('/fork', { into, replace })
      return createWorld(into, send)
    },
    async drop() {
      await ask('DELETE', '')
    },
    export: () => ask<Uint8Array>('GET', '/export'),
    async import(archive, { replace = false } = {}) {
      await post(`/import?replace=${replace}`, archive)
    },
    async pace(pace) {
      await ask('PUT', '/pace', { pace })
    },
    scenario: (rule) => post<Scenario>('/scenarios', rule),
    scenarios: async (query = {}) =>
      (await ask<{ scenarios: Scenario[] }>('GET', `/scenarios?${toQuery(query)}`)).scenarios,
    removeScenario: async (id) => ask<Scenario>('DELETE', `/scenarios/${checkedId('id', id)}`),
    fault: (rule) => post<Fault>('/faults', rule),
    faults: async (query = {}) => (await ask<{ faults: Fault[] }>('GET', `/faults?${toQuery(query)}`)).faults,
    removeFault: async (id) => ask<Fault>('DELETE', `/faults/${checkedId('id', id)}`),
    releaseFault: async (id) => post<Fault>(`/faults/${checkedId('id', id)}/release`),
    requests: async (query = {}) =>
      (await ask<{ exchanges: Exchange[] }>('GET', `/journal?${toQuery(query)}`)).exchanges,
    har: (query = {}) => ask<Har>('GET', `/journal.har?${toQuery(query)}`),
    async waitForRequest(query, patience = '5s') {
      const [first] = await world.requests({ ...query, wait: String(patience) })
      if (first === undefined) {
        const waited = typeof patience === 'number' ? `${patience} ms` : patience
        throw new Error(`no request came within ${waited}: ${JSON.stringify(query)}`)
      }
      return first
    },
    verify: (request) => post<VerifyResponse>('/journal/verify', request),
    jobs: async (query = {}) => (await ask<WorldJobsResponse>('GET', `/jobs?${toQuery(query)}`)).jobs,
    async templates() {
      const path = `/_emulator/templates?${toQuery({ world: name })}`
      return ((await send('GET', path)) as KnownTemplatesResponse).templates
    },
    explain: async (jobId) => ask<Explanation>('GET', job(jobId)),
    paceOf: async (jobId, pace) => ask<Explanation>('PUT', `${job(jobId)}/pace`, { pace }),
    hold: async (jobId, before) => post<ReleaseResponse>(`${job(jobId)}/hold`, { before }),
    release: async (jobId, steps = 1) => post<ReleaseResponse>(`${job(jobId)}/release`, { steps }),
  }
  return world
}

/** An id as a part of a path. @throws Error for another thing, such as a job instead of its id */
function checkedId(name: string, id: string): string {
  if (typeof id === 'string' && id !== '') return encodeURIComponent(id)
  throw invalidArgument(`${name} ${show(id)}: expected a text`)
}

/** A duration as it is sent: an object stays one, so that the refusal says what is expected. */
const durationOf = (duration: string | number): unknown => (typeof duration === 'object' ? duration : String(duration))

const toQuery = (query: object): string =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString()
