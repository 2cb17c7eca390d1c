import { setImmediate } from 'node:timers'
import type { Database } from 'better-sqlite3'

/**
 * Does an act that writes. All acts of one turn of the event loop share one transaction, and with it one flush to disk.
 *
 * @param act runs inside the transaction; what it throws undoes this act alone
 * @returns what the act returned, once it is on disk
 */
export type Commit = <Result>(act: () => Result) => Promise<Result>

interface Waiting {
  readonly act: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit for one database. A lone act waits for nothing but the end of the present turn; there is no timer.
 *
 * @param database a connection that nobody else opens transactions on
 * @param assertUsable called before a transaction; throws if none could last
 */
export function groupCommit(database: Database, assertUsable: () => void): Commit {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  const savepoint = database.prepare('SAVEPOINT act')
  const release = database.prepare('RELEASE act')
  const undo = database.prepare('ROLLBACK TO act')
  let queue: Waiting[] = []

  /** Runs one act; a failure undoes it and nothing else. Returns how to tell its caller after the commit. */
  function run({ act, resolve, reject }: Waiting): () => void {
    savepoint.run()
    try {
      const result = act()
      release.run()
      return () => resolve(result)
    } catch (error) {
      // A full disk may end the whole transaction; then this is the reason for everybody in it.
      if (!database.inTransaction) throw error
      undo.run()
      release.run()
      return () => reject(error)
    }
  }

  function flush(): void {
    const batch = queue
    queue = []
    try {
      assertUsable()
      begin.run()
      const answers = batch.map(run)
      commit.run()
      for (const answer of answers) answer()
    } catch (error) {
      if (database.inTransaction) rollback.run()
      for (const { reject } of batch) reject(error)
    }
  }

  return <Result>(act: () => Result) =>
    new Promise<Result>((resolve, reject) => {
      if (queue.length === 0) setImmediate(flush)
      queue.push({ act, resolve: resolve as (result: unknown) => void, reject })
    })
}
