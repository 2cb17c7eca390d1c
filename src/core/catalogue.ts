import { builtInTemplates } from '../domain/templates/built-in.ts'
import { notFound, permissionDenied, show } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
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
  /** The template with exactly this id, whoever's it is. */
  find(world: number, id: string): Template | undefined
  /** All that an account may use, ordered by id. */
  list(world: number, account: string): Template[]
}

/**
 * @param open whether an id that nobody knows is a template, too (`--templates open`)
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
    const byId = new Map([...builtInTemplates, ...folders.templates, ...seed])
    for (const template of store.list(world)) byId.set(template.id, template)
    return [...byId.values()]
      .filter((template) => isVisible(template, account))
      .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
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
        `template ${show(id)} does not exist${didYouMean(id, ids)}; ` +
          'add it with POST /v1/dev/templates, --seed or --apps, or start the emulator with --templates open',
      )
    },
  }
}
