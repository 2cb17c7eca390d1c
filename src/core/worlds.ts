import type { JobState } from '../../schemas/jobs.ts'
import { type Clock, type ClockPosition, worldTime } from '../base/clock.ts'
import { alreadyExists, failedPrecondition, invalidArgument, notFound, show } from '../base/errors.ts'
import { checkedPace } from '../domain/jobs/pace.ts'
import type { Slice } from '../wire/paging.ts'
import type { Commit } from '../store/commit.ts'
import type { JobStore, Transition } from '../store/jobs.ts'
import type { WorldTables } from '../store/world-tables.ts'
import type { WorldRecord, WorldStore } from '../store/worlds.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Transitions } from './transitions.ts'

/** Where a world's clock stands, and what happened on the way there. */
export interface ClockMove {
  readonly now: Micros
  readonly frozen: boolean
  readonly transitions: readonly Transition[]
}

/** What a reset took away, and what the seed put in its place. */
export interface Reset {
  readonly removed: { readonly jobs: number; readonly templates: number }
  readonly seeded: { readonly jobs: number }
}

export interface Worlds {
  /** The world with this name; opened, with the jobs of the seed, on first use. */
  open(name: string): Promise<WorldRecord>
  /** @throws ApiError 404 for a world that was never opened */
  get(name: string): WorldRecord
  /** Worlds by name. */
  list(slice: Slice): WorldRecord[]
  count(): number
  /** Jobs by state, as of now. */
  countJobs(world: WorldRecord): Promise<Partial<Record<JobState, number>>>
  /** Back to the seed, in one act. */
  reset(name: string): Promise<Reset>
  /**
   * Copies a world: all that is in the database, and its clock. What tests decide (scenarios, faults) is not copied.
   *
   * @throws ApiError 404 where there is no such world, 409 where the target exists and is not to be replaced
   */
  fork(name: string, into: string, replace: boolean): Promise<WorldRecord>
  /** The world and everything in it is gone. @throws ApiError 404 */
  drop(name: string): Promise<void>
  /**
   * Makes a world of that name, with this clock and pace, in one act.
   *
   * @param content puts into the empty world what it is to hold: rows, then files; called inside the act
   * @throws ApiError 409 where the world exists and is not to be replaced; what `content` throws
   */
  make(
    name: string,
    position: Pick<WorldRecord, 'clock' | 'pace'>,
    replace: boolean,
    content: { readonly rows: (world: WorldRecord) => void; readonly files: (world: WorldRecord) => void },
  ): Promise<WorldRecord>
  /** The world's time, by its clock as it stands now; at present, or at another moment of the wall clock. */
  readonly now: (world: WorldRecord, at?: Micros) => Micros
  /** Where the world's clock stands to the wall clock. */
  clock(world: WorldRecord): ClockPosition
  /** Moves the clock on by a time; tells which jobs entered which states. */
  advance(world: WorldRecord, by: Micros): Promise<ClockMove>
  /** Moves the clock on to when the next job enters a state by itself. @throws ApiError 400/9 where none will */
  advanceToNext(world: WorldRecord): Promise<ClockMove>
  /** Moves the clock on to a moment; stays where it is, if that has passed. */
  advanceTo(world: WorldRecord, at: Micros): Promise<ClockMove>
  /**
   * Waits for a moment of the world's time, whether it comes by itself or the clock is moved.
   *
   * @param patience milliseconds of real time
   * @returns whether it has come
   */
  waitUntil(world: WorldRecord, at: Micros, patience: number): Promise<boolean>
  /** Ends all waiting, so that the program can end. */
  close(): void
  /** Stops the clock where it is. */
  freeze(world: WorldRecord): Promise<ClockMove>
  /** Lets the clock run again from where it stands. */
  run(world: WorldRecord): Promise<ClockMove>
  /** Sets the pace of runs to come; null is that of the emulator. @throws ApiError 400 */
  setPace(world: WorldRecord, pace: string | null): Promise<void>
}

/** What worlds are made of, and who hears of them. */
export interface WorldSurroundings {
  readonly wall: Clock
  readonly commit: Commit
  readonly rows: WorldStore
  readonly tables: WorldTables
  readonly jobs: JobStore
  readonly transitions: Transitions
  /** Puts the jobs of the seed into a new or emptied world; called inside an act; returns how many. */
  readonly sow: (world: WorldRecord) => number
  /** A world is emptied or goes: so does what is not in the database. Called last in the act that does it. */
  readonly onCleared: (world: WorldRecord) => Cleared
  /** A world is copied: so is what is not in the database. Called last in the act that does it. */
  readonly onForked: (from: WorldRecord, into: WorldRecord) => void
}

/** What was taken away of a world, while its act may yet fail. */
export interface Cleared {
  /** The act is done. */
  remove(): void
  /** The act came to nothing. */
  putBack(): void
}

