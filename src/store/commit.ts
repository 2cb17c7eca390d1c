import { setImmediate, setTimeout } from '../base/timers.ts'
import type { Database } from 'better-sqlite3'

/**
 * Does an act that writes. All acts of one turn of the event loop share one transaction, and with it one flush to disk.
 *
 * @param act runs inside the transaction; what it throws undoes this act alone
 * @param writes `last` if the act does nothing after its one statement that writes. SQLite itself undoes a statement that
 *   fails, so that such an act needs no savepoint, with which an insert takes an eighth longer.
 * @returns what the act returned, once it is on disk
 */
export type Commit = <Result>(act: () => Result, writes?: 'last') => Promise<Result>

interface Waiting {
  readonly act: () => unknown
  readonly isGuarded: boolean
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Pages in the log after which it is copied into the database file, between two transactions. Until the log has been that long once,
 * each flush makes its file longer, which takes half as much time again.
 */
const pagesPerCheckpoint = 1500

/** Pages that a transaction writes for a create, and for each further one: those of indexes are the same. */
const pagesOf = { transaction: 10, act: 1 } as const

/** Milliseconds without an act after which it is copied earlier. */
const idleTime = 1000

/**
 * Group commit for one database. A lone act waits only for the end of the present turn; there is no timer.
 *
 * @param database a connection on which no other code opens transactions
 * @param onBegin called before each transaction; throws if none could last
 */
export function groupCommit(database: Database, onBegin: () => void): Commit {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  const savepoint = database.prepare('SAVEPOINT act')
  const release = database.prepare('RELEASE act')
  const undo = database.prepare('ROLLBACK TO act')
  let queue: Waiting[] = []
  let pagesInLog = 0
  let idle: NodeJS.Timeout | undefined

  /**
   * Copies the log into the database file. Pages that many acts wrote, as those of indexes, are copied once, so that the
   * longer the log, the less each act costs. Whatever goes wrong here, SQLite tries again at the next commit that needs it.
   */
  function checkpoint(): void {
    if (!database.open || database.inTransaction) return
    pagesInLog = 0
    try {
      database.pragma('wal_checkpoint(PASSIVE)')
    } catch {
      // What was committed is in the log, and found there.
    }
  }

  /** Runs one act; a failure undoes it and nothing else. Returns how to tell its caller after the commit. */
  function run({ act, isGuarded, resolve, reject }: Waiting): () => void {
    if (isGuarded) savepoint.run()
    try {
      const result = act()
      if (isGuarded) release.run()
      return () => resolve(result)
    } catch (error) {
      // A full disk may end the whole transaction; then this is the reason for everybody in it.
      if (!database.inTransaction) throw error
      if (isGuarded) {
        undo.run()
        release.run()
      }
      return () => reject(error)
    }
  }

  function flush(): void {
    const batch = queue
    queue = []
    try {
      onBegin()
      begin.run()
      const answers = batch.map(run)
      commit.run()
      for (const answer of answers) answer()
      planCheckpoint(answers.length)
    } catch (error) {
      if (database.inTransaction) rollback.run()
      for (const { reject } of batch) reject(error)
    }
  }

  function planCheckpoint(acts: number): void {
    if (database.memory) return
    pagesInLog += pagesOf.transaction + acts * pagesOf.act
    // The answers go out first.
    if (pagesInLog >= pagesPerCheckpoint) setImmediate(checkpoint)
    idle = idle?.refresh() ?? setTimeout(checkpoint, idleTime).unref()
  }

  return <Result>(act: () => Result, writes?: 'last') =>
    new Promise<Result>((resolve, reject) => {
      if (queue.length === 0) setImmediate(flush)
      queue.push({ act, isGuarded: writes !== 'last', resolve: resolve as (result: unknown) => void, reject })
    })
}
