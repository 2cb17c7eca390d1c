import type { Micros } from '../base/timestamps.ts'
import type { Store } from './database.ts'

export interface RevokedKeyStore {
  isRevoked(world: number, id: string): boolean
  /** Call inside an act. A key that was revoked before stays so. */
  revoke(world: number, id: string, at: Micros): void
}

export function revokedKeyStore(store: Store): RevokedKeyStore {
  const find = store.prepare('SELECT 1 FROM revoked_keys WHERE world = ? AND id = ?')
  const insert = store.prepare(
    'INSERT INTO revoked_keys (world, id, revoked_at) VALUES (?, ?, ?) ON CONFLICT (world, id) DO NOTHING',
  )
  return {
    isRevoked: (world, id) => find.get(world, id) !== undefined,
    revoke(world, id, at) {
      insert.run(world, id, at)
    },
  }
}
