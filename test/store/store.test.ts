import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createCore } from '../../src/core.ts'
import { databaseFile, openStore, type Store } from '../../src/store/database.ts'
import { jobOrderFields, jobStore } from '../../src/store/jobs.ts'
import { migrate, readMigrations } from '../../src/store/migrations.ts'
import { client, emulator } from '../emulator.ts'
import { Driver, memory } from './memory.ts'

const tables = (database: InstanceType<typeof Driver>): unknown[] =>
  database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all()

void t.test('migrations', async (t) => {
  const one = { number: 1, file: '001-one.sql', sql: 'CREATE TABLE one (a)' }
  const two = { number: 2, file: '002-two.sql', sql: 'CREATE TABLE two (b); INSERT INTO one VALUES (2)' }
  const broken = { number: 2, file: '002-broken.sql', sql: 'CREATE TABLE two (b); INSERT INTO nowhere VALUES (1)' }

  await t.test('are numbered from 1 without gaps, in the order of their names', async (t) => {
    t.strictSame(
      readMigrations().map(({ number }) => number),
      readMigrations().map((_, index) => index + 1),
    )
    const dir = t.testdir({
      good: { '002-b.sql': 'b', '001-a.sql': 'a', 'README.md': '', '3-c.sql': '' },
      gap: { '001-a.sql': '', '003-c.sql': '' },
      twice: { '001-a.sql': '', '001-b.sql': '' },
    })
    t.strictSame(readMigrations(join(dir, 'good')), [
      { number: 1, file: '001-a.sql', sql: 'a' },
      { number: 2, file: '002-b.sql', sql: 'b' },
    ])
    t.throws(() => readMigrations(join(dir, 'gap')), { message: /003-c\.sql: expected number 2/ })
    t.throws(() => readMigrations(join(dir, 'twice')), { message: /001-b\.sql: expected number 2/ })
  })

  await t.test('run from where the file stands, each once', async (t) => {
    const database = memory(t)
    migrate(database, [one])
    t.equal(database.pragma('user_version', { simple: true }), 1)
    migrate(database, [one, two])
    migrate(database, [one, two])
    t.equal(database.pragma('user_version', { simple: true }), 2)
    t.strictSame(database.prepare('SELECT * FROM one').all(), [{ a: 2 }])
  })

  await t.test('a step that fails is named and undone, the steps before it stay', async (t) => {
    const database = memory(t)
    t.throws(() => migrate(database, [one, broken]), { message: /002-broken\.sql failed and was undone.*nowhere/ })
    t.equal(database.pragma('user_version', { simple: true }), 1)
    t.strictSame(tables(database), ['one'])
    migrate(database, [one, two])
    t.strictSame(tables(database), ['one', 'two'])
  })

  await t.test('a newer file is refused', async (t) => {
    const database = memory(t)
    migrate(database, [one, two])
    t.throws(() => migrate(database, [one]), { message: /newer.*schema 2.*up to 1.*nothing was changed/ })
    t.strictSame(tables(database), ['one', 'two'])
  })
})

void t.test('open', async (t) => {
  await t.test('makes the directory, and leaves one file after close', async (t) => {
    const dir = join(t.testdir(), 'a', 'b')
    const store = openStore(dir)
    t.equal(store.location, join(dir, databaseFile))
    t.equal(store.schema, readMigrations().length)
    store.close()
    t.strictSame(readdirSync(dir), [databaseFile])
  })

  await t.test('commits reach the disk: WAL with synchronous=FULL', async (t) => {
    const store = openStore(t.testdir())
    t.teardown(() => store.close())
    t.strictSame(store.prepare('PRAGMA journal_mode').all(), [{ journal_mode: 'wal' }])
    t.strictSame(store.prepare('PRAGMA synchronous').all(), [{ synchronous: 2 }])
    t.strictSame(store.prepare('PRAGMA foreign_keys').all(), [{ foreign_keys: 1 }])
  })

  await t.test('a file of a newer emulator is refused, and stays byte for byte', async (t) => {
    const dir = t.testdir()
    openStore(dir).close()
    const file = join(dir, databaseFile)
    for (const mode of ['wal', 'delete']) {
      const database = new Driver(file)
      database.pragma('user_version = 9999')
      database.pragma(`journal_mode = ${mode}`)
      database.close()
      const before = readFileSync(file)
      t.throws(() => openStore(dir), { message: /cannot open the database .*schema 9999.*--data/ })
      t.ok(readFileSync(file).equals(before), mode)
      t.strictSame(readdirSync(dir), [databaseFile])
    }
  })

  await t.test('a file that is no database is refused, and stays byte for byte', async (t) => {
    const text = 'not a database, whatever its name says. '.repeat(100)
    const dir = t.testdir({ [databaseFile]: text })
    t.throws(() => openStore(dir), { message: /the file is not an SQLite database.*--data/ })
    t.equal(readFileSync(join(dir, databaseFile), 'utf8'), text)
    t.strictSame(readdirSync(dir), [databaseFile])
  })

  await t.test('a damaged file is refused with a sentence', async (t) => {
    const dir = t.testdir()
    openStore(dir).close()
    const file = join(dir, databaseFile)
    const bytes = readFileSync(file)
    bytes.fill(0x5a, 100)
    writeFileSync(file, bytes)
    t.throws(() => createCore({ data: dir }), { message: /cannot open the database .*damaged|malformed/ })
  })

  await t.test('an empty file, as a container mount may leave one, becomes a database', async (t) => {
    const dir = t.testdir({ [databaseFile]: '' })
    const store = openStore(dir)
    t.equal(store.schema, readMigrations().length)
    store.close()
  })

  await t.test('the same data twice: refused, and the first is not disturbed', async (t) => {
    const dir = t.testdir()
    const first = openStore(dir)
    t.teardown(() => first.close())
    t.throws(() => openStore(dir), { message: /another emulator is using it.*--data/ })
    await first.commit(() => first.prepare("INSERT INTO settings VALUES ('a', 'b')").run())
  })

  await t.test('a path below a file', async (t) => {
    const dir = t.testdir({ file: '' })
    t.throws(() => openStore(join(dir, 'file', 'x')), { message: /cannot open the database .*--data/ })
  })

  await t.test('each version of the schema that was ever written opens and upgrades', async (t) => {
    const migrations = readMigrations()
    for (let version = 0; version <= migrations.length; version++) {
      const dir = join(t.testdir(), `v${version}`)
      mkdirSync(dir, { recursive: true })
      const database = new Driver(join(dir, databaseFile))
      migrate(database, migrations.slice(0, version))
      database.close()
      const { url } = await emulator(t, { data: dir })
      const call = client(url)
      t.equal((await call('GET', '/_emulator/health')).body.database.schema, migrations.length)
      const made = await call('POST', '/v1/customer/jobs', { templateId: 'hello-world-template' })
      t.equal((await call('GET', `/v1/customer/jobs/${made.body.job.id}`)).status, 200, `from version ${version}`)
    }
  })
})

