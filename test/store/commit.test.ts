// Acts that share a transaction.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { groupCommit } from '../../src/store/commit.ts'
import { databaseFile } from '../../src/store/database.ts'
import { Driver, memory } from './memory.ts'

void t.test('group commit', async (t) => {
  const withTable = (t: Test) => {
    const statements: string[] = []
    const database = memory(t, (sql) => statements.push(String(sql)))
    database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)')
    const insert = database.prepare('INSERT INTO rows (id, text) VALUES (?, ?)')
    const all = () => database.prepare('SELECT text FROM rows ORDER BY id').pluck().all()
    statements.length = 0
    return { database, statements, insert, all, commit: groupCommit(database, () => undefined) }
  }

  await t.test('acts of one turn share one transaction, and are answered after it, in order', async (t) => {
    const { statements, insert, all, commit } = withTable(t)
    const order: number[] = []
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        commit(() => {
          insert.run(index, `row ${index}`)
          return index
        }).then((result) => {
          statements.push('answered')
          order.push(result)
          return result
        }),
      ),
    )
    t.strictSame(
      results,
      Array.from({ length: 200 }, (_, index) => index),
    )
    t.strictSame(order, results)
    t.equal(statements.filter((sql) => sql === 'BEGIN IMMEDIATE').length, 1)
    t.equal(statements.filter((sql) => sql === 'COMMIT').length, 1)
    t.ok(statements.indexOf('COMMIT') < statements.indexOf('answered'))
    t.equal(all().length, 200)
  })

  await t.test('a failing act spoils no other, and is undone as a whole', async (t) => {
    const { insert, all, commit } = withTable(t)
    const outcomes = await Promise.allSettled([
      commit(() => insert.run(1, 'first')),
      commit(() => {
        insert.run(2, 'half')
        insert.run(3, 'done')
        throw new Error('changed my mind')
      }),
      commit(() => insert.run(1, 'the same key')),
      commit(() => insert.run(2, 'last')),
    ])
    t.strictSame(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    t.match(outcomes[1], { reason: { message: 'changed my mind' } })
    t.match(outcomes[2], { reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } })
    t.strictSame(all(), ['first', 'last'])
  })

  await t.test('an act that writes last has no savepoint, and is undone with its statement', async (t) => {
    const { database, statements, insert, all, commit } = withTable(t)
    database.exec(`
      CREATE TABLE counts (rows INTEGER CHECK (rows < 3));
      INSERT INTO counts VALUES (0);
      CREATE TRIGGER counted BEFORE INSERT ON rows BEGIN UPDATE counts SET rows = rows + 1; END`)
    const savepoints = () => statements.filter((sql) => sql.startsWith('SAVEPOINT')).length
    const outcomes = await Promise.allSettled([
      commit(() => insert.run(1, 'first'), 'last'),
      commit(() => insert.run(1, 'the same key'), 'last'),
      commit(() => {
        throw new Error('before it writes')
      }, 'last'),
      commit(() => insert.run(2, 'last'), 'last'),
      commit(() => insert.run(3, 'one too many'), 'last'),
    ])
    t.strictSame(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'rejected'],
    )
    t.strictSame(all(), ['first', 'last'])
    t.equal(database.prepare('SELECT rows FROM counts').pluck().get(), 2, 'what the trigger did is undone, too')
    t.equal(savepoints(), 0)
    await commit(() => insert.run(4, 'x')).catch(() => undefined)
    t.equal(savepoints(), 1)
  })

  await t.test('an act sees what the acts before it in the same turn did', async (t) => {
    const { database, insert, commit } = withTable(t)
    const count = database.prepare('SELECT count(*) FROM rows').pluck()
    const seen = await Promise.all(
      [1, 2, 3].map((id) =>
        commit(() => {
          insert.run(id, '')
          return count.get()
        }),
      ),
    )
    t.strictSame(seen, [1, 2, 3])
  })

  await t.test('a commit that fails rejects every act of it, and the next one goes on', async (t) => {
    const { database, all, insert, commit } = withTable(t)
    database.exec(`
      PRAGMA foreign_keys = ON;
      CREATE TABLE children (parent INTEGER REFERENCES rows DEFERRABLE INITIALLY DEFERRED)`)
    const orphan = database.prepare('INSERT INTO children VALUES (?)')
    const outcomes = await Promise.allSettled([
      commit(() => insert.run(1, 'innocent')),
      commit(() => orphan.run(99)),
      commit(() => insert.run(2, 'innocent, too')),
    ])
    for (const outcome of outcomes) {
      t.match(outcome, { status: 'rejected', reason: { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' } })
    }
    t.strictSame(all(), [])
    t.equal(database.inTransaction, false)
    await commit(() => insert.run(3, 'later'))
    t.strictSame(all(), ['later'])
  })

  await t.test('the log is copied into the file after some 1,500 pages, in a turn of its own', async (t) => {
    const file = join(t.testdir(), databaseFile)
    const database = new Driver(file)
    t.teardown(() => database.close())
    database.pragma('journal_mode = WAL')
    database.pragma('wal_autocheckpoint = 15000')
    database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)')
    const insert = database.prepare('INSERT INTO rows (text) VALUES (?)')
    const commit = groupCommit(database, () => undefined)
    const text = 'x'.repeat(100)
    const write = (acts: number) => Promise.all(Array.from({ length: acts }, () => commit(() => insert.run(text))))
    await write(1480)
    const before = statSync(file).size
    await write(10)
    t.equal(statSync(file).size, before, 'whoever waits for an act does not wait for the copy')
    await setImmediate()
    t.ok(statSync(file).size > before + 1480 * text.length, 'and then it is done')

    // A transaction of its own writes more pages for an act.
    const filled = statSync(file).size
    for (let act = 0; act < 135; act++) await write(1)
    await setImmediate()
    t.equal(statSync(file).size, filled)
    for (let act = 0; act < 10; act++) await write(1)
    await setImmediate()
    t.ok(statSync(file).size > filled, 'lone acts are copied sooner')
  })

  await t.test('when an act ends the transaction, all of it are told the reason', async (t) => {
    const { database, all, insert, commit } = withTable(t)
    // As a full disk does: the statement fails and takes the whole transaction with it.
    const fatal = database.prepare("INSERT OR ROLLBACK INTO rows VALUES (1, 'again')")
    const outcomes = await Promise.allSettled([
      commit(() => insert.run(1, 'first')),
      commit(() => fatal.run()),
      commit(() => insert.run(2, 'last')),
    ])
    for (const outcome of outcomes) {
      t.match(outcome, { status: 'rejected', reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } })
    }
    t.strictSame(all(), [], 'nothing is kept of what was not acknowledged')
    t.equal(database.inTransaction, false)
    await commit(() => insert.run(3, 'later'))
    t.strictSame(all(), ['later'])
  })

  await t.test('acts that come while others wait are done, too', async (t) => {
    const { insert, all, commit } = withTable(t)
    await commit(() => insert.run(1, 'a')).then(() => commit(() => insert.run(2, 'b')))
    let inner: Promise<unknown> | undefined
    await commit(() => {
      inner = commit(() => insert.run(3, 'c'))
    })
    await inner
    t.strictSame(all(), ['a', 'b', 'c'])
  })
})
