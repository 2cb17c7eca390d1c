import { type Micros, microsPerSecond } from './timestamps.ts'

/** Tells the time. Nothing in the emulator asks the platform; it asks one of these. */
export interface Clock {
  /** Microseconds since 1970. */
  now(): Micros
}

/** The machine's wall clock, with microseconds. Within a millisecond it never goes back. */
export function systemClock(): Clock {
  let [millisecond, begun] = [0, 0]
  return {
    now() {
      // Date.now() follows the wall clock but knows milliseconds only; the high-resolution clock adds the digits below.
      const [wall, fine] = [Date.now(), performance.now()]
      if (wall !== millisecond) [millisecond, begun] = [wall, fine]
      return wall * 1000 + Math.min(999, Math.floor((fine - begun) * 1000))
    },
  }
}

/** A clock that is not set back with the one behind it. */
export interface SteadyClock extends Clock {
  /** Microseconds that it is ahead of the clock behind it, since that was set back. */
  readonly ahead: Micros
}

/**
 * Follows a clock, and runs on from the last time seen if that clock is set back. So time never goes back, and never stands
 * still until the clock has caught up. A jump forward is followed.
 *
 * @param last the last time seen by an earlier run
 * @param onSeen called now and then with a time that is not reached yet, to be kept for the next run
 */
export function steadyClock(clock: Clock, last: Micros, onSeen: (until: Micros) => void): SteadyClock {
  let [seen, ahead, kept] = [last, 0, last]
  return {
    get ahead() {
      return ahead
    },
    now() {
      const time = clock.now() + ahead
      if (time < seen) ahead += seen - time
      seen = Math.max(seen, time)
      if (seen >= kept) {
        kept = seen + keptAhead
        onSeen(kept)
      }
      return seen
    },
  }
}

/** How far ahead a time is kept: time in a run after a kill may begin by so much too late. */
const keptAhead = microsPerSecond

/** How a world's time relates to the wall clock; kept in the database, so that it survives a restart. */
export interface ClockPosition {
  /** Microseconds added to the wall clock; never negative, as a world's time never goes back. */
  readonly offset: Micros
  /** The moment at which the world's time stands still, or null while it runs. */
  readonly frozenAt: Micros | null
}

/** A world's present. */
export const worldTime = (position: ClockPosition, wall: Micros): Micros => position.frozenAt ?? wall + position.offset

/** Whole seconds since 1970, the unit of JWT claims. */
export const toSeconds = (at: Micros): number => Math.floor(at / microsPerSecond)
