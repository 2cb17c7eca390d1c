import { setTimeout } from '../base/timers.ts'
import { passedOn } from './child.ts'

/** The signals that asked this program to end. */
export interface HeardSignals {
  readonly first: () => NodeJS.Signals | undefined
  /** Leaves signals alone again, once there is nothing to stop any more. */
  readonly release: () => void
}

/**
 * Handles signals until they are released. From a moment after that a signal ends the program, so that one does which still waits
 * for something that cannot be called off, as the look-up of a name.
 *
 * @param source where signals to this program are heard
 * @param end ends this program by a signal that nobody handles
 * @param press milliseconds in which signals count as one press of a key, after whose first the program may have ended in order
 */
export function hearSignals(
  source: NodeJS.EventEmitter,
  end: (signal: NodeJS.Signals) => void,
  press = 1000,
): HeardSignals {
  let first: NodeJS.Signals | undefined
  let late: NodeJS.Signals | undefined
  let released = false
  const hear = (signal: NodeJS.Signals): void => {
    if (released) late ??= signal
    else first ??= signal
  }
  for (const signal of passedOn) source.on(signal, hear)
  return {
    first: () => first,
    release() {
      released = true
      setTimeout(() => {
        for (const signal of passedOn) source.off(signal, hear)
        if (late !== undefined) end(late)
      }, press).unref()
    },
  }
}
