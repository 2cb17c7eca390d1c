import type { Store } from './database.ts'

/** Results of reads outside of acts. Each holds until the next act begins, as that may write anything; so none is ever stale. */
export interface ReadCache<Result> {
  find(key: string): Result | undefined
  /**
   * Keeps a result and returns it.
   *
   * @param size characters of the documents it was made of
   */
  keep(key: string, result: Result, size: number): Result
}

/** Maximum number of characters of the documents behind all results of one cache, and behind one of them. */
const most = { inAll: 1_000_000, inOne: 50_000 } as const

/** Written here as a package such as lru-cache keeps what was used last: here all results end at once. */
export function readCache<Result>(store: Pick<Store, 'acts' | 'inAct'>): ReadCache<Result> {
  const kept = new Map<string, Result>()
  let actsBefore = 0
  let size = 0

  function clear(): void {
    kept.clear()
    size = 0
    actsBefore = store.acts
  }

  return {
    find(key) {
      if (store.acts !== actsBefore) clear()
      return kept.get(key)
    },
    keep(key, result, resultSize) {
      // An act may be undone, and with it what it sees.
      if (store.inAct || resultSize > most.inOne) return result
      if (store.acts !== actsBefore || size + resultSize > most.inAll) clear()
      size += resultSize + key.length
      kept.set(key, result)
      return result
    },
  }
}
