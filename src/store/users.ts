import type { UserRecord } from '../domain/accounts/users.ts'
import type { Store } from './database.ts'

export interface UserStore {
  /** Undefined if nothing was ever changed. */
  find(world: number, account: string): UserRecord | undefined
  /** Call inside an act. */
  save(world: number, account: string, user: UserRecord): void
}

export function userStore(store: Store): UserStore {
  const find = store.prepare<{ doc: string }>('SELECT doc FROM users WHERE world = ? AND account = ?')
  const save = store.prepare(
    'INSERT INTO users (world, account, doc) VALUES (?, ?, ?) ON CONFLICT (world, account) DO UPDATE SET doc = excluded.doc',
  )
  return {
    find(world, account) {
      const row = find.get(world, account)
      return row === undefined ? undefined : (JSON.parse(row.doc) as UserRecord)
    },
    save(world, account, { firstName, lastName, contactInfo }) {
      save.run(world, account, JSON.stringify({ firstName, lastName, contactInfo } satisfies UserRecord))
    },
  }
}
