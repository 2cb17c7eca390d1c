import type { ListQuery } from '../../schemas/pagination.ts'
import type { JobTemplateInput, KnownTemplate } from '../../schemas/templates.ts'
import { userId } from '../domain/accounts/users.ts'
import { unnamedInput } from '../domain/results/file-names.ts'
import type { Recipe } from '../domain/results/result-file.ts'
import { builtInTemplates } from '../domain/templates/built-in.ts'
import { builtInScenarios } from '../domain/templates/built-in-scenarios.ts'
import { makeTemplate, type Template } from '../domain/templates/template.ts'
import type { Commit } from '../store/commit.ts'
import type { TemplateStore } from '../store/templates.ts'
import type { WorldRecord } from '../store/worlds.ts'
import { paginationOf, parseOrder, sliceOf } from '../wire/paging.ts'
import type { Caller } from './caller.ts'
import type { Catalogue } from './catalogue.ts'
import type { Clocks } from './clocks.ts'

/** The account that an act is done for. */
type Owner = Pick<Caller, 'world' | 'account'>

/** Templates, as accounts save and list them. */
export interface Templates {
  /** Makes the caller's template, or replaces the one with the same id. */
  save(caller: Owner, input: JobTemplateInput): Promise<Template>
  /** Does the same inside an act. */
  saveInAct(owner: Owner, input: JobTemplateInput): Template
  /** Those of a world as the emulator's own API tells of them; without a world those of a new one. */
  known(world: WorldRecord | undefined): KnownTemplate[]
  /** A page of the templates that a caller may use. @throws ApiError 400 for an order by an unknown field */
  list(caller: Owner, query: ListQuery): { pagination: ReturnType<typeof paginationOf>; templates: Template[] }
}

/** Maximum number of templates in an answer. */
const mostKnown = 1000

/** The key of a world that does not exist. */
const noWorld = 0

function sourceOf(template: Template): KnownTemplate['from'] {
  if (builtInTemplates.get(template.id) === template) {
    return template.id in builtInScenarios ? 'emulator' : 'vendor'
  }
  const { owner } = template
  if (owner === 'seed') return 'seed'
  return owner === 'local' ? 'apps' : 'world'
}

/** The fields that a list of templates can be ordered by. */
export const templateOrderFields = ['id', 'description', 'app', 'createdAt', 'updatedAt'] as const

export function createTemplates(
  commit: Commit,
  rows: TemplateStore,
  catalogue: Catalogue,
  now: Clocks['now'],
  recipe: Recipe,
): Templates {
  function saveInAct({ world, account }: Owner, input: JobTemplateInput): Template {
    const existing = rows.find(world.key, input.id)
    if (existing !== undefined) catalogue.resolve(world.key, account, input.id)
    const at = now(world)
    const owner = userId(world.name, account)
    const template = makeTemplate(input, { owner, account, createdAt: existing?.createdAt ?? at, updatedAt: at })
    rows.save(world.key, template)
    return template
  }

  /** Names of the results of a job with only a source. */
  function resultsOf(template: Template): string[] {
    const { results } = builtInScenarios[template.id] ?? {}
    if (results !== undefined) return results.map(({ name }) => name)
    const job = { id: 'job', name: '', templateId: template.id, params: template.params, run: null, script: null }
    return recipe(template, job, { name: unnamedInput, size: null, bytes: null }).map(({ name }) => name)
  }

  return {
    saveInAct,
    save: (caller, input) => commit(() => saveInAct(caller, input)),
    known: (world) =>
      catalogue
        .list(world?.key ?? noWorld, 'owner')
        .slice(0, mostKnown)
        .map((template) => ({
          id: template.id,
          description: template.description,
          from: sourceOf(template),
          partitioner: template.partitioner,
          app: template.app,
          assembler: template.assembler,
          needs: template.dataSource === null ? ['dataSource'] : [],
          params: template.params,
          makes: resultsOf(template),
        })),
    list({ world, account }, query) {
      const slice = sliceOf(query)
      const all = catalogue.list(world.key, account)
      const { orderBy = '' } = query
      if (orderBy.trim() !== '') {
        const { field, descending } = parseOrder(orderBy, templateOrderFields)
        const sign = descending ? -1 : 1
        const key = (template: Template) => template[field] ?? 0
        all.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0))
      }
      const templates = all.slice(slice.offset, slice.offset + slice.limit)
      return { pagination: paginationOf(slice, all.length), templates }
    },
  }
}
