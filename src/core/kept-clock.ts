import { type Clock, type SteadyClock, steadyClock } from '../base/clock.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Store } from '../store/database.ts'
import type { Rows } from '../store/rows.ts'

/** Name of the setting that holds the last time seen, in microseconds. */
const lastTime = 'last-time'

/** A clock that never goes back, also across restarts. */
export interface KeptClock {
  readonly clock: SteadyClock
  /** Stores the exact time at the end; while running, a slightly later time is stored. Throws if the disk fails. */
  keep(): void
}

/**
 * Goes on from the time that was seen last. If the clock of the machine was set back, the worlds are moved on instead, so that
 * this one can be as the machine's is.
 */
export function openClock(
  machine: Clock,
  { act, commit }: Pick<Store, 'act' | 'commit'>,
  { settings, worlds }: Pick<Rows, 'settings' | 'worlds'>,
): KeptClock {
  const clock = steadyClock(machine, Number(settings.get(lastTime) ?? 0), {
    onSeen(until) {
      void commit(() => settings.set(lastTime, String(until))).catch(() => undefined)
    },
    onSetBack() {
      let by = 0
      void commit(() => (by = correctWorlds())).catch(() => clock.goBack(-by))
    },
  })
  /** Call inside an act. */
  function correctWorlds(): Micros {
    const by = clock.ahead
    worlds.correct(by)
    clock.goBack(by)
    settings.set(lastTime, String(clock.now()))
    return by
  }
  if (clock.ahead > 0) act(correctWorlds)
  return { clock, keep: () => act(() => settings.set(lastTime, String(clock.now()))) }
}
