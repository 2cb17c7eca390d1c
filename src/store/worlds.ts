import type { ClockPosition } from '../base/clock.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Store } from './database.ts'

export interface WorldRecord {
  /** Internal key; clients know worlds by name. */
  readonly key: number
  readonly name: string
  readonly createdAt: Micros
  readonly clock: ClockPosition
  /** As `--pace` writes it; null: the pace the emulator was started with. */
  readonly pace: string | null
}

export interface WorldStore {
  find(name: string): WorldRecord | undefined
  /** The name of an internal key, or undefined if the world is gone. */
  nameOf(key: number): string | undefined
  /** The present position of the world's clock, which may be newer than the record. */
  clock(world: WorldRecord): ClockPosition
  /** The world's pace now, whatever the record said when it was read. */
  paceOf(world: WorldRecord): string | null
  count(): number
  /** Call inside an act. Returns the world that is there, or makes it. */
  add(name: string, at: Micros): WorldRecord
  /** Call inside an act. Moves the world's clock; the caller sees to it that time does not go back. */
  setClock(world: WorldRecord, clock: ClockPosition): WorldRecord
  /** Call inside an act. Moves all clocks that run on, since the machine's was set back by so much. */
  correct(by: Micros): void
  /** The worlds whose clocks were moved on so, by how much, the most first. */
  corrected(limit: number): { readonly name: string; readonly by: Micros }[]
  /** The number that names the folder of the world's files. No other world has it, nor ever had. */
  place(world: number): number
  /** The world whose files are in that folder, or undefined. */
  at(place: number): number | undefined
  /** Call inside an act. Gives the world a place without files; the former one is not used again. */
  move(world: WorldRecord): void
  /** Call inside an act. Null: the pace the emulator was started with. */
  setPace(world: WorldRecord, pace: string | null): void
  /** Worlds by name. */
  list(slice: { limit: number; offset: number }): WorldRecord[]
  /** Call inside an act. The world and everything in it is gone. */
  drop(world: WorldRecord): void
}

type ClockRow = Pick<WorldRow, 'clock_offset' | 'clock_frozen' | 'clock_corrected'>

interface WorldRow {
  id: number
  name: string
  created_at: number
  clock_offset: number
  clock_frozen: number | null
  clock_corrected: number
  pace: string | null
}

const toPosition = (row: ClockRow): ClockPosition => ({
  offset: row.clock_offset,
  frozenAt: row.clock_frozen,
  corrected: row.clock_corrected,
})

const toRecord = (row: WorldRow): WorldRecord => ({
  key: row.id,
  name: row.name,
  createdAt: row.created_at,
  clock: toPosition(row),
  pace: row.pace,
})

/** Worlds remembered at once; the others cost rows, not memory. */
const remembered = 1000

/** @param lastPlace the highest number of a folder that there is or may be on disk */
export function worldStore(store: Store, lastPlace: number): WorldStore {
  const byName = store.prepare<WorldRow>('SELECT * FROM worlds WHERE name = ?')
  const byKey = store.prepare<Pick<WorldRow, 'name'>>('SELECT name FROM worlds WHERE id = ?')
  const clockOf = store.prepare<ClockRow>('SELECT clock_offset, clock_frozen, clock_corrected FROM worlds WHERE id = ?')
  const countAll = store.prepare<{ count: number }>('SELECT count(*) AS count FROM worlds')
  const insert = store.prepare(
    'INSERT INTO worlds (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING',
  )
  const place = store.prepare<{ place: number }>('SELECT coalesce(place, id) AS place FROM worlds WHERE id = ?')
  const at = store.prepare<{ id: number }>('SELECT id FROM worlds WHERE coalesce(place, id) = ?')
  const move = store.prepare('UPDATE worlds SET place = ? WHERE id = ?')
  // SQLite would give the key of a world that was dropped to the next one, and with it what is under way for the first. Keys
  // and places come from one sequence, as the key is a world's first place.
  const highest = store.prepare<{ last: number | null }>(
    'SELECT max(max(id), coalesce(max(place), 0)) AS last FROM worlds',
  )
  let lastKey = Math.max(highest.get()!.last ?? 0, lastPlace)
  const setPace = store.prepare('UPDATE worlds SET pace = ? WHERE id = ?')
  const all = store.prepare<WorldRow>('SELECT * FROM worlds ORDER BY name LIMIT ? OFFSET ?')
  const drop = store.prepare('DELETE FROM worlds WHERE id = ?')
  const setClock = store.prepare(
    'UPDATE worlds SET clock_offset = ?, clock_frozen = ?, clock_corrected = ? WHERE id = ?',
  )

  const correct = store.prepare(
    'UPDATE worlds SET clock_offset = clock_offset + :by, clock_corrected = clock_corrected + :by WHERE clock_frozen IS NULL',
  )
  const corrected = store.prepare<Pick<WorldRow, 'name' | 'clock_corrected'>>(
    `SELECT name, clock_corrected FROM worlds WHERE clock_corrected > 0 AND clock_frozen IS NULL
     ORDER BY clock_corrected DESC, name LIMIT ?`,
  )

  // Every request asks for its world, and several times for its clock. Only what is committed is remembered.
  const known = new Map<string, WorldRecord>()
  const clocks = new Map<number, ClockPosition>()
  function forgetAll(): void {
    known.clear()
    clocks.clear()
  }
  function forget({ key, name }: WorldRecord): void {
    known.delete(name)
    clocks.delete(key)
  }

  function find(name: string): WorldRecord | undefined {
    const there = known.get(name)
    if (there !== undefined) return there
    const row = byName.get(name)
    if (row === undefined) return undefined
    const world = toRecord(row)
    if (!store.inAct) {
      if (known.size >= remembered) forgetAll()
      known.set(name, world)
      clocks.set(world.key, world.clock)
    }
    return world
  }
  return {
    find,
    nameOf: (key) => byKey.get(key)?.name,
    clock({ key, clock }) {
      const there = clocks.get(key)
      if (there !== undefined) return there
      const row = clockOf.get(key)
      return row === undefined ? clock : toPosition(row)
    },
    paceOf: ({ key, name, pace }) => {
      const world = find(name)
      return world?.key === key ? world.pace : pace
    },
    count: () => countAll.get()!.count,
    add(name, at) {
      insert.run(++lastKey, name, at)
      return find(name)!
    },
    setClock(world, clock) {
      forget(world)
      setClock.run(clock.offset, clock.frozenAt, clock.corrected, world.key)
      return { ...world, clock }
    },
    correct(by) {
      forgetAll()
      correct.run({ by })
    },
    corrected: (limit) => corrected.all(limit).map((row) => ({ name: row.name, by: row.clock_corrected })),
    place: (world) => place.get(world)?.place ?? world,
    at: (number) => at.get(number)?.id,
    move({ key }) {
      move.run(++lastKey, key)
    },
    setPace(world, pace) {
      forget(world)
      setPace.run(pace, world.key)
    },
    list: ({ limit, offset }) => all.all(limit, offset).map(toRecord),
    drop(world) {
      forget(world)
      drop.run(world.key)
    },
  }
}
