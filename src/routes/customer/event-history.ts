import type { Micros } from '../../base/timestamps.ts'
import type { TransitionBus } from '../../core/events.ts'
import type { Transition } from '../../domain/jobs/job.ts'

/** A transition with the id from which a reader can resume. */
interface NumberedTransition extends Transition {
  readonly id: string
}

/** The last transitions of one world. */
export interface EventHistory {
  /**
   * Those after the one with an id, as far as they are kept; none if the id is of an earlier run.
   *
   * @param id as a reader sends it
   */
  after(id: string): NumberedTransition[]
  /** Listens to later transitions. @returns a function that ends it */
  listen(listener: (transitions: readonly NumberedTransition[]) => void): () => void
}

/** Transitions that are kept of a world (chosen). */
const kept = 1000

/** Worlds whose transitions are kept, besides those that are read. */
const worlds = 100

/** Keeps transitions of worlds with a reader that can resume. Before the first one, no reader has an id. */
export function createEventHistories(
  transitions: TransitionBus,
): (world: { readonly key: number }, now: Micros) => EventHistory {
  const byWorld = new Map<number, EventHistory & { readonly isRead: () => boolean; readonly forget: () => void }>()

  function begin(key: number, now: Micros) {
    const listeners = new Set<(transitions: readonly NumberedTransition[]) => void>()
    let last = 0
    let told: NumberedTransition[] = []
    const unlisten = transitions.listen(
      key,
      (happened) => {
        const numbered = happened.map((transition) => ({ ...transition, id: `${now}-${++last}` }))
        told = [...told, ...numbered].slice(-kept)
        for (const listener of listeners) listener(numbered)
      },
      forget,
    )
    function forget(): void {
      unlisten()
      byWorld.delete(key)
    }
    const history = {
      isRead: () => listeners.size > 0,
      forget,
      after(id: string) {
        const [, run, number] = /^(\d+)-(\d+)$/.exec(id) ?? []
        if (Number(run) !== now) return []
        const first = last - told.length
        return told.slice(Math.max(0, Number(number) - first))
      },
      listen(listener: (transitions: readonly NumberedTransition[]) => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
    byWorld.set(key, history)
    return history
  }

  return ({ key }, now) => {
    const known = byWorld.get(key)
    if (known !== undefined) return known
    if (byWorld.size >= worlds) [...byWorld.values()].find(({ isRead }) => !isRead())?.forget()
    return begin(key, now)
  }
}
