import type { Store } from './database.ts'

export interface RevokedTokenStore {
  isRevoked(jti: string): boolean
  /** Call inside an act. `expiresAt` in seconds; tokens of this world that expired before `now` are forgotten. */
  revoke(jti: string, world: number, expiresAt: number, now: number): void
}

export function revokedTokenStore(store: Store): RevokedTokenStore {
  const find = store.prepare('SELECT 1 FROM revoked_tokens WHERE jti = ?')
  const insert = store.prepare(
    'INSERT INTO revoked_tokens (jti, world, expires_at) VALUES (?, ?, ?) ON CONFLICT (jti) DO NOTHING',
  )
  const forget = store.prepare('DELETE FROM revoked_tokens WHERE world = ? AND expires_at < ?')
  return {
    isRevoked: (jti) => find.get(jti) !== undefined,
    revoke(jti, world, expiresAt, now) {
      forget.run(world, now)
      insert.run(jti, world, expiresAt)
    },
  }
}
