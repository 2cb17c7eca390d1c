import type { SecretRecord } from '../domain/accounts/secrets.ts'
import { formatTimestamp } from '../base/timestamps.ts'
import type { Store } from './database.ts'

export interface SecretStore {
  find(world: number, account: string, secretType: string, id: string): SecretRecord | undefined
  /** The account's secrets, by type and id; of one type, if it is given. */
  list(world: number, account: string, secretType?: string): SecretRecord[]
  /** The account's secrets with an id, of any type, with their secret keys. */
  withKeys(world: number, account: string, id: string): (SecretRecord & { readonly secretKey: string })[]
  /** Call inside an act. Makes the secret, or replaces the one of the same type and id. */
  save(world: number, account: string, secret: SecretRecord, secretKey: string): void
  /** Call inside an act. Returns whether there was one. */
  delete(world: number, account: string, secretType: string, id: string): boolean
}

interface SecretRow {
  id: string
  secret_type: string
  name: string
  access_key: string
  params: string
  expires_at: number | null
  expires: string | null
}

const toRecord = (row: SecretRow): SecretRecord => ({
  id: row.id,
  secretType: row.secret_type,
  name: row.name,
  accessKey: row.access_key,
  params: JSON.parse(row.params) as Record<string, string>,
  expires: row.expires ?? (row.expires_at === null ? null : formatTimestamp(row.expires_at)),
  expiresAt: row.expires_at,
})

/** Reading for answers never touches the secret key. */
const columns = 'id, secret_type, name, access_key, params, expires_at, expires'

export function secretStore(store: Store): SecretStore {
  const find = store.prepare<SecretRow>(
    `SELECT ${columns} FROM secrets WHERE world = ? AND account = ? AND secret_type = ? AND id = ?`,
  )
  const all = store.prepare<SecretRow>(
    `SELECT ${columns} FROM secrets WHERE world = ? AND account = ? ORDER BY secret_type, id`,
  )
  const ofType = store.prepare<SecretRow>(
    `SELECT ${columns} FROM secrets WHERE world = ? AND account = ? AND secret_type = ? ORDER BY id`,
  )
  const withKeys = store.prepare<SecretRow & { secret_key: string }>(
    `SELECT ${columns}, secret_key FROM secrets WHERE world = ? AND account = ? AND id = ? ORDER BY secret_type`,
  )
  const save = store.prepare(
    `INSERT OR REPLACE INTO secrets (world, account, secret_key, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const remove = store.prepare('DELETE FROM secrets WHERE world = ? AND account = ? AND secret_type = ? AND id = ?')

  return {
    find(world, account, secretType, id) {
      const row = find.get(world, account, secretType, id)
      return row === undefined ? undefined : toRecord(row)
    },
    list: (world, account, secretType) =>
      (secretType === undefined ? all.all(world, account) : ofType.all(world, account, secretType)).map(toRecord),
    withKeys: (world, account, id) =>
      withKeys.all(world, account, id).map((row) => ({ ...toRecord(row), secretKey: row.secret_key })),
    save(world, account, { id, secretType, name, accessKey, params, expiresAt, expires }, secretKey) {
      save.run(world, account, secretKey, id, secretType, name, accessKey, JSON.stringify(params), expiresAt, expires)
    },
    delete: (world, account, secretType, id) => remove.run(world, account, secretType, id).changes > 0,
  }
}
