import { randomBytes } from 'node:crypto'
import { type Catalogue, createCatalogue } from './core/catalogue.ts'
import { type Clock, type SteadyClock, steadyClock, systemClock } from './base/clock.ts'
import { type ApiKeys, createApiKeys } from './core/api-keys.ts'
import { type Archives, createArchives } from './core/archives.ts'
import { type Blocks, createBlocks } from './core/blocks.ts'
import { assertUsable, runnableBlocks } from './core/block-use.ts'
import { type Clocks, createClocks } from './core/clocks.ts'
import { createTemplates, type Templates } from './core/templates.ts'
import { createEvents, type Events } from './core/events.ts'
import { createJobQueries, type JobQueries } from './core/job-queries.ts'
import { createJobs, type Jobs } from './core/jobs.ts'
import { createRuns, type Runs } from './core/runs.ts'
import { type Block, type BlockRegistry, runBlocksOf } from './domain/runs/block.ts'
import { builtInTemplates } from './domain/templates/built-in.ts'
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
import type { Micros } from './base/timestamps.ts'
import { assertRunnable, type JobRecord } from './domain/jobs/job.ts'
import { type Pace, parsePace, type RunBlocks } from './domain/jobs/pace.ts'
import { builtInRecipe } from './domain/results/recipe-of.ts'
import { scriptedRecipe } from './domain/results/scripted.ts'
import { createScenarios, type ScenarioRegistry } from './control/scenarios.ts'
import { seededRecipe } from './domain/results/seeded.ts'
import { type Files, openFiles } from './store/files/files.ts'
import { lastPlace } from './store/files/folders.ts'
import { openStore } from './store/database.ts'
import { blockStore } from './store/blocks.ts'
import { jobFilterStore } from './store/job-filters.ts'
import { jobStore } from './store/jobs.ts'
import { revokedKeyStore } from './store/revoked-keys.ts'
import { secretStore } from './store/secrets.ts'
import { settingStore } from './store/settings.ts'
import { templateStore } from './store/templates.ts'
import { revokedTokenStore } from './store/revoked-tokens.ts'
import { userStore } from './store/users.ts'
import { walletStore } from './store/wallet.ts'
import { worldTables } from './store/world-tables.ts'
import { type WorldRecord, worldStore } from './store/worlds.ts'
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
  /** The blocks that jobs of a world can run, as they are now. */
  runnableBlocks(world: WorldRecord): readonly Block[]
  /** The reason why a job cannot be run as it is, in the words of the refusal; undefined if it can. */
  whyNotRun(world: WorldRecord, job: JobRecord): string | undefined
  /** Why the blocks of a job's template would not be run now, in words. */
  whyPlayed(world: WorldRecord, job: JobRecord): string
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

