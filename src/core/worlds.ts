import type { JobState } from '../../schemas/jobs.ts'
import { type Clock } from '../base/clock.ts'
import { alreadyExists, invalidArgument, notFound, show } from '../base/errors.ts'
import { checkedPace } from '../domain/jobs/pace.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Slice } from '../wire/paging.ts'
import type { Commit } from '../store/commit.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Clocks } from './clocks.ts'
import type { TransitionBus } from './events.ts'
import type { Rows } from '../store/rows.ts'

/** Counts of the records that a reset removed, and that the seed put in their place. */
interface Reset {
  readonly removed: { readonly jobs: number; readonly templates: number }
  readonly seeded: { readonly jobs: number }
}

export interface Worlds {
  /** The world with this name; opened, with the jobs of the seed, on first use. */
  open(name: string): Promise<WorldRecord>
  /** The world, or undefined if it was never opened. */
  find(name: string): WorldRecord | undefined
  /** The name of an internal key, or undefined if the world is gone. */
  nameOf(key: number): string | undefined
  /** @throws ApiError 404 for a world that was never opened */
  get(name: string): WorldRecord
  /** Worlds by name. */
  list(slice: Slice): WorldRecord[]
  count(): number
  /** Worlds that are ahead of the machine, since its clock was set back: the first hundred, those most ahead first. */
  ahead(): readonly { readonly name: string; readonly by: Micros }[]
  /** Jobs by state, as of now. */
  countJobs(world: WorldRecord): Promise<Partial<Record<JobState, number>>>
  /** Back to the seed, in one act. */
  reset(name: string): Promise<Reset>
  /**
   * Copies a world: all that is in the database, and its clock. What tests decide (scenarios, faults) is not copied.
   *
   * @throws ApiError 404 if there is no such world, 409 if the target exists and is not to be replaced
   */
  fork(name: string, into: string, replace: boolean): Promise<WorldRecord>
  /** The world and everything in it is gone. @throws ApiError 404 */
  drop(name: string): Promise<void>
  /**
   * Makes a world of that name, with this clock and pace, in one act.
   *
   * @param content puts into the empty world what it is to hold: rows, then files; called inside the act
   * @throws ApiError 409 if the world exists and is not to be replaced; what `content` throws
   */
  make(
    name: string,
    position: Pick<WorldRecord, 'clock' | 'pace'>,
    replace: boolean,
    content: { readonly rows: (world: WorldRecord) => void; readonly files: (world: WorldRecord) => void },
  ): Promise<WorldRecord>
  /** Sets the pace of runs to come; null is that of the emulator. @throws ApiError 400 */
  setPace(world: WorldRecord, pace: string | null): Promise<void>
}

/** The parts of the emulator that worlds need. */
export interface WorldSurroundings {
  readonly wall: Clock
  readonly clocks: Clocks
  readonly commit: Commit
  readonly rows: Pick<Rows, 'worlds' | 'ofWorld' | 'jobs'>
  readonly transitions: TransitionBus
  /** Puts the jobs of the seed into a new or emptied world; called inside an act; returns how many. */
  readonly seed: (world: WorldRecord) => number
  /** Called after a world was emptied or dropped, to clear what it has in memory. */
  readonly onCleared: (world: WorldRecord) => void
  /** Removes the files of a place that no world has any more. */
  readonly removePlace: (place: number) => void
  /** The rows of another world, of this emulator or not, are in this one now. Called inside the act. */
  readonly onCopied: (world: WorldRecord) => void
  /** Called last in the act that copies a world, to copy its files. */
  readonly onForked: (from: WorldRecord, into: WorldRecord) => void
}

