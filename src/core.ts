import { randomBytes } from 'node:crypto'
import { type Catalogue, createCatalogue } from './core/catalogue.ts'
import { type Clock, type SteadyClock, systemClock } from './base/clock.ts'
import { type ApiKeys, createApiKeys } from './core/api-keys.ts'
import { type Archives, createArchives } from './core/archives.ts'
import { type Blocks, createBlocks } from './core/blocks.ts'
import { type Clocks, createClocks } from './core/clocks.ts'
import { createTemplates, type Templates } from './core/templates.ts'
import { createEvents, type Events } from './core/events.ts'
import { createJobQueries, type JobQueries } from './core/job-queries.ts'
import { createJobs, type Jobs } from './core/jobs.ts'
import { openClock } from './core/kept-clock.ts'
import { createRealRuns, type RealRuns } from './core/real-runs.ts'
import { createRuns, type Runs } from './core/runs.ts'
import type { BlockRegistry } from './domain/runs/block.ts'
import { createStorage, type Storage } from './core/storage.ts'
import { createSecrets, type Secrets } from './core/secrets.ts'
import { checkSeed, createSeeds, type Seeds } from './core/seeds.ts'
import { createTransitionBus, type TransitionBus } from './core/events.ts'
import { createUsers, type Users } from './core/users.ts'
import { createWallet, type Wallet } from './core/wallet.ts'
import { createWorlds, type Worlds } from './core/worlds.ts'
import { createFaults, type FaultRegistry } from './control/faults.ts'
import { createJournal, type Journal } from './control/journal.ts'
import { type Ids, randomIds } from './base/ids.ts'
import { type Pace, parsePace } from './domain/jobs/pace.ts'
import { builtInRecipe } from './domain/results/recipe-of.ts'
import { scriptedRecipe } from './domain/results/scripted.ts'
import { createScenarios, type ScenarioRegistry } from './control/scenarios.ts'
import { seededRecipe } from './domain/results/seeded.ts'
import { type Files, openFiles } from './store/files/files.ts'
import { lastPlace } from './store/files/folders.ts'
import { openStore } from './store/database.ts'
import { openRows } from './store/rows.ts'
import type { WorldRecord } from './store/worlds.ts'
import { makeTemplate } from './domain/templates/template.ts'
import { createTokens, type Tokens } from './core/tokens.ts'
import { type ServiceSettings, serviceDefaults } from './settings/settings.ts'
import { type SeedSource, seedOf } from './domain/seed.ts'

/** Everything of the emulator but HTTP. */
export interface Core {
  readonly clock: SteadyClock
  /** The pace of worlds that have none of their own. */
  readonly pace: Pace
  /** The file, or `:memory:`, and the number of its last migration. */
  readonly database: { readonly location: string; readonly schema: number; readonly problem: () => string | undefined }
  readonly worlds: Worlds
  readonly clocks: Clocks
  readonly archives: Archives
  readonly seeds: Seeds
  readonly catalogue: Catalogue
  readonly jobs: Jobs
  readonly runs: Runs
  readonly realRuns: RealRuns
  readonly jobQueries: JobQueries
  readonly events: Events
  readonly transitions: TransitionBus
  readonly scenarios: ScenarioRegistry
  readonly faults: FaultRegistry
  readonly journal: Journal
  readonly templates: Templates
  readonly blocks: Blocks
  readonly storage: Storage
  readonly tokens: Tokens
  readonly apiKeys: ApiKeys
  readonly users: Users
  readonly secrets: Secrets
  readonly wallet: Wallet
  /** Signs links to storage. */
  readonly linkSecret: string
  /** Ends whatever requests wait for, so that they are answered and the program can end. */
  wake(): void
  close(): void
}

export interface CoreOptions extends Partial<ServiceSettings> {
  /** Directory of the database; null keeps everything in memory. */
  readonly data?: string | null
  /** The content that every world starts from. */
  readonly seed?: SeedSource
  readonly clock?: Clock
  readonly ids?: Ids
  /** The building blocks of `--apps`; absent: none. */
  readonly localBlocks?: BlockRegistry
}

const noBlocks: BlockRegistry = { refresh: () => undefined, blocks: [], templates: new Map(), problems: [] }

/**
 * Opens the emulator without its HTTP side.
 *
 * @throws Error if the database cannot be opened, or the seed is wrong
 */
