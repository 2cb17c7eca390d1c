import type { Store } from './database.ts'

export interface SettingStore {
  get(name: string): string | undefined
  /** Call inside an act. Keeps the value that is there already, and returns the one that counts. */
  setOnce(name: string, value: string): string
  /** Call inside an act. */
  set(name: string, value: string): void
}

export function settingStore(store: Store): SettingStore {
  const find = store.prepare<{ value: string }>('SELECT value FROM settings WHERE name = ?')
  const insert = store.prepare('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING')
  const upsert = store.prepare(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return {
    set(name, value) {
      upsert.run(name, value)
    },
    get: (name) => find.get(name)?.value,
    setOnce(name, value) {
      insert.run(name, value)
      return find.get(name)!.value
    },
  }
}
