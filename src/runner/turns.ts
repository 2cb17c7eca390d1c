/**
 * Lets a number of blocks run at once, in turns between jobs, so that a job of many tasks does not keep the others waiting. Of the
 * libraries, p-limit knows one queue only.
 */
export interface Turns {
  /**
   * Waits for a turn, takes it, and gives it back.
   *
   * @param job whose turn it is
   */
  take<Result>(job: string, work: () => Promise<Result>): Promise<Result>
}

export function createTurns(places: number): Turns {
  let free = places
  /** Those who wait, by job; the job whose turn comes next is the first. */
  const waiting = new Map<string, (() => void)[]>()

  function next(): void {
    const [entry] = waiting
    if (entry === undefined) {
      free++
      return
    }
    const [job, queue] = entry
    waiting.delete(job)
    const start = queue.shift()!
    // It goes to the end of the line.
    if (queue.length > 0) waiting.set(job, queue)
    start()
  }

  return {
    async take(job, work) {
      if (free > 0) free--
      else {
        await new Promise<void>((resolve) => {
          const queue = waiting.get(job)
          if (queue === undefined) waiting.set(job, [resolve])
          else queue.push(resolve)
        })
      }
      try {
        return await work()
      } finally {
        next()
      }
    },
  }
}
