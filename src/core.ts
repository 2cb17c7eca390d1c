import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from './base/clock.ts'
import { type Ids, randomIds } from './base/ids.ts'
import { createFaults } from './control/faults.ts'
import { createJournal } from './control/journal.ts'
import { createScenarios } from './control/scenarios.ts'
import { createApiKeys } from './core/api-keys.ts'
import { createArchives } from './core/archives.ts'
import { createBlocks } from './core/blocks.ts'
import { createCatalogue } from './core/catalogue.ts'
import { createClocks } from './core/clocks.ts'
import { type Data, openData } from './core/data.ts'
import { createEvents, createTransitionBus } from './core/events.ts'
import { createJobQueries } from './core/job-queries.ts'
import { createJobs } from './core/jobs.ts'
import { createRealRuns } from './core/real-runs.ts'
import { createRuns } from './core/runs.ts'
import { createSecrets } from './core/secrets.ts'
import { checkSeed, createSeeds, initialContent } from './core/seeds.ts'
import { createStorage, filesLeft, linkSecretOf } from './core/storage.ts'
import { createTemplates } from './core/templates.ts'
import { createTokens } from './core/tokens.ts'
import { createUsers } from './core/users.ts'
import { createWallet } from './core/wallet.ts'
import { createWorlds } from './core/worlds.ts'
import { parsePace } from './domain/jobs/pace.ts'
import { builtInRecipe } from './domain/results/recipe-of.ts'
import { scriptedRecipe } from './domain/results/scripted.ts'
import type { BlockRegistry } from './domain/runs/block.ts'
import { seedOf, type SeedSource } from './domain/seed.ts'
import { type ServiceSettings, serviceDefaults } from './settings/settings.ts'

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

/** The emulator without its HTTP side. */
export type Core = ReturnType<typeof createCore>

/**
 * Opens the emulator without its HTTP side.
 *
 * @throws Error if the database cannot be opened, or the seed is wrong
 */
export function createCore(options: CoreOptions = {}) {
  const data = openData(options.data ?? null, options.clock ?? systemClock())
  try {
    const core = createParts(data, options)
    data.sweep()
    return core
  } catch (error) {
    data.close()
    throw error
  }
}

const noBlocks: BlockRegistry = { refresh: () => undefined, blocks: [], templates: new Map(), problems: [] }

/** Makes all parts and gives each the others that it needs. */
function createParts({ store, rows, files, clock, ...opened }: Data, options: CoreOptions) {
  const { templates: catalogueMode, strict, pace, runApps } = { ...serviceDefaults, ...options }
  const { data = null, seed = seedOf({}), ids = randomIds(), localBlocks = noBlocks } = options
  const { commit } = store
  const content = initialContent(seed, builtInRecipe)
  const catalogue = createCatalogue(rows.templates, localBlocks, content.templates, catalogueMode === 'open')
  checkSeed(seed, catalogue, content.templates, strict)

  const transitions = createTransitionBus()
  const scenarios = createScenarios(ids)
  const faults = createFaults(ids)
  const journal = createJournal()
  const clocks = createClocks({ wall: clock, commit, rows, transitions })
  const { now } = clocks
  const shared = { wall: clock, commit, rows, files, ids, transitions, clocks, now, catalogue }

  const worlds = createWorlds({
    ...shared,
    seed: (world) => content.addJobs(jobs, world),
    onCleared({ name }) {
      for (const rules of [scenarios, faults, journal]) rules.clear(name)
      // Another world of that name may have revoked keys of its own.
      tokens.forget()
    },
    removePlace: (place) => files.removePlace(place),
    onCopied: (world) => runs.failCopied(world),
    onForked: (from, into) => files.copyWorld(from.key, into.key),
  })
  const secrets = createSecrets(commit, rows.secrets, ids)
  const wallet = createWallet(commit, rows.wallet, ids, now)
  const realRuns = createRealRuns({ ...shared, runApps, localBlocks, secrets })
  const jobs = createJobs({
    ...shared,
    scenarios,
    strict,
    pace(world) {
      const own = rows.worlds.paceOf(world)
      return own === null ? pace : parsePace(own)
    },
    filesLeft: (world, before, after) => filesLeft(files, files.of(world.key, after.id), before, after),
    onRun(caller, job, at) {
      realRuns.assertCanRun(caller.world, job)
      wallet.reserve(caller, job, at)
    },
    onLife: (world, job) => wallet.follow(world, job),
    blocksOf: (world, job) => realRuns.blocksOf(world, job),
  })
  const runs = createRuns({ ...shared, onLife: (world, job) => wallet.follow(world, job) })
  const templates = createTemplates(commit, rows.templates, catalogue, now, content.recipe)
  const tokens = createTokens({ ...shared, instance: data === null ? randomBytes(8).toString('hex') : null })
  const events = createEvents({ ...shared, settle: (world) => jobs.settle(world) })
  const linkSecret = linkSecretOf(store, rows, () => randomBytes(32).toString('hex'))

  return {
    clock,
    /** The pace of worlds that have none of their own. */
    pace,
    /** The file, or `:memory:`, the number of its last migration, and why it cannot be used, if so. */
    database: { location: store.location, schema: store.schema, problem: () => store.problem() },
    worlds,
    clocks,
    archives: createArchives({ ...shared, schema: store.schema, worlds }),
    seeds: createSeeds({
      ...shared,
      jobs,
      saveTemplate: (world, input) => void templates.saveInAct({ world, account: 'owner' }, input),
    }),
    catalogue,
    jobs,
    runs,
    realRuns,
    jobQueries: createJobQueries(jobs, rows.jobs, rows.filters, now, runs),
    events,
    transitions,
    scenarios,
    faults,
    journal,
    templates,
    blocks: createBlocks({ ...shared, templates, guarded: runApps === 'process,pushed' }),
    storage: createStorage({ ...shared, worlds, jobs, recipe: scriptedRecipe(content.recipe), linkSecret }),
    tokens,
    apiKeys: createApiKeys(commit, rows.revokedKeys, now, () => tokens.forget()),
    users: createUsers(commit, rows.users),
    secrets,
    wallet,
    /** Signs links to storage. */
    linkSecret,
    /** Ends everything that requests wait for, so that they are answered and the program can end. */
    wake() {
      for (const waiting of [clocks, events, faults, journal]) waiting.close()
    },
    close: () => opened.close(),
  }
}
