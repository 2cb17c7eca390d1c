import type { ListQuery } from '../../schemas/pagination.ts'
import type { JobTemplateInput } from '../../schemas/templates.ts'
import { userId } from '../domain/accounts/users.ts'
import { makeTemplate, type Template } from '../domain/templates/template.ts'
import type { Commit } from '../store/commit.ts'
import type { TemplateStore } from '../store/templates.ts'
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
  /** A page of the templates that a caller may use. @throws ApiError 400 for an order by an unknown field */
  list(caller: Owner, query: ListQuery): { pagination: ReturnType<typeof paginationOf>; templates: Template[] }
}

const orderFields = ['id', 'description', 'app', 'createdAt', 'updatedAt'] as const

export function createTemplates(
  commit: Commit,
  rows: TemplateStore,
  catalogue: Catalogue,
  now: Clocks['now'],
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
  return {
    saveInAct,
    save: (caller, input) => commit(() => saveInAct(caller, input)),
    list({ world, account }, query) {
      const slice = sliceOf(query)
      const all = catalogue.list(world.key, account)
      const { orderBy = '' } = query
      if (orderBy.trim() !== '') {
        const { field, descending } = parseOrder(orderBy, orderFields)
        const sign = descending ? -1 : 1
        const key = (template: Template) => template[field] ?? 0
        all.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0))
      }
      const templates = all.slice(slice.offset, slice.offset + slice.limit)
      return { pagination: paginationOf(slice, all.length), templates }
    },
  }
}
