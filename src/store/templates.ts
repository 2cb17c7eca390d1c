import type { Template } from '../domain/templates/template.ts'
import type { Store } from './database.ts'
import { readCache } from './read-cache.ts'
import { encodeDocument } from '../wire/encode.ts'

export interface TemplateStore {
  find(world: number, id: string): Template | undefined
  /** Every template that clients made in this world, by id. */
  list(world: number): Template[]
  /** Call inside an act. Makes the template or replaces the one with the same id; the time of its making stays. */
  save(world: number, template: Template): void
}

interface TemplateRow {
  doc: string
}

export function templateStore(store: Store): TemplateStore {
  const byId = store.prepare<TemplateRow>('SELECT doc FROM templates WHERE world = ? AND id = ?')
  const all = store.prepare<TemplateRow>('SELECT doc FROM templates WHERE world = ? ORDER BY id')
  const save = store.prepare(
    `INSERT INTO templates (world, id, account, created_at, updated_at, doc) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (world, id) DO UPDATE SET account = excluded.account, updated_at = excluded.updated_at, doc = excluded.doc`,
  )
  const toRecord = ({ doc }: TemplateRow): Template => JSON.parse(doc) as Template
  /** By world and id; null if there is none, as with all that are built in. */
  const kept = readCache<Template | null>(store)
  return {
    find(world, id) {
      const key = `${world} ${id}`
      let known = kept.find(key)
      if (known === undefined) {
        const row = byId.get(world, id)
        known = kept.keep(key, row === undefined ? null : toRecord(row), row?.doc.length ?? 0)
      }
      return known ?? undefined
    },
    list: (world) => all.all(world).map(toRecord),
    save(world, template) {
      save.run(
        world,
        template.id,
        template.account ?? '',
        template.createdAt ?? 0,
        template.updatedAt ?? 0,
        encodeDocument(template, template),
      )
    },
  }
}
