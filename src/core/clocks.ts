import { clearTimeout, setTimeout } from '../base/timers.ts'
import { type ClockPosition, type SteadyClock, worldTime } from '../base/clock.ts'
import { ApiError, failedPrecondition, invalidArgument, notFound, show } from '../base/errors.ts'
import { formatTimestamp, type Micros, parseTimestamp } from '../base/timestamps.ts'
import type { Transition } from '../domain/jobs/job.ts'
import type { Commit } from '../store/commit.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { TransitionBus } from './events.ts'
import type { Rows } from '../store/rows.ts'

/** A world's time after its clock was moved, and the transitions of jobs on the way there. */
export interface ClockMove {
  readonly now: Micros
  readonly frozen: boolean
  readonly transitions: readonly Transition[]
}

/** The clocks of all worlds. A world's time never goes back. */
export interface Clocks {
  /** The world's time at present, or at another moment of the wall clock. */
  readonly now: (world: WorldRecord, at?: Micros) => Micros
  /** The offset of the world's clock from the wall clock, or the moment at which it was frozen. */
  position(world: WorldRecord): ClockPosition
  /** Moves the clock on by a duration. @throws ApiError 400 if that is beyond the year 9899 */
  advance(world: WorldRecord, by: Micros): Promise<ClockMove>
  /** Moves the clock on to when the next job enters a state by itself. @throws ApiError 400/9 if none will */
  advanceToNext(world: WorldRecord): Promise<ClockMove>
  /** Moves the clock on to a moment; leaves it alone if that moment has passed. */
  advanceTo(world: WorldRecord, at: Micros): Promise<ClockMove>
  /** Stops the clock at its present time. */
  freeze(world: WorldRecord): Promise<ClockMove>
  /** Lets a frozen clock run again from the time it shows. */
  run(world: WorldRecord): Promise<ClockMove>
  /**
   * Waits until the world's time reaches a moment, by itself or because the clock is moved.
   *
   * @param patience milliseconds of real time
   * @param signal ends the wait, as when the client has gone
   * @returns true if the moment has come, false if the wait ended first
   * @throws ApiError 429 if too many wait in this world
   */
  waitUntil(world: WorldRecord, at: Micros, patience: number, signal: AbortSignal): Promise<boolean>
  /** Checks again everything that waits for a moment of a world, because its clock was replaced. */
  wake(name: string): void
  /** Ends all waiting, so that the program can end. */
  close(): void
}

/** Requests that may wait for the clock of one world. */
const maxWaiting = 1000

/** The parts of the emulator that clocks need. */
export interface ClockSurroundings {
  readonly wall: SteadyClock
  readonly commit: Commit
  readonly rows: Pick<Rows, 'worlds' | 'jobs'>
  readonly transitions: TransitionBus
}

/** The position after a duration, whether the clock runs or is frozen. */
function moveBy(position: ClockPosition, by: Micros, at: Micros): ClockPosition {
  if (by > 0 && worldTime(position, at) + by > endOfTime) {
    throw invalidArgument(
      `the clock cannot be advanced beyond ${formatTimestamp(endOfTime)}; reset the world to go back`,
    )
  }
  return position.frozenAt === null
    ? { ...position, offset: position.offset + by }
    : { ...position, frozenAt: position.frozenAt + by }
}

/** The last moment to which a clock is moved (chosen): links, tokens and ends of jobs beyond it can still be written in four digits of a year. */
const endOfTime = parseTimestamp('9900-01-01T00:00:00Z')!

/** The correction for a machine's clock that was set back, after the world's clock stood still for a while and lost some of it. */
const correctedAfter = ({ offset, corrected }: ClockPosition, later: Micros): Micros =>
  Math.max(0, Math.min(corrected, later - (offset - corrected)))

const moveTo = (position: ClockPosition, at: Micros, target: Micros): ClockPosition =>
  moveBy(position, Math.max(0, target - worldTime(position, at)), at)

export function createClocks({ wall, commit, rows: { worlds: rows, jobs }, transitions }: ClockSurroundings): Clocks {
  const now = (world: WorldRecord, at = wall.now()): Micros => worldTime(rows.clock(world), at)

  /** Moves the clock from the position in the database, which may be newer than the one the caller read. */
  async function move(
    { name, key }: WorldRecord,
    to: (position: ClockPosition, at: Micros) => ClockPosition,
  ): Promise<ClockMove> {
    const moved = await commit(() => {
      const at = wall.now()
      const before = rows.find(name)
      if (before === undefined) throw notFound(`world ${show(name)} does not exist; a request with its key opens it`)
      const world = rows.setClock(before, to(before.clock, at))
      const present = worldTime(world.clock, at)
      return { now: present, frozen: world.clock.frozenAt !== null, transitions: jobs.settle(key, present) }
    })
    transitions.announce(key, moved.transitions)
    wake(name)
    return moved
  }

  /** Callbacks that check if their moment has come, with that moment, by world. */
  const waiting = new Map<string, Map<() => void, Micros>>()
  let closed = false

  function wake(name: string): void {
    // In the order of their moments, as if time had passed by itself.
    const checks = [...(waiting.get(name) ?? [])].sort(([, some], [, other]) => some - other)
    for (const [check] of checks) check()
  }

  return {
    now,
    position: (world) => rows.clock(world),
    advance: (world, by) => move(world, (position, at) => moveBy(position, by, at)),
    advanceToNext: (world) =>
      move(world, (position, at) => {
        const next = jobs.nextAt(world.key)
        if (next === null) throw failedPrecondition(`no job of world ${world.name} will enter a state by itself`)
        return moveTo(position, at, next)
      }),
    advanceTo: (world, target) => move(world, (position, at) => moveTo(position, at, target)),
    freeze: (world) => move(world, (position, at) => ({ ...position, frozenAt: worldTime(position, at) })),
    run: (world) =>
      move(world, (position, at) => {
        const offset = worldTime(position, at) - at
        return { offset, frozenAt: null, corrected: correctedAfter(position, offset) }
      }),

    async waitUntil(world, at, patience, signal) {
      if ((waiting.get(world.name)?.size ?? 0) >= maxWaiting) {
        throw new ApiError('resourceExhausted', `${maxWaiting} requests wait for world ${world.name} already`)
      }
      const deadline = wall.elapsed() + patience * 1000
      return new Promise((resolve) => {
        const ofWorld = waiting.get(world.name) ?? new Map<() => void, Micros>()
        waiting.set(world.name, ofWorld)
        let timer: NodeJS.Timeout | undefined
        const check = (): void => {
          clearTimeout(timer)
          const reached = now(world) >= at
          const left = deadline - wall.elapsed()
          if (!reached && left > 0 && !closed && !signal.aborted) {
            // A frozen clock moves only when it is advanced.
            const due = rows.clock(world).frozenAt === null ? Math.min(left, at - now(world)) : left
            timer = setTimeout(check, Math.ceil(due / 1000))
            return
          }
          ofWorld.delete(check)
          signal.removeEventListener('abort', check)
          if (ofWorld.size === 0) waiting.delete(world.name)
          resolve(reached)
        }
        ofWorld.set(check, at)
        signal.addEventListener('abort', check)
        check()
      })
    },
    wake,
    close() {
      closed = true
      for (const name of [...waiting.keys()]) wake(name)
    },
  }
}
