import type { Transition } from '../store/jobs.ts'

/**
 * Hears of jobs that entered states, in order, after it is committed. An empty list says that something else happened: what
 * is yet to come, or the clock, may have changed.
 */
export type TransitionListener = (transitions: readonly Transition[]) => void

/** Tells who listens what happened in a world. */
export interface Transitions {
  /** @returns ends the listening */
  listen(world: number, listener: TransitionListener): () => void
  announce(world: number, transitions: readonly Transition[]): void
}

export function createTransitions(): Transitions {
  const listeners = new Map<number, Set<TransitionListener>>()
  return {
    listen(world, listener) {
      const ofWorld = listeners.get(world) ?? new Set()
      listeners.set(world, ofWorld.add(listener))
      return () => {
        ofWorld.delete(listener)
        if (ofWorld.size === 0 && listeners.get(world) === ofWorld) listeners.delete(world)
      }
    },
    announce(world, transitions) {
      for (const listener of listeners.get(world) ?? []) listener(transitions)
    },
  }
}
