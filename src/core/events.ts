import { clearTimeout, setTimeout } from '../base/timers.ts'
import type { ClockPosition } from '../base/clock.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Transition } from '../domain/jobs/job.ts'
import type { JobStore } from '../store/jobs.ts'
import type { WorldRecord } from '../store/worlds.ts'

/** Notifies followers of state changes in a world, including those due only to time passing. */
export interface Events {
  /**
   * Reports states from now on, and earlier ones if the world was not settled since.
   *
   * @param onEmptied called when the world is dropped, reset or written over: what happens then happens in another one
   * @returns ends it
   */
  follow(world: WorldRecord, listener: TransitionListener, onEmptied?: () => void): () => void
  /** Stops all timers. */
  close(): void
}

/** The parts of the emulator that events need. */
export interface EventSurroundings {
  readonly transitions: TransitionBus
  readonly rows: { readonly jobs: Pick<JobStore, 'nextAt'> }
  readonly clocks: {
    readonly position: (world: WorldRecord) => ClockPosition
    readonly now: (world: WorldRecord) => Micros
  }
  /** Brings the world up to the present, and announces the states that jobs entered. */
  readonly settle: (world: WorldRecord) => Promise<void>
}

/** The longest time that setTimeout can wait, in milliseconds. */
const longestWait = 2 ** 31 - 1

/** Milliseconds until another try, if the database could not be written to. */
const retryAfter = 1000

/**
 * Jobs need no timers, but followers do: there is one for each followed world, set to the next moment at which
 * a job moves on, and set again whenever something happened or the clock was moved.
 */
export function createEvents({ transitions, rows, clocks, settle }: EventSurroundings): Events {
  const alarms = new Map<number, { followers: number; readonly stop: () => void }>()

  function alarm(world: WorldRecord) {
    let timer: NodeJS.Timeout | undefined
    let stopped = false

    function set(least = 0): void {
      clearTimeout(timer)
      const wait = stopped ? null : untilNext()
      if (wait !== null) timer = setTimeout(ring, Math.max(least, wait)).unref()
    }
    function untilNext(): number | null {
      const next = clocks.position(world).frozenAt === null ? rows.jobs.nextAt(world.key) : null
      return next === null ? null : Math.min(Math.ceil((next - clocks.now(world)) / 1000), longestWait)
    }
    function ring(): void {
      settle(world).then(
        () => set(),
        () => set(retryAfter),
      )
    }

    const unlisten = transitions.listen(world.key, () => set())
    set()
    return {
      followers: 0,
      stop() {
        stopped = true
        clearTimeout(timer)
        unlisten()
      },
    }
  }

  return {
    follow(world, listener, onEmptied) {
      const unlisten = transitions.listen(world.key, listener, onEmptied)
      const shared = alarms.get(world.key) ?? alarm(world)
      shared.followers++
      alarms.set(world.key, shared)
      let following = true
      return () => {
        if (!following) return
        following = false
        unlisten()
        if (--shared.followers > 0) return
        shared.stop()
        alarms.delete(world.key)
      }
    },
    close() {
      for (const { stop } of alarms.values()) stop()
      alarms.clear()
    },
  }
}

/**
 * Hears of jobs that entered states, in order, after it is committed. An empty list says that something else happened: what
 * is yet to come, or the clock, may have changed.
 */
type TransitionListener = (transitions: readonly Transition[]) => void

/** Tells who listens what happened in a world. */
export interface TransitionBus {
  /**
   * @param onEmptied called when all that was in the world went at once
   * @returns ends the listening
   */
  listen(world: number, listener: TransitionListener, onEmptied?: () => void): () => void
  /** Listens to states that jobs of any world enter. @returns a function that ends it */
  listenToAll(listener: (world: number, transitions: readonly Transition[]) => void): () => void
  announce(world: number, transitions: readonly Transition[]): void
  /** The world was dropped, reset or written over. */
  announceEmptied(world: number): void
}

interface Listener {
  readonly onTransitions: TransitionListener
  readonly onEmptied: () => void
}

export function createTransitionBus(): TransitionBus {
  const listeners = new Map<number, Set<Listener>>()
  const ofAll = new Set<(world: number, transitions: readonly Transition[]) => void>()
  return {
    listen(world, onTransitions, onEmptied = () => onTransitions([])) {
      const listener = { onTransitions, onEmptied }
      const ofWorld = listeners.get(world) ?? new Set()
      listeners.set(world, ofWorld.add(listener))
      return () => {
        ofWorld.delete(listener)
        if (ofWorld.size === 0 && listeners.get(world) === ofWorld) listeners.delete(world)
      }
    },
    listenToAll(listener) {
      ofAll.add(listener)
      return () => ofAll.delete(listener)
    },
    announce(world, transitions) {
      for (const { onTransitions } of listeners.get(world) ?? []) onTransitions(transitions)
      if (transitions.length > 0) for (const listener of ofAll) listener(world, transitions)
    },
    announceEmptied(world) {
      for (const { onEmptied } of listeners.get(world) ?? []) onEmptied()
    },
  }
}
