import type { Store } from './database.ts'

export interface TokenStore {
  isRevoked(jti: string): boolean
  /** Call inside an act. `expiresAt` in seconds; tokens of this world that expired before `now` are forgotten. */
  revoke(jti: string, world: number, expiresAt: number, now: number): void
}

/** Tokens that need not be looked up again. */
const remembered = 1000

export function tokenStore(store: Store): TokenStore {
  const find = store.prepare('SELECT 1 FROM revoked_tokens WHERE jti = ?')
  const insert = store.prepare(
    'INSERT INTO revoked_tokens (jti, world, expires_at) VALUES (?, ?, ?) ON CONFLICT (jti) DO NOTHING',
  )
  const forget = store.prepare('DELETE FROM revoked_tokens WHERE world = ? AND expires_at < ?')

  // Every request asks about its token. Only what is committed is remembered.
  const good = new Set<string>()

  return {
    isRevoked(jti) {
      if (good.has(jti)) return false
      if (find.get(jti) !== undefined) return true
      if (good.size >= remembered) good.clear()
      if (!store.inAct) good.add(jti)
      return false
    },
    revoke(jti, world, expiresAt, now) {
      good.clear()
      forget.run(world, now)
      insert.run(jti, world, expiresAt)
    },
  }
}