export function createWorlds(surroundings: WorldSurroundings): Worlds {
  const { wall, commit, rows, tables, jobs, transitions, sow, onCleared, onForked } = surroundings
  const now = (world: WorldRecord, at = wall.now()): Micros => worldTime(rows.clock(world), at)

  function get(name: string): WorldRecord {
    const world = rows.find(name)
    if (world === undefined) throw notFound(`world ${show(name)} does not exist; a request with its key opens it`)
    return world
  }

  /** Moves the clock from where it stands in the database, not from where the caller last saw it. */
  async function move(
    { name, key }: WorldRecord,
    to: (position: ClockPosition, at: Micros) => ClockPosition,
  ): Promise<ClockMove> {
    const moved = await commit(() => {
      const at = wall.now()
      const before = get(name)
      const world = rows.setClock(before, to(before.clock, at))
      const present = worldTime(world.clock, at)
      return { now: present, frozen: world.clock.frozenAt !== null, transitions: jobs.settle(key, present) }
    })
    transitions.announce(key, moved.transitions)
    wakeAll(name)
    return moved
  }

  /** Who waits for a moment, by world; called when its clock was moved. */
  const waiting = new Map<string, Set<() => void>>()
  let closed = false

  function wakeAll(name: string): void {
    for (const wake of [...(waiting.get(name) ?? [])]) wake()
  }

  function waitUntil(world: WorldRecord, at: Micros, patience: number): Promise<boolean> {
    const deadline = wall.now() + patience * 1000
    return new Promise((resolve) => {
      const ofWorld = waiting.get(world.name) ?? new Set()
      waiting.set(world.name, ofWorld)
      let timer: NodeJS.Timeout | undefined
      const wake = (): void => {
        clearTimeout(timer)
        const reached = now(world) >= at
        const left = deadline - wall.now()
        if (!reached && left > 0 && !closed) {
          // A frozen clock moves only when somebody moves it.
          const due = rows.clock(world).frozenAt === null ? Math.min(left, at - now(world)) : left
          timer = setTimeout(wake, Math.ceil(due / 1000))
          return
        }
        ofWorld.delete(wake)
        if (ofWorld.size === 0) waiting.delete(world.name)
        resolve(reached)
      }
      ofWorld.add(wake)
      wake()
    })
  }

  /** An act that empties a world: all that belongs to the world goes in the one moment in which its rows go. */
  async function clearing<Result>(act: (clear: (world: WorldRecord) => void) => Result): Promise<Result> {
    let emptied: { readonly world: WorldRecord; readonly cleared: Cleared } | undefined
    let result: Result
    try {
      result = await commit(() => act((world) => (emptied = { world, cleared: onCleared(world) })))
    } catch (error) {
      emptied?.cleared.putBack()
      throw error
    }
    if (emptied !== undefined) {
      const { world, cleared } = emptied
      cleared.remove()
      // Whoever waits for something in this world has another clock and other jobs to wait for.
      transitions.announceEmptied(world.key)
      wakeAll(world.name)
    }
    return result
  }

  const moveBy = ({ offset, frozenAt }: ClockPosition, by: Micros): ClockPosition =>
    frozenAt === null ? { offset: offset + by, frozenAt } : { offset, frozenAt: frozenAt + by }

  const moveTo = (position: ClockPosition, at: Micros, target: Micros): ClockPosition =>
    moveBy(position, Math.max(0, target - worldTime(position, at)))

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
          sow(world)
          return world
        }))
      )
    },
    get,
    list: (slice) => rows.list(slice),
    count: () => rows.count(),
    async countJobs(world) {
      transitions.announce(world.key, await commit(() => jobs.settle(world.key, now(world))))
      return jobs.countByState(world.key)
    },

    reset: (name) =>
      clearing((clear) => {
        const world = rows.find(name) ?? rows.add(name, wall.now())
        const removed = tables.clear(world.key)
        const fresh = set(world, { clock: { offset: 0, frozenAt: null }, pace: null })
        const seeded = { jobs: sow(fresh) }
        clear(world)
        return { removed: { jobs: removed['jobs'] ?? 0, templates: removed['templates'] ?? 0 }, seeded }
      }),

    async fork(name, into, replace) {
      if (name === into) throw invalidArgument(`into ${show(into)}: a world cannot be forked into itself`)
      return clearing((clear) => {
        const from = get(name)
        const to = set(emptied(into, replace), from)
        tables.copy(from.key, to.key)
        clear(to)
        onForked(from, to)
        return to
      })
    },

    drop: (name) =>
      clearing((clear) => {
        const world = get(name)
        rows.drop(world)
        clear(world)
      }),

    make: (name, position, replace, content) =>
      clearing((clear) => {
        const world = set(emptied(name, replace), position)
        content.rows(world)
        clear(world)
        content.files(world)
        return world
      }),

    now,
    clock: (world) => rows.clock(world),
    advance: (world, by) => move(world, (position) => moveBy(position, by)),
    advanceToNext: (world) =>
      move(world, (position, at) => {
        const next = jobs.nextAt(world.key)
        if (next === null) throw failedPrecondition(`no job of world ${world.name} will enter a state by itself`)
        return moveTo(position, at, next)
      }),
    waitUntil,
    close() {
      closed = true
      for (const wakers of [...waiting.values()]) for (const wake of [...wakers]) wake()
    },
    advanceTo: (world, target) => move(world, (position, at) => moveTo(position, at, target)),
    freeze: (world) => move(world, (position, at) => ({ ...position, frozenAt: worldTime(position, at) })),
    run: (world) => move(world, (position, at) => ({ offset: worldTime(position, at) - at, frozenAt: null })),
    setPace(world, pace) {
      if (pace !== null) checkedPace(pace)
      return commit(() => rows.setPace(world, pace))
    },
  }
}
