import type { SeedSource } from '../domain/seed.ts'
import type { Seed } from '../../schemas/seed.ts'
import { alreadyExists, ApiError, invalidArgument, show } from '../base/errors.ts'
import { normaliseId } from '../base/ids.ts'
import type { Commit } from '../store/commit.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { JobTemplateInput } from '../../schemas/templates.ts'
import type { Jobs } from './jobs.ts'
import { requestedId, createdJob } from '../domain/jobs/job.ts'
import { makeTemplate, type Template } from '../domain/templates/template.ts'
import type { Recipe } from '../domain/results/result-file.ts'
import { seededRecipe } from '../domain/results/seeded.ts'
import type { Catalogue } from './catalogue.ts'
import type { Rows } from '../store/rows.ts'

/** Seeds of worlds that are there already. */
export interface Seeds {
  /**
   * Adds templates and jobs to a world; all of them or none. A template takes the place of the one with its id.
   *
   * @throws ApiError 400 that names the entry, 409 if a job is there already
   */
  add(world: WorldRecord, seed: Seed): Promise<{ readonly templates: number; readonly jobs: number }>
}

export interface SeedSurroundings {
  readonly commit: Commit
  readonly rows: Pick<Rows, 'jobs'>
  readonly jobs: Jobs
  /** Call inside an act. */
  readonly saveTemplate: (world: WorldRecord, input: JobTemplateInput) => void
}

export const createSeeds = ({ commit, rows: { jobs: rows }, jobs, saveTemplate }: SeedSurroundings): Seeds => ({
  add: (world, { templates = [], jobs: wanted = [] }) =>
    commit(() => {
      each('templates', templates, ({ results, ...template }) => {
        if (results !== undefined) {
          throw invalidArgument('results can be given only in the seed that the emulator starts with (--seed)')
        }
        saveTemplate(world, template)
      })
      each('jobs', wanted, ({ state = 'JOB_STATE_NEW', ...request }) => {
        const { jobId = '' } = request
        if (rows.find(world.key, normaliseId(jobId)) !== undefined) {
          throw alreadyExists(`jobId ${show(jobId)} exists already in world ${world.name}; reset the world first`)
        }
        jobs.addSeeded(world, request, state)
      })
      return { templates: templates.length, jobs: wanted.length }
    }),
})

/** Does something for every entry; an error says for which. */
function each<Item>(field: string, items: readonly Item[], act: (item: Item) => void): void {
  for (const [index, item] of items.entries()) {
    try {
      act(item)
    } catch (error) {
      throw error instanceof ApiError ? new ApiError(error.kind, `${field}[${index}]: ${error.message}`) : error
    }
  }
}

/** The content that every world starts from. */
export interface InitialContent {
  readonly templates: ReadonlyMap<string, Template>
  /** Makes results as templates of the seed say; results of other templates come from another recipe. */
  readonly recipe: Recipe
  /** Adds the jobs of the seed to a world, and returns their number. Call inside an act. */
  addJobs(jobs: Jobs, world: WorldRecord): number
}

/** @throws Error that names the template, if a result of it cannot be used */
export function initialContent({ seed }: SeedSource, otherwise: Recipe): InitialContent {
  const { templates: inputs = [], jobs: requests = [] } = seed
  const origin = { owner: 'seed', account: null, createdAt: null, updatedAt: null }
  const templates = new Map(inputs.map((input) => [input.id, makeTemplate(input, origin)]))
  return {
    templates,
    recipe: seededRecipe(seed, (template) => templates.get(template.id) === template, otherwise),
    addJobs(jobs, world) {
      for (const { state = 'JOB_STATE_NEW', ...request } of requests) jobs.addSeeded(world, request, state)
      return requests.length
    },
  }
}

/**
 * Checks the seed of new worlds at start, rather than at the first request.
 *
 * @throws Error that names the entry
 */
export function checkSeed(
  { seed, placeOf }: SeedSource,
  catalogue: Catalogue,
  templates: ReadonlyMap<string, Template>,
  strict: boolean,
): void {
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
      throw new Error(`${placeOf(index)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}
