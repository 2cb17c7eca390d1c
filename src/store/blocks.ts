import type { Micros } from '../base/timestamps.ts'
import type { BlockKind, Manifest, StoredBlock } from '../domain/blocks/manifest.ts'
import type { Store } from './database.ts'
import { readCache } from './read-cache.ts'

/** A version of an app or an engine that a client pushed. */
export interface BlockRecord extends Manifest, StoredBlock {
  readonly id: string
  readonly kind: BlockKind
  readonly account: string
  readonly active: boolean
  /** How often it was pushed again. */
  readonly revision: number
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface BlockStore {
  /** Every block of a kind in a world, the newest first. */
  list(world: number, kind: BlockKind): BlockRecord[]
  find(world: number, id: string): BlockRecord | undefined
  /** The bytes that were pushed. */
  archive(world: number, id: string): Buffer | undefined
  /** True if anything was ever pushed to the world. */
  hasAny(world: number): boolean
  /** Call inside an act. Adds a version, or replaces the one with its id. */
  save(world: number, block: BlockRecord, archive: Buffer): void
  /** Call inside an act. */
  setActive(world: number, id: string, active: boolean): void
}

interface BlockRow {
  id: string
  kind: BlockKind
  name: string
  major: number
  minor: number
  account: string
  active: number
  revision: number
  created_at: number
  updated_at: number
  doc: string
}

const columns = 'id, kind, name, major, minor, account, active, revision, created_at, updated_at, doc'

const toBlock = (row: BlockRow): BlockRecord => ({
  ...(JSON.parse(row.doc) as StoredBlock),
  id: row.id,
  kind: row.kind,
  name: row.name,
  major: row.major,
  minor: row.minor,
  account: row.account,
  active: row.active === 1,
  revision: row.revision,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export function blockStore(store: Store): BlockStore {
  const all = store.prepare<BlockRow>(`SELECT ${columns} FROM blocks WHERE world = ? AND kind = ? ORDER BY seq DESC`)
  const byId = store.prepare<BlockRow>(`SELECT ${columns} FROM blocks WHERE world = ? AND id = ?`)
  const archive = store.prepare<{ archive: string }>('SELECT archive FROM blocks WHERE world = ? AND id = ?')
  const any = store.prepare('SELECT 1 FROM blocks WHERE world = ? LIMIT 1')
  const save = store.prepare(
    `INSERT INTO blocks (world, ${columns}, archive) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (world, id) DO UPDATE SET (active, revision, updated_at, doc, archive) =
       (excluded.active, excluded.revision, excluded.updated_at, excluded.doc, excluded.archive)`,
  )
  const setActive = store.prepare('UPDATE blocks SET active = ? WHERE world = ? AND id = ?')
  /** By world. */
  const kept = readCache<boolean>(store)
  return {
    list: (world, kind) => all.all(world, kind).map(toBlock),
    find(world, id) {
      const row = byId.get(world, id)
      return row === undefined ? undefined : toBlock(row)
    },
    archive(world, id) {
      const row = archive.get(world, id)
      return row === undefined ? undefined : Buffer.from(row.archive, 'base64')
    },
    hasAny: (world) => kept.find(`${world}`) ?? kept.keep(`${world}`, any.get(world) !== undefined, 0),
    save(world, block, bytes) {
      const { id, kind, name, major, minor, account, active, revision, createdAt, updatedAt, ...doc } = block
      const text = JSON.stringify(doc satisfies StoredBlock)
      const row = [id, kind, name, major, minor, account, active ? 1 : 0, revision, createdAt, updatedAt, text]
      save.run(world, ...row, bytes.toString('base64'))
    },
    setActive(world, id, active) {
      setActive.run(active ? 1 : 0, world, id)
    },
  }
}
