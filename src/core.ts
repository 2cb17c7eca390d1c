import { randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import type { CreateJobRequest, JobState } from '../schemas/jobs.ts'
import type { Seed } from '../schemas/seed.ts'
import type { JobTemplateInput } from '../schemas/templates.ts'
import { createCatalogue, type Catalogue } from './catalogue.ts'
import { type Clock, systemClock, toSeconds, worldTime } from './clock.ts'
import { notFound, show } from './errors.ts'
import { type Ids, normaliseId, randomIds } from './ids.ts'
import { assertAccount, createdJob, requestedId } from './jobs.ts'
import type { Persona } from './personas.ts'
import { decodeSeed } from './seed.ts'
import { openStore } from './store/database.ts'
import { type JobPage, type JobRecord, jobStore, type PageRequest } from './store/jobs.ts'
import { settingStore } from './store/settings.ts'
import { templateStore } from './store/templates.ts'
import { tokenStore } from './store/tokens.ts'
import { type Removed, type WorldRecord, worldStore } from './store/worlds.ts'
import { makeTemplate, type Template } from './templates.ts'
import type { Micros } from './timestamps.ts'
import { createTokens, type Token, type Tokens, userId } from './tokens.ts'

/** Everything of the emulator but HTTP. */
export interface Core {
  readonly clock: Clock
  /** The file, or `:memory:`, and the number of its last migration. */
  readonly database: { readonly location: string; readonly schema: number }
  readonly worlds: Worlds
  readonly catalogue: Catalogue
  readonly jobs: Jobs
  readonly templates: Templates
  readonly tokens: Tokens & TokenRevocation
  /** Signs links to storage. */
  readonly linkSecret: string
  close(): void
}

export interface Worlds {
  /** The world with this name; opened, with the jobs of the seed, on first use. */
  open(name: string): Promise<WorldRecord>
  /** The world's present. */
  now(world: WorldRecord): Micros
  /** Back to the seed, in one act. */
  reset(name: string): Promise<{ removed: Removed; seeded: { jobs: number } }>
  count(): number
}

/** Who is asking, and in which world. */
export interface Caller {
  readonly world: WorldRecord
  readonly persona: Persona
  readonly account: string
  /** The token that was presented, or null for an API key. */
  readonly token: { readonly text: string; readonly token: Token } | null
}

export interface Jobs {
  /** Creates a job, or updates the one that has the id and was not started. */
  create(caller: Caller, request: CreateJobRequest): Promise<JobRecord>
  /** @throws ApiError 404, or 403 where it is another account's */
  get(caller: Caller, id: string): JobRecord
  list(caller: Caller, page: PageRequest): JobPage
}

export interface Templates {
  /** Makes the caller's template, or replaces the one with the same id. */
  save(caller: Caller, input: JobTemplateInput): Promise<Template>
}

export interface TokenRevocation {
  /** Makes a token worthless before its time. */
  revoke(caller: Caller): Promise<void>
  isRevoked(token: Token): boolean
}

export interface CoreOptions {
  /** Directory of the database; null keeps everything in memory. */
  readonly data?: string | null
  /** What every world starts from. */
  readonly seed?: unknown
  readonly templates?: 'closed' | 'open'
  readonly strict?: boolean
  readonly clock?: Clock
  readonly ids?: Ids
}

/**
 * Opens the emulator without its HTTP side.
 *
 * @throws Error where the database cannot be opened, or the seed is wrong
 */
export function createCore(options: CoreOptions = {}): Core {
  const { data = null, templates: catalogueMode = 'closed', strict = false } = options
  const { clock = systemClock(), ids = randomIds() } = options
  const seed: Seed = decodeSeed(options.seed ?? {})
  const seedTemplates = new Map(
    (seed.templates ?? []).map((input) => [
      input.id,
      makeTemplate(input, { owner: 'seed', account: null, createdAt: null, updatedAt: null }),
    ]),
  )

  const store = openStore(data)
  try {
    const worldRows = worldStore(store)
    const jobRows = jobStore(store)
    const templateRows = templateStore(store)
    const revokedTokens = tokenStore(store)
    const settings = settingStore(store)
    const catalogue = createCatalogue(templateRows, seedTemplates, catalogueMode === 'open')
    const now = (world: WorldRecord): Micros => worldTime(world.clock, clock.now())

    /** Creates or updates the job that a request names. Call inside an act. */
    function put(
      world: WorldRecord,
      account: string,
      request: CreateJobRequest,
      id: string | undefined,
      state: JobState = 'JOB_STATE_NEW',
    ): JobRecord {
      const existing = id === undefined ? undefined : jobRows.find(world.key, id)
      const template = catalogue.resolve(world.key, account, request.templateId)
      const job = createdJob(request, { id: id ?? ids.uuid(), existing, template, account, now: now(world), state })
      if (existing === undefined) jobRows.insert(world.key, job)
      else jobRows.update(world.key, job)
      return job
    }

    /** Call inside an act. */
    function sow(world: WorldRecord): number {
      for (const { state, ...request } of seed.jobs ?? []) {
        put(world, 'owner', request, requestedId(request.jobId, strict), state)
      }
      return seed.jobs?.length ?? 0
    }

    const worlds: Worlds = {
      async open(name) {
        return worldRows.find(name) ?? (await store.commit(() => openInside(name)))
      },
      now,
      reset: (name) =>
        store.commit(() => {
          const world = worldRows.find(name) ?? worldRows.add(name, clock.now())
          const removed = worldRows.clear(world)
          return { removed, seeded: { jobs: sow(worldRows.find(name)!) } }
        }),
      count: () => worldRows.count(),
    }

    function openInside(name: string): WorldRecord {
      const known = worldRows.find(name)
      if (known !== undefined) return known
      const world = worldRows.add(name, clock.now())
      sow(world)
      return world
    }

    const jobs: Jobs = {
      create({ world, account }, request) {
        const id = requestedId(request.jobId, strict)
        return store.commit(() => put(world, account, request, id))
      },
      get({ world, account }, id) {
        const job = jobRows.find(world.key, normaliseId(id))
        if (job === undefined || job.deletedAt !== null) throw notFound(`job ${show(id)} does not exist`)
        assertAccount(job, account)
        return job
      },
      list: ({ world, account }, page) => jobRows.list(world.key, account, page),
    }

    const templates: Templates = {
      save({ world, account }, input) {
        return store.commit(() => {
          const existing = templateRows.find(world.key, input.id)
          if (existing !== undefined) catalogue.resolve(world.key, account, input.id)
          const at = now(world)
          const owner = userId(world.name, account)
          const origin = { owner, account, createdAt: existing?.createdAt ?? at, updatedAt: at }
          const template = makeTemplate(input, origin)
          templateRows.save(world.key, template)
          return template
        })
      },
    }

    const tokens = createTokens(
      {
        read() {
          const key = settings.get('signing-key')
          return key === undefined ? undefined : (JSON.parse(key) as JWK)
        },
        keep: (key) => store.commit(() => JSON.parse(settings.setOnce('signing-key', JSON.stringify(key))) as JWK),
      },
      ids,
    )

    // A seed that does not fit is an error at start, not at the first request.
    checkSeed(seed, catalogue, seedTemplates, strict)

    return {
      clock,
      database: { location: store.location, schema: store.schema },
      worlds,
      catalogue,
      jobs,
      templates,
      tokens: {
        ...tokens,
        isRevoked: ({ jti }) => revokedTokens.isRevoked(jti),
        async revoke({ world, token }) {
          if (token === null) return
          const { jti, expiresAt } = token.token
          await store.commit(() => revokedTokens.revoke(jti, world.key, expiresAt, toSeconds(now(world))))
          tokens.forget(token.text)
        },
      },
      linkSecret: settings.get('link-secret') ?? keepLinkSecret(),
      close: () => store.close(),
    }

    function keepLinkSecret(): string {
      return settings.setOnce('link-secret', randomBytes(32).toString('hex'))
    }
  } catch (error) {
    store.close()
    throw error
  }
}

function checkSeed(seed: Seed, catalogue: Catalogue, templates: ReadonlyMap<string, Template>, strict: boolean): void {
  if (templates.size < (seed.templates?.length ?? 0)) throw new Error('seed: two templates have the same id')
  const seen = new Set<string>()
  for (const [index, request] of (seed.jobs ?? []).entries()) {
    try {
      const id = requestedId(request.jobId, strict)
      // No world has the key -1, so only templates of the seed and built-in ones are found.
      const template = catalogue.resolve(-1, 'owner', request.templateId)
      createdJob(request, { id: id ?? '', existing: undefined, template, account: 'owner', now: 0 })
      if (id !== undefined && seen.has(id)) throw new Error(`jobId ${id} occurs twice`)
      if (id !== undefined) seen.add(id)
    } catch (error) {
      throw new Error(`seed: jobs[${index}]: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
}