export function createWorlds(surroundings: WorldSurroundings): Worlds {
  const { wall, clocks, commit, transitions, seed, onCleared, onCopied, onForked, removePlace } = surroundings
  const { worlds: rows, ofWorld: tables, jobs } = surroundings.rows

  function get(name: string): WorldRecord {
    const world = rows.find(name)
    if (world === undefined) throw notFound(`world ${show(name)} does not exist; a request with its key opens it`)
    return world
  }

  /**
   * An act that empties a world: it gets another place for its files, so that all that belongs to the world goes in the one
   * moment in which its rows go. `clear` is called before anything is put in.
   */
  async function clearing<Result>(act: (clear: (world: WorldRecord) => void) => Result): Promise<Result> {
    let emptied: { readonly world: WorldRecord; readonly former: number; readonly place: number } | undefined
    const clear = (world: WorldRecord): void => {
      const former = rows.place(world.key)
      rows.move(world)
      emptied = { world, former, place: rows.place(world.key) }
    }
    let result: Result
    try {
      result = await commit(() => act(clear))
    } catch (error) {
      if (emptied !== undefined) removePlace(emptied.place)
      throw error
    }
    if (emptied !== undefined) {
      const { world, former } = emptied
      removePlace(former)
      onCleared(world)
      // Waiting requests of this world now have another clock and other jobs.
      transitions.announceEmptied(world.key)
      clocks.wake(world.name)
    }
    return result
  }

  /** An empty world of that name. Call inside an act. */
  function emptied(name: string, replace: boolean): WorldRecord {
    const existing = rows.find(name)
    if (existing === undefined) return rows.add(name, wall.now())
    if (!replace) throw alreadyExists(`world ${show(name)} exists already; say "replace": true to write over it`)
    tables.clear(existing.key)
    return existing
  }

  /** Gives a world its clock and pace. Call inside an act. */
  function set(world: WorldRecord, { clock, pace }: Pick<WorldRecord, 'clock' | 'pace'>): WorldRecord {
    rows.setClock(world, clock)
    rows.setPace(world, pace)
    return { ...world, clock, pace }
  }

  return {
    async open(name) {
      return (
        rows.find(name) ??
        (await commit(() => {
          const known = rows.find(name)
          if (known !== undefined) return known
          const world = rows.add(name, wall.now())
          seed(world)
          return world
        }))
      )
    },
    find: (name) => rows.find(name),
    nameOf: (key) => rows.nameOf(key),
    get,
    list: (slice) => rows.list(slice),
    count: () => rows.count(),
    ahead: () => rows.corrected(100),
    async countJobs(world) {
      const { happened, counts } = await commit(() => {
        const happened = jobs.settle(world.key, clocks.now(world))
        return { happened, counts: jobs.countByState(world.key) }
      })
      transitions.announce(world.key, happened)
      return counts
    },

    reset: (name) =>
      clearing((clear) => {
        const world = rows.find(name) ?? rows.add(name, wall.now())
        const removed = tables.clear(world.key)
        clear(world)
        const fresh = set(world, { clock: { offset: 0, frozenAt: null, corrected: 0 }, pace: null })
        const seeded = { jobs: seed(fresh) }
        return { removed: { jobs: removed['jobs'] ?? 0, templates: removed['templates'] ?? 0 }, seeded }
      }),

    async fork(name, into, replace) {
      if (name === into) throw invalidArgument(`into ${show(into)}: a world cannot be forked into itself`)
      return clearing((clear) => {
        const from = get(name)
        const to = set(emptied(into, replace), from)
        clear(to)
        tables.copy(from.key, to.key)
        onCopied(to)
        onForked(from, to)
        return to
      })
    },

    drop: (name) =>
      clearing((clear) => {
        const world = get(name)
        clear(world)
        rows.drop(world)
      }),

    make: (name, position, replace, content) =>
      clearing((clear) => {
        const world = set(emptied(name, replace), position)
        clear(world)
        content.rows(world)
        onCopied(world)
        content.files(world)
        return world
      }),

    setPace(world, pace) {
      if (pace !== null) checkedPace(pace)
      return commit(() => rows.setPace(world, pace))
    },
  }
}
