import { invalidArgument, show } from '../base/errors.ts'
import { endOfTime } from '../base/timestamps.ts'
import type { Store } from './database.ts'

/** A row by its columns, without the world it belongs to. */
export type WorldRow = Readonly<Record<string, unknown>>

/** Copies, writes out and reads in all that a world has in the database, whatever tables there are. */
export interface WorldTables {
  /** Call inside an act. The target must be empty. Deleted jobs are not copied. */
  copy(from: number, to: number): void
  /** The tables that an exported world holds, jobs first. */
  readonly exported: readonly string[]
  /** The rows of one of them, as of now, without deleted jobs; to be read in one turn. */
  rows(world: number, table: string): IterableIterator<WorldRow>
  /**
   * Call inside an act. Adds a row to one of them.
   *
   * @throws ApiError 400 if the row does not fit the table, or is there already; it names the column
   */
  add(world: number, table: string, row: WorldRow): void
  /** Call inside an act. Empties every table of the world; returns how many rows each had. */
  clear(world: number): Readonly<Record<string, number>>
}

/** Tokens name their world, so a copy of a world has none of its own. */
const notCopied = new Set(['revoked_tokens'])

/** Triggers fill it. */
const derived = new Set(['accounts'])

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: 0 | 1
  /** Place in the primary key, from 1. */
  readonly pk: number
}

interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  /** It has `seq`, which is given again, in the same order. */
  readonly ordered: boolean
}

/** The tables with a column `world`, jobs first. */
function readTables(store: Store): readonly Table[] {
  const names = store.prepare<{ name: string }>(
    `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'world' WHERE m.type = 'table'
     ORDER BY m.name = 'jobs' DESC, m.name`,
  )
  const columnsOf = store.prepare<Column>(
    "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?) WHERE name NOT IN ('world', 'seq')",
  )
  const sequence = store.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'seq'")
  return names
    .all()
    .map(({ name }) => ({ name, columns: columnsOf.all(name), ordered: sequence.get(name) !== undefined }))
}

export function worldTables(store: Store): WorldTables {
  let read: readonly Table[] | undefined
  // Read when they are needed: most emulators of tests end before.
  const tables = (): readonly Table[] => (read ??= readTables(store))
  const copied = (): readonly Table[] => tables().filter(({ name }) => !notCopied.has(name))
  const exported = (): readonly Table[] => copied().filter(({ name }) => !derived.has(name))
  const exportedTable = (wanted: string): Table => exported().find(({ name }) => name === wanted)!
  const ofWorld = (columns: readonly Column[], ordered: boolean): string =>
    `WHERE world = ?${columns.some(({ name }) => name === 'deleted_at') ? ' AND deleted_at IS NULL' : ''}` +
    (ordered ? ' ORDER BY seq' : '')
  const list = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ')

  return {
    copy(from, to) {
      for (const { name, columns, ordered } of copied()) {
        // Jobs come first, and their triggers count them; the counts of the original replace those.
        store
          .prepare(
            `INSERT OR REPLACE INTO ${name} (world, ${list(columns)})
             SELECT ?, ${list(columns)} FROM ${name} ${ofWorld(columns, ordered)}`,
          )
          .run(to, from)
      }
    },
    get exported() {
      return exported().map(({ name }) => name)
    },
    rows(world, table) {
      const { name, columns, ordered } = exportedTable(table)
      return store.prepare<WorldRow>(`SELECT ${list(columns)} FROM ${name} ${ofWorld(columns, ordered)}`).iterate(world)
    },
    add(world, table, row) {
      const { name, columns } = exportedTable(table)
      const known = columns.map((column) => column.name)
      const unknown = Object.keys(row).find((column) => !known.includes(column))
      if (unknown !== undefined) throw invalidArgument(`unknown column ${show(unknown)}`)
      const insert = store.prepare(
        `INSERT INTO ${name} (world, ${list(columns)}) VALUES (?, ${columns.map(() => '?').join(', ')})`,
      )
      try {
        insert.run(world, ...columns.map((column) => checked(column, row[column.name] ?? null)))
      } catch (error) {
        if (!/^SQLITE_CONSTRAINT/.test((error as { code?: string }).code ?? '')) throw error
        throw invalidArgument('a row with its key exists already')
      }
    },
    clear: (world) =>
      Object.fromEntries(
        tables().map(({ name }) => [name, store.prepare(`DELETE FROM ${name} WHERE world = ?`).run(world).changes]),
      ),
  }
}

/** A value for a column. Whole numbers are moments, counts and switches, so none is negative or past the end of time. */
function checked({ name, type, notnull, pk }: Column, value: unknown): unknown {
  const expected = (what: string) => invalidArgument(`${name} ${show(value)}: expected ${what}`)
  if (value === null) {
    if (notnull === 1 || pk > 0) throw invalidArgument(`${name} is missing`)
    return value
  }
  switch (type) {
    case 'TEXT':
      if (typeof value !== 'string') throw expected('a text')
      return value
    case 'INTEGER':
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > endOfTime) {
        throw expected('a whole number that is not negative')
      }
      return value
    case 'REAL':
      if (!Number.isFinite(value)) throw expected('a number')
      return value
    default:
      throw new Error(`no check for ${type} columns`)
  }
}
