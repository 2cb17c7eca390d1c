import type { Transition } from '../store/jobs.ts'

/**
 * Hears of jobs that entered states, in order, after it is committed. An empty list says that something else happened: what
 * is yet to come, or the clock, may have changed.
 */
export type TransitionListener = (transitions: readonly Transition[]) => void

/** Tells who listens what happened in a world. */
export interface Transitions {
  /**
   * @param onEmptied called when all that was in the world went at once
   * @returns ends the listening
   */
  listen(world: number, listener: TransitionListener, onEmptied?: () => void): () => void
  announce(world: number, transitions: readonly Transition[]): void
  /** The world was dropped, reset or written over. */
  announceEmptied(world: number): void
}

interface Listener {
  readonly onTransitions: TransitionListener
  readonly onEmptied: () => void
}

export function createTransitions(): Transitions {
  const listeners = new Map<number, Set<Listener>>()
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
    announce(world, transitions) {
      for (const { onTransitions } of listeners.get(world) ?? []) onTransitions(transitions)
    },
    announceEmptied(world) {
      for (const { onEmptied } of listeners.get(world) ?? []) onEmptied()
    },
  }
}
