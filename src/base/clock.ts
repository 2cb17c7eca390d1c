import { type Micros, microsPerSecond } from './timestamps.ts'

/** Tells the time. Nothing in the emulator asks the platform; it asks one of these. */
export interface Clock {
  /** Microseconds since 1970. */
  now(): Micros
}

/**
 * The machine's wall clock, with microseconds. `Date.now()` follows it but knows milliseconds only; the digits below are those
 * of the high-resolution clock, held within the millisecond, so that they go back with the wall clock alone.
 */
export function systemClock(): Clock {
  let ahead = performance.timeOrigin * 1000
  return {
    now() {
      const [wall, fine] = [Date.now() * 1000, performance.now() * 1000]
      const time = Math.min(Math.max(fine + ahead, wall), wall + 999)
      ahead = time - fine
      return Math.floor(time)
    },
  }
}

/** A clock that never goes back, even if its source does. */
export interface SteadyClock extends Clock {
  /** Microseconds by which it is ahead of its source since that was set back. */
  readonly ahead: Micros
  /** Goes back by this time, or forward if it is negative. Call only if the time of worlds is kept from going back. */
  goBack(by: Micros): void
  /** Microseconds since it was made, independent of changes of its source. */
  elapsed(): Micros
}

/** Takes what a steady clock notices. */
export interface ClockWatch {
  /** Called now and then with a time that is not reached yet, to be kept for the next run. */
  onSeen(until: Micros): void
  /** Called when its source was set back. */
  onSetBack(): void
}

/**
 * Follows a clock, and runs on from the last time seen if that clock is set back. So time never goes back, and never stands
 * still until the clock has caught up. A jump forward is followed.
 *
 * @param last the last time seen by an earlier run
 */
export function steadyClock(clock: Clock, last: Micros, watch: ClockWatch): SteadyClock {
  let [seen, ahead, kept, wentBack] = [last, 0, last, 0]

  function now(): Micros {
    const time = clock.now() + ahead
    if (time < seen) {
      ahead += seen - time
      watch.onSetBack()
    }
    seen = Math.max(seen, time)
    if (seen >= kept) {
      kept = seen + keptAhead
      watch.onSeen(kept)
    }
    return seen
  }

  const start = now()
  return {
    get ahead() {
      return ahead
    },
    now,
    goBack(by) {
      ;[seen, ahead, kept, wentBack] = [seen - by, ahead - by, seen - by, wentBack + by]
    },
    elapsed: () => now() + wentBack - start,
  }
}

/** How far ahead a time is kept: time in a run after a kill may begin by so much too late. */
const keptAhead = microsPerSecond

/** How a world's time relates to the wall clock; kept in the database, so that it survives a restart. */
export interface ClockPosition {
  /** Microseconds added to the wall clock. */
  readonly offset: Micros
  /** The moment at which the world's time stands still, or null while it runs. */
  readonly frozenAt: Micros | null
  /** The part of the offset that made up for a machine's clock that was set back. */
  readonly corrected: Micros
}

/** A world's present. */
export const worldTime = (position: ClockPosition, wall: Micros): Micros => position.frozenAt ?? wall + position.offset

/** Whole seconds since 1970, the unit of JWT claims. */
export const toSeconds = (at: Micros): number => Math.floor(at / microsPerSecond)
