import type { ApiKey } from '../../schemas/api-keys.ts'
import { notFound, show, unauthenticated } from '../base/errors.ts'
import { issuedKeys, type KeyRing } from '../domain/accounts/keys.ts'
import type { Commit } from '../store/commit.ts'
import type { RevokedKeyStore } from '../store/revoked-keys.ts'
import type { WorldRecord } from '../store/worlds.ts'
import { formatTimestamp, type Micros } from '../base/timestamps.ts'
import { userId } from '../domain/accounts/users.ts'
import type { Caller } from './caller.ts'

/** The API keys of a world. They are not made by clients; they can be revoked, until the world is reset. */
export interface ApiKeys {
  list(caller: Caller, ring: KeyRing): ApiKey[]
  /**
   * Makes a key of the caller's account invalid, with every token that was issued for it. Once more is fine (chosen).
   *
   * @throws ApiError 404 for an unknown id
   */
  revoke(caller: Caller, id: string, ring: KeyRing): Promise<void>
  /** @throws ApiError 401 if the key was revoked */
  assertValid(world: WorldRecord, keyId: string): void
}

/** @param onRevoked called once a key was revoked, since tokens of it may be remembered as good */
export function createApiKeys(
  commit: Commit,
  rows: RevokedKeyStore,
  now: (world: WorldRecord) => Micros,
  onRevoked: () => void,
): ApiKeys {
  return {
    list: ({ world, account }, ring) =>
      issuedKeys(world.name, account, ring).map(({ id, name, fingerprint }) => ({
        id,
        name,
        issuedAt: formatTimestamp(world.createdAt),
        expiresAt: null,
        userId: userId(world.name, account),
        revoked: rows.isRevoked(world.key, id),
        fingerprint,
      })),
    async revoke({ world, account }, id, ring) {
      if (!issuedKeys(world.name, account, ring).some((key) => key.id === id)) {
        throw notFound(`API key ${show(id)} does not exist; GET /v1/auth/api_keys lists them`)
      }
      await commit(() => rows.revoke(world.key, id, now(world)))
      onRevoked()
    },
    assertValid(world, keyId) {
      if (!rows.isRevoked(world.key, keyId)) return
      throw unauthenticated(
        `API key is revoked, and its tokens with it; POST /_emulator/worlds/${world.name}/reset brings it back`,
        'wrong-api-key',
      )
    },
  }
}