void t.test('what was stored comes back after a restart', async (t) => {
  const data = t.testdir()
  const first = await emulator(t, { data })
  const call = client(first.url)
  const bodies = []
  for (let index = 0; index < 12; index++) {
    const { body } = await call('POST', '/v1/customer/jobs', {
      templateId: 'img-gen-diffusers',
      name: `é😀\u0000 ${index}`,
      params: { app: JSON.parse('{"__proto__":{"a":[1,2.5,null]}}') },
      config: { taskTimeout: index },
      dataSource: { dataSourceDescriptor: 'url' },
    })
    bodies.push(body)
  }
  const list = (await call('GET', '/v1/customer/jobs?pagination.limit=5')).body
  await first.close()
  const again = client((await emulator(t, { data })).url)
  for (const body of bodies) {
    const read = (await again('GET', `/v1/customer/jobs/${body.job.id}`)).body
    t.strictSame(read, body)
    t.equal(JSON.stringify(read.job.params), JSON.stringify(body.job.params))
  }
  t.strictSame((await again('GET', '/v1/customer/jobs?pagination.limit=5')).body, list)
})

void t.test('a copy of the data after a stop is a backup', async (t) => {
  const dir = t.testdir({ one: {}, two: {} })
  const first = await emulator(t, { data: join(dir, 'one') })
  const { body } = await client(first.url)('POST', '/v1/customer/jobs', { templateId: 'hello-world-template' })
  await first.close()
  t.notOk(existsSync(join(dir, 'one', `${databaseFile}-wal`)))
  copyFileSync(join(dir, 'one', databaseFile), join(dir, 'two', databaseFile))
  const second = await emulator(t, { data: join(dir, 'two') })
  t.strictSame((await client(second.url)('GET', `/v1/customer/jobs/${body.job.id}`)).body, body)
})

void t.test('a page of a list is found by walking an index, whatever it is ordered by', async (t) => {
  const store = openStore(null)
  t.teardown(() => store.close())
  const statements: string[] = []
  const spied: Store = {
    ...store,
    prepare(sql: string) {
      statements.push(sql)
      return store.prepare(sql) as never
    },
  }
  // A list of nothing is not asked for, so there is one job by the count that lists show.
  await store.commit(() => {
    store.prepare("INSERT INTO worlds (id, name, created_at) VALUES (1, 'w', 0)").run()
    store.prepare("INSERT INTO accounts VALUES (1, 'owner', 1)").run()
  })
  const jobs = jobStore(spied)
  for (const field of jobOrderFields) {
    statements.length = 0
    jobs.list(1, 'owner', { limit: 10, offset: 0, orderBy: { field, descending: true } }, 0)
    const [sql = ''] = statements.filter((text) => text.includes('OFFSET'))
    const parameters = [...sql.matchAll(/\?/g)].map(() => 1)
    const plan = store
      .prepare<{ parent: number; detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters, { now: 0 })
    const isNested = plan.some(({ parent }) => parent !== 0)
    t.equal(isNested, field === 'endedAt', field)
    const inner = plan.filter(({ parent }) => !isNested || parent !== 0).map(({ detail }) => detail)
    // The end is sorted as answers show it, which no index knows: planned ends count as null.
    const isSorted = field === 'endedAt' ? [/USING (COVERING )?INDEX/, /TEMP B-TREE/] : [/USING (COVERING )?INDEX/]
    t.match(inner, isSorted, field)
    t.notMatch(inner.join(), field === 'endedAt' ? /SCAN jobs$/ : /TEMP B-TREE|SCAN jobs$/, field)
  }
})
