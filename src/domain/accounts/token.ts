import type { KeyHolder } from './keys.ts'

/** Seconds that a token lives, of its world's clock (documented). */
export const tokenLifetime = 3600

/** A token that was verified. */
export interface Token extends KeyHolder {
  readonly jti: string
  /** Seconds since 1970 on the world's clock. */
  readonly expiresAt: number
}
