import type { Clock, ClockPosition } from '../clock.ts'
import { worldTime } from '../clock.ts'
import type { Commit } from '../store/commit.ts'
import type { JobStore, Transition } from '../store/jobs.ts'
import type { Removed, WorldRecord, WorldStore } from '../store/worlds.ts'
import type { Micros } from '../timestamps.ts'
import type { Transitions } from './transitions.ts'

/** Where a world's clock stands, and what happened on the way there. */
export interface ClockMove {
  readonly now: Micros
  readonly frozen: boolean
  readonly transitions: readonly Transition[]
}

export interface Worlds {
  /** The world with this name; opened, with the jobs of the seed, on first use. */
  open(name: string): Promise<WorldRecord>
  /** The world's present, by its clock as it stands now. */
  readonly now: (world: WorldRecord) => Micros
  /** Where the world's clock stands to the wall clock. */
  clock(world: WorldRecord): ClockPosition
  /** Back to the seed, in one act. */
  reset(name: string): Promise<{ removed: Removed; seeded: { jobs: number } }>
  count(): number
  /** Moves the clock on by a time; tells which jobs entered which states. */
  advance(world: WorldRecord, by: Micros): Promise<ClockMove>
  /** Stops the clock where it is. */
  freeze(world: WorldRecord): Promise<ClockMove>
  /** Lets the clock run again from where it stands. */
  run(world: WorldRecord): Promise<ClockMove>
}

/**
 * @param sow puts the jobs of the seed into a new or emptied world; called inside an act; returns how many
 * @param onCleared a world was emptied: what is not in the database is to go, too
 */
export function createWorlds(
  clock: Clock,
  commit: Commit,
  rows: WorldStore,
  jobs: JobStore,
  transitions: Transitions,
  sow: (world: WorldRecord) => number,
  onCleared: (name: string) => void,
): Worlds {
  const now = (world: WorldRecord): Micros => worldTime(rows.clock(world), clock.now())

  /** Moves the clock from where it stands in the database, not from where the caller last saw it. */
  async function move(
    { name, key }: WorldRecord,
    to: (position: ClockPosition, wall: Micros) => ClockPosition,
  ): Promise<ClockMove> {
    const moved = await commit(() => {
      const wall = clock.now()
      const before = rows.find(name)!
      const world = rows.setClock(before, to(before.clock, wall))
      const present = worldTime(world.clock, wall)
      return { now: present, frozen: world.clock.frozenAt !== null, transitions: jobs.settle(key, present) }
    })
    transitions.announce(key, moved.transitions)
    return moved
  }

  return {
    async open(name) {
      return (
        rows.find(name) ??
        (await commit(() => {
          const known = rows.find(name)
          if (known !== undefined) return known
          const world = rows.add(name, clock.now())
          sow(world)
          return world
        }))
      )
    },
    now,
    clock: (world) => rows.clock(world),
    async reset(name) {
      const result = await commit(() => {
        const world = rows.find(name) ?? rows.add(name, clock.now())
        const removed = rows.clear(world)
        return { removed, seeded: { jobs: sow(rows.find(name)!) } }
      })
      onCleared(name)
      return result
    },
    count: () => rows.count(),
    advance: (world, by) =>
      move(world, ({ offset, frozenAt }) =>
        frozenAt === null ? { offset: offset + by, frozenAt } : { offset, frozenAt: frozenAt + by },
      ),
    freeze: (world) => move(world, (position, wall) => ({ ...position, frozenAt: worldTime(position, wall) })),
    run: (world) =>
      move(world, (position, wall) => ({
        offset: worldTime(position, wall) - wall,
        frozenAt: null,
      })),
  }
}
