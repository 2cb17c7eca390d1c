import { builtInTemplates } from '../domain/templates/built-in.ts'
import { notFound, permissionDenied, show } from '../base/errors.ts'
import { didYouMean, nearest } from '../base/nearest.ts'
import type { BlockRegistry } from '../domain/runs/block.ts'
import type { TemplateStore } from '../store/templates.ts'
import { resolveTag } from '../domain/templates/tags.ts'
import { makeTemplate, type Template } from '../domain/templates/template.ts'

/** The templates of a world: its own, then those of the seed, of `--apps`, and the built-in ones; the first with an id counts. */
export interface Catalogue {
  /**
   * The template that an id or a tag means, for one account.
   *
   * @throws ApiError 404 if there is none, saying how to add it; 403 if it is another account's
   */
  resolve(world: number, account: string, id: string): Template
  /** The template with exactly this id, of any account. */
  find(world: number, id: string): Template | undefined
  /** The templates that an account may use: those of clients by id, the vendor's, then those of the emulator. */
  list(world: number, account: string): Template[]
}

/** ` (did you mean "x"?)` for the nearest id, also if the version or the ending `-template` is missing or one too many. */
function meant(id: string, ids: readonly string[]): string {
  const stems = new Map([...ids].reverse().map((known) => [stemOf(known), known]))
  const stem = nearest(stemOf(id), stems.keys())
  return didYouMean(id, ids) || (stem === undefined ? '' : ` (did you mean "${stems.get(stem)!}"?)`)
}

const stemOf = (id: string): string => id.replace(/@.*$/, '').replace(/-template$/, '')

/**
 * @param open true if an unknown id is a template, too (`--templates open`)
 */
export function createCatalogue(
  store: TemplateStore,
  folders: BlockRegistry,
  seed: ReadonlyMap<string, Template>,
  open: boolean,
): Catalogue {
  const find = (world: number, id: string): Template | undefined =>
    store.find(world, id) ?? seed.get(id) ?? folders.templates.get(id) ?? builtInTemplates.get(id)

  const isVisible = (template: Template, account: string): boolean =>
    template.account === null || template.account === account

  function list(world: number, account: string): Template[] {
    folders.refresh()
    const made = new Map([...folders.templates, ...seed])
    for (const template of store.list(world)) made.set(template.id, template)
    const byId = new Map([...made].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const [id, template] of builtInTemplates) if (!made.has(id)) byId.set(id, template)
    return [...byId.values()].filter((template) => isVisible(template, account))
  }

  const improvised = (id: string): Template =>
    makeTemplate({ id }, { owner: '', account: null, createdAt: null, updatedAt: null })

  return {
    find: (world, id) => find(world, id) ?? (open ? improvised(id) : undefined),
    list,
    resolve(world, account, id) {
      folders.refresh()
      const exact = find(world, id)
      if (exact !== undefined) {
        if (!isVisible(exact, account))
          throw permissionDenied(`template ${show(id)} belongs to another account`, 'another-account')
        return exact
      }
      const ids = list(world, account).map((template) => template.id)
      const tagged = resolveTag(id, ids)
      if (tagged !== undefined) return find(world, tagged)!
      if (open) return improvised(id)
      throw notFound(
        `template ${show(id)} does not exist${meant(id, ids)}; ` +
          'add it with POST /v1/dev/templates, --seed or --apps, or start the emulator with --templates open',
      )
    },
  }
}
