import type { Store } from './database.ts'

/** A world's rows, by table and column; what an exported world holds. */
export type WorldRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

/** Copies, writes out and reads in all that a world has in the database, whatever tables there are. */
export interface WorldTables {
  /** Call inside an act. The target must be empty. */
  copy(from: number, to: number): void
  dump(world: number): WorldRows
  /** Call inside an act. The target must be empty. @throws Error where rows do not fit the tables */
  load(world: number, rows: WorldRows): void
  /** Call inside an act. Empties every table of the world; returns how many rows each had. */
  clear(world: number): Readonly<Record<string, number>>
}

/** Tokens name their world, so a copy of a world has none of its own. */
const notCopied = new Set(['revoked_tokens'])

export function worldTables(store: Store): WorldTables {
  const tables = store
    .prepare<{ name: string }>(
      `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'world' WHERE m.type = 'table'
       ORDER BY m.name = 'jobs' DESC, m.name`,
    )
    .all()
    .map(({ name }) => ({
      name,
      // `seq` is given anew, in the same order.
      columns: store
        .prepare<{ name: string }>("SELECT name FROM pragma_table_info(?) WHERE name NOT IN ('world', 'seq')")
        .all(name)
        .map((column) => column.name),
      ordered: store.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'seq'").get(name) !== undefined,
    }))
  const copied = tables.filter(({ name }) => !notCopied.has(name))
  const list = (columns: readonly string[]): string => columns.join(', ')

  return {
    copy(from, to) {
      for (const { name, columns, ordered } of copied) {
        // Jobs come first, and their triggers count them; the counts of the original replace those.
        store
          .prepare(
            `INSERT OR REPLACE INTO ${name} (world, ${list(columns)})
             SELECT ?, ${list(columns)} FROM ${name} WHERE world = ? ${ordered ? 'ORDER BY seq' : ''}`,
          )
          .run(to, from)
      }
    },
    dump: (world) =>
      Object.fromEntries(
        copied.map(({ name, columns, ordered }) => [
          name,
          store
            .prepare<Record<string, unknown>>(
              `SELECT ${list(columns)} FROM ${name} WHERE world = ? ${ordered ? 'ORDER BY seq' : ''}`,
            )
            .all(world),
        ]),
      ),
    load(world, rows) {
      for (const { name, columns } of copied) {
        const insert = store.prepare(
          `INSERT OR REPLACE INTO ${name} (world, ${list(columns)}) VALUES (?, ${list(columns.map(() => '?'))})`,
        )
        for (const row of rows[name] ?? []) insert.run(world, ...columns.map((column) => row[column] ?? null))
      }
    },
    clear: (world) =>
      Object.fromEntries(
        tables.map(({ name }) => [name, store.prepare(`DELETE FROM ${name} WHERE world = ?`).run(world).changes]),
      ),
  }
}
