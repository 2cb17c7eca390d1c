import { type Micros, microsPerSecond } from './timestamps.ts'

/** Tells the time. Nothing in the emulator asks the platform; it asks one of these. */
export interface Clock {
  /** Microseconds since 1970. Never smaller than what it said before. */
  now(): Micros
}

/** The machine's wall clock, with microseconds, that never steps back while the program runs. */
export function systemClock(): Clock {
  let last = 0
  return {
    now() {
      // Date.now() follows the wall clock but knows milliseconds only; the high-resolution clock adds the digits below.
      const wall = Date.now() * 1000 + (Math.floor(performance.now() * 1000) % 1000)
      last = Math.max(last, wall)
      return last
    },
  }
}

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