export function createCore(options: CoreOptions = {}): Core {
  const { templates: catalogueMode, strict, pace, runApps } = { ...serviceDefaults, ...options }
  const { data = null, seed: source = seedOf({}), clock: machine = systemClock(), ids = randomIds() } = options
  const { localBlocks = noBlocks } = options
  const { seed } = source
  const seedTemplates = new Map(
    (seed.templates ?? []).map((input) => [
      input.id,
      makeTemplate(input, { owner: 'seed', account: null, createdAt: null, updatedAt: null }),
    ]),
  )

  const recipe = seededRecipe(seed, (template) => seedTemplates.get(template.id) === template, builtInRecipe)

  const store = openStore(data)
  let opened: Files | undefined
  let keepTime = (): void => undefined
  function close(): void {
    try {
      keepTime()
    } catch {
      // The disk fails: the time kept before is a second ahead at most.
    }
    opened?.close()
    store.close()
  }
  try {
    const { commit } = store
    const rows = openRows(store, lastPlace(data))
    const files = (opened = openFiles(data, (world) => rows.worlds.place(world)))
    const kept = openClock(machine, store, rows)
    const { clock } = kept
    keepTime = () => kept.keep()
    const catalogue = createCatalogue(rows.templates, localBlocks, seedTemplates, catalogueMode === 'open')
    checkSeed(source, catalogue, seedTemplates, strict)

    const transitions = createTransitionBus()
    const scenarios = createScenarios(ids)
    const faults = createFaults(ids)
    const journal = createJournal()

    /** Puts the jobs of the seed into a world. Call inside an act. */
    function seedJobs(world: WorldRecord): number {
      for (const { state = 'JOB_STATE_NEW', ...request } of seed.jobs ?? []) jobs.addSeeded(world, request, state)
      return seed.jobs?.length ?? 0
    }

    const clocks = createClocks({ wall: clock, commit, rows: rows.worlds, jobs: rows.jobs, transitions })
    const worlds = createWorlds({
      wall: clock,
      clocks,
      commit,
      rows: rows.worlds,
      tables: rows.ofWorld,
      jobs: rows.jobs,
      transitions,
      seed: seedJobs,
      onCleared({ name }) {
        for (const rules of [scenarios, faults, journal]) rules.clear(name)
        // Another world of that name may have revoked keys of its own.
        tokens.forget()
      },
      removePlace: (place) => files.removePlace(place),
      onCopied: (world) => runs.failCopied(world),
      onForked: (from, into) => files.copyWorld(from.key, into.key),
    })
    const archives = createArchives({
      wall: clock,
      schema: store.schema,
      worlds,
      clocks,
      rows: rows.worlds,
      tables: rows.ofWorld,
      jobs: rows.jobs,
      files,
    })
    const secrets = createSecrets(commit, rows.secrets, ids)
    const wallet = createWallet(commit, rows.wallet, ids, clocks.now)
    const realRuns = createRealRuns({ runApps, localBlocks, rows: rows.blocks, catalogue, secrets, clocks })
    const jobs = createJobs({
      commit,
      rows: rows.jobs,
      catalogue,
      transitions,
      scenarios,
      ids,
      strict,
      pace: (world) => {
        const own = rows.worlds.paceOf(world)
        return own === null ? pace : parsePace(own)
      },
      now: clocks.now,
      onGone: (world, jobId) => files.removeJob({ world: world.key, jobId }),
      onRun(caller, job, now) {
        realRuns.assertCanRun(caller.world, job)
        wallet.reserve(caller, job, now)
      },
      onLife: (world, job) => wallet.follow(world, job),
      blocksOf: (world, job) => realRuns.blocksOf(world, job),
    })
    const runs = createRuns({
      commit,
      rows: rows.jobs,
      transitions,
      now: clocks.now,
      worldOf(key) {
        const name = rows.worlds.nameOf(key)
        return name === undefined ? undefined : rows.worlds.find(name)
      },
      onLife: (world, job) => wallet.follow(world, job),
    })

    const templates = createTemplates(commit, rows.templates, catalogue, clocks.now, recipe)
    const blocks = createBlocks({
      commit,
      rows: rows.blocks,
      templates,
      now: clocks.now,
      ids,
      guarded: runApps === 'process,pushed',
    })
    const seeds = createSeeds({
      commit,
      rows: rows.jobs,
      jobs,
      saveTemplate: (world, input) => void templates.saveInAct({ world, account: 'owner' }, input),
    })

    const events = createEvents({
      transitions,
      nextAt: (world) => rows.jobs.nextAt(world),
      clock: (world) => clocks.position(world),
      now: clocks.now,
      settle: (world) => jobs.settle(world),
    })

    const linkSecret =
      rows.settings.get('link-secret') ??
      store.act(() => rows.settings.setOnce('link-secret', randomBytes(32).toString('hex')))
    const tokens = createTokens({
      commit,
      settings: rows.settings,
      revoked: rows.revokedTokens,
      now: clocks.now,
      ids,
      instance: data === null ? randomBytes(8).toString('hex') : null,
    })
    void files
      .sweep({
        worldAt: (place) => rows.worlds.at(place),
        job({ world, jobId }) {
          const job = rows.jobs.find(world, jobId)
          return job === undefined || job.deletedAt !== null ? undefined : job
        },
        jobIds: (world) => rows.jobs.ids(world),
      })
      .catch(() => undefined)

    return {
      clock,
      pace,
      database: { location: store.location, schema: store.schema, problem: () => store.problem() },
      worlds,
      clocks,
      archives,
      seeds,
      catalogue,
      jobs,
      runs,
      realRuns,
      jobQueries: createJobQueries(jobs, rows.jobs, rows.filters, clocks.now, runs),
      events,
      transitions,
      scenarios,
      faults,
      journal,
      apiKeys: createApiKeys(commit, rows.revokedKeys, clocks.now, () => tokens.forget()),
      users: createUsers(commit, rows.users),
      secrets,
      wallet,
      templates,
      blocks,
      tokens,
      storage: createStorage({
        files,
        worlds,
        clocks,
        jobs,
        catalogue,
        recipe: scriptedRecipe(recipe),
        linkSecret,
        ids,
      }),
      linkSecret,
      wake() {
        for (const waiting of [clocks, events, faults, journal]) waiting.close()
      },
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}
