import { clearTimeout, setTimeout } from '../base/timers.ts'
/** A time limit that is set, and may be set again. */
export interface Limit {
  /** Aborted once the time is up. */
  readonly signal: AbortSignal
  /** Begins from now, with so many milliseconds. */
  restart(milliseconds: number): void
  stop(): void
}

export function createLimit(): Limit {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  return {
    signal: controller.signal,
    restart(milliseconds) {
      clearTimeout(timer)
      timer = setTimeout(() => controller.abort(), milliseconds)
    },
    stop: () => clearTimeout(timer),
  }
}