/** Name of the setting that holds the last time seen, in microseconds. */
const lastTime = 'last-time'

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
    const jobRows = jobStore(store)
    const templateRows = templateStore(store)
    const blockRows = blockStore(store)
    const settings = settingStore(store)
    const worldRows = worldStore(store, lastPlace(data))
    const files = (opened = openFiles(data, (world) => worldRows.place(world)))
    const clock = steadyClock(machine, Number(settings.get(lastTime) ?? 0), {
      onSeen(until) {
        void commit(() => settings.set(lastTime, String(until))).catch(() => undefined)
      },
      onSetBack() {
        let by = 0
        void commit(() => (by = correctWorlds())).catch(() => clock.goBack(-by))
      },
    })
    /** Moves on the worlds there are, so that the clock itself can be as the machine's is. Call inside an act. */
    function correctWorlds(): Micros {
      const by = clock.ahead
      worldRows.correct(by)
      clock.goBack(by)
      settings.set(lastTime, String(clock.now()))
      return by
    }
    if (clock.ahead > 0) store.act(correctWorlds)
    // At a good end the time is known exactly; what was kept before was ahead of it.
    keepTime = () => store.act(() => settings.set(lastTime, String(clock.now())))
    const catalogue = createCatalogue(templateRows, localBlocks, seedTemplates, catalogueMode === 'open')
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

    const tables = worldTables(store)
    const clocks = createClocks({ wall: clock, commit, rows: worldRows, jobs: jobRows, transitions })
    const worlds = createWorlds({
      wall: clock,
      clocks,
      commit,
      rows: worldRows,
      tables,
      jobs: jobRows,
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
      rows: worldRows,
      tables,
      jobs: jobRows,
      files,
    })
    const secrets = createSecrets(commit, secretStore(store), ids)
    const wallet = createWallet(commit, walletStore(store), ids, clocks.now)
    const runsPushed = runApps === 'process,pushed'
    function blocksOf(world: WorldRecord, job: JobRecord): RunBlocks | string {
      if (runApps === 'off') return 'real runs are off (--run-apps)'
      const template = catalogue.find(world.key, job.templateId)
      const isBuiltIn = template !== undefined && builtInTemplates.get(template.id) === template
      const place = runsPushed
        ? 'in no folder of --apps, and no active block that was pushed with a key of --api-key'
        : 'in no folder of --apps'
      return runBlocksOf(template, isBuiltIn, blocksNow(world), place)
    }
    function blocksNow({ key }: WorldRecord): readonly Block[] {
      localBlocks.refresh()
      return runsPushed ? runnableBlocks(blockRows, localBlocks, key) : localBlocks.blocks
    }
    function whyPlayed(world: WorldRecord, job: JobRecord): string {
      try {
        const found = blocksOf(world, job)
        return typeof found === 'string' ? found : 'its blocks came after the run'
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    }
    function assertCanRun(world: WorldRecord, job: JobRecord): void {
      secrets.assertPresent({ world, account: job.account }, job, clocks.now(world))
      assertUsable(blockRows, localBlocks, world.key, catalogue.find(world.key, job.templateId))
    }
    function whyNotRun(world: WorldRecord, job: JobRecord): string | undefined {
      try {
        assertRunnable(job)
        assertCanRun(world, job)
        if (job.pace === null) blocksOf(world, job)
        return undefined
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    }
    const jobs = createJobs({
      commit,
      rows: jobRows,
      catalogue,
      transitions,
      scenarios,
      ids,
      strict,
      pace: (world) => {
        const own = worldRows.paceOf(world)
        return own === null ? pace : parsePace(own)
      },
      now: clocks.now,
      onGone: (world, jobId) => files.removeJob({ world: world.key, jobId }),
      onRun(caller, job, now) {
        assertCanRun(caller.world, job)
        wallet.reserve(caller, job, now)
      },
      onLife: (world, job) => wallet.follow(world, job),
      blocksOf,
    })
    const runs = createRuns({
      commit,
      rows: jobRows,
      transitions,
      now: clocks.now,
      worldOf(key) {
        const name = worldRows.nameOf(key)
        return name === undefined ? undefined : worldRows.find(name)
      },
      onLife: (world, job) => wallet.follow(world, job),
    })

    const templates = createTemplates(commit, templateRows, catalogue, clocks.now, recipe)
    const blocks = createBlocks({ commit, rows: blockRows, templates, now: clocks.now, ids, guarded: runsPushed })
    const seeds = createSeeds({
      commit,
      rows: jobRows,
      jobs,
      saveTemplate: (world, input) => void templates.saveInAct({ world, account: 'owner' }, input),
    })

    const events = createEvents({
      transitions,
      nextAt: (world) => jobRows.nextAt(world),
      clock: (world) => clocks.position(world),
      now: clocks.now,
      settle: (world) => jobs.settle(world),
    })

    const linkSecret =
      settings.get('link-secret') ?? store.act(() => settings.setOnce('link-secret', randomBytes(32).toString('hex')))
    const tokens = createTokens({
      commit,
      settings,
      revoked: revokedTokenStore(store),
      now: clocks.now,
      ids,
      instance: data === null ? randomBytes(8).toString('hex') : null,
    })
    void files
      .sweep({
        worldAt: (place) => worldRows.at(place),
        job({ world, jobId }) {
          const job = jobRows.find(world, jobId)
          return job === undefined || job.deletedAt !== null ? undefined : job
        },
        jobIds: (world) => jobRows.ids(world),
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
      runnableBlocks: blocksNow,
      whyNotRun,
      whyPlayed,
      jobQueries: createJobQueries(jobs, jobRows, jobFilterStore(store), clocks.now),
      events,
      transitions,
      scenarios,
      faults,
      journal,
      apiKeys: createApiKeys(commit, revokedKeyStore(store), clocks.now, () => tokens.forget()),
      users: createUsers(commit, userStore(store)),
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
