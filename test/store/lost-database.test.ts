// A database that is removed, replaced or emptied under an emulator, or damaged: nothing is taken that would not last.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { doctor } from '../../src/commands/doctor.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { ApiError } from '../../src/base/errors.ts'
import { databaseFile, openStore, peekDatabase } from '../../src/store/database.ts'
import { failureOf } from '../../src/store/failures.ts'
import { client, emulator } from '../emulator.ts'
import { jobs, put, waitingJob } from '../routes/files.ts'

void t.test('a database that is gone: writes are refused, health tells', async (t) => {
  const ways: Readonly<Record<string, (data: string) => void>> = {
    removed: (data) => rmSync(data, { recursive: true }),
    renamed: (data) => renameSync(join(data, databaseFile), join(data, 'elsewhere.db')),
    replaced(data) {
      copyFileSync(join(data, databaseFile), join(data, 'copy.db'))
      renameSync(join(data, 'copy.db'), join(data, databaseFile))
    },
    emptied: (data) => truncateSync(join(data, databaseFile), 0),
  }
  for (const [name, lose] of Object.entries(ways)) {
    const data = join(t.testdir(), name)
    const { url, port } = await emulator(t, { data })
    const call = client(url)
    const create = () => call('POST', jobs, { templateId: 'hello-world-template', name })
    t.equal((await create()).status, 200, name)
    lose(data)
    const word = name === 'removed' || name === 'renamed' ? 'removed' : 'replaced'
    const refused = await create()
    t.strictSame([refused.status, refused.body.code], [500, 13], name)
    t.match(
      refused.body.message,
      new RegExp(`could not store this.*${word} while it was open; start it again; nothing was changed`),
    )
    t.equal((await call('GET', jobs)).body.data.length, 1, 'what was read before can be read')
    const health = await call('GET', '/_emulator/health')
    t.strictSame([health.status, health.body.code], [503, 14])
    t.match(health.body.message, `${word} while it was open`)

    const settings = readSettings({ port: String(port), data }, {})
    // As JSON: its lines begin with "ok", which means something here.
    await t.rejects(
      doctor({ settings, environment: {}, options: { json: true }, args: [] }),
      { message: /problem.* found/ },
      'doctor finds it',
    )
  }
})

void t.test('an empty file beside files of jobs is refused, and they stay', async (t) => {
  const data = t.testdir({ [databaseFile]: '', files: { worlds: { 1: { job: { 'upload.bin': 'bytes' } } } } })
  for (const open of [openStore, peekDatabase]) {
    t.throws(() => open(data), { message: /the file is empty, but files of jobs are next to it.*start again/ })
  }
  t.ok(existsSync(join(data, 'files/worlds/1/job/upload.bin')))
})

void t.test('folders of others in the data directory stay', async (t) => {
  const theirs = { runs: { 1: { 'events.log': 'x' } }, cache: { a: 'x' }, files: { incoming: {}, mine: 'x' } }
  const data = t.testdir(theirs)
  const everything = () => readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => !/db/.test(name))
  const before = everything().sort()
  for (const runApps of ['off', 'process'] as const) {
    const started = await emulator(t, { data, runApps })
    mkdirSync(join(data, 'files', 'worlds', 'theirs'), { recursive: true })
    mkdirSync(join(data, 'files', 'incoming', 'theirs'), { recursive: true })
    await started.close()
    const after = everything().sort()
    t.strictSame(after, [...before, 'files/incoming/theirs', 'files/worlds', 'files/worlds/theirs'].sort(), runApps)
  }
})

void t.test('files without a database are not taken for those of a new one', async (t) => {
  for (const folder of ['incoming', 'worlds']) {
    const data = join(t.testdir(), folder)
    const file = join(data, 'files', folder, '2024', 'theirs')
    mkdirSync(file, { recursive: true })
    for (const open of [openStore, peekDatabase]) {
      t.throws(() => open(data), { message: /the file is missing, but .*is not empty. Choose another --data/ }, folder)
    }
    t.strictSame(readdirSync(data), ['files'], 'nothing is made')
    t.ok(existsSync(file))
  }
})

void t.test('places where no database can be', async (t) => {
  const dir = t.testdir({ file: '' })
  t.throws(() => openStore(join(dir, 'a'.repeat(300))), { message: /the path is too long.*--data/ })
  t.throws(() => openStore(join(dir, 'file', 'data')), { message: /part of the path is a file.*--data/ })
  mkdirSync(join(dir, 'data'))
  writeFileSync(join(dir, 'data', 'files'), '')
  const { url } = await emulator(t, { data: join(dir, 'data') })
  const { tempUrl } = await waitingJob(client(url))
  const answer = await put(tempUrl, 'bytes')
  t.equal(answer.status, 500)
  t.match(await answer.text(), 'there is a file in place of a folder of its data directory')
})

void t.test('doctor opens the database as a start does', async (t) => {
  const data = t.testdir()
  const store = openStore(data)
  t.throws(() => peekDatabase(data), { message: /another emulator is using it/ })
  store.close()
  t.equal(peekDatabase(data), store.schema)
})

void t.test('errors of disk and database have a sentence', async (t) => {
  for (const [code, text] of [
    ['SQLITE_CORRUPT', /damaged/],
    ['SQLITE_CORRUPT_INDEX', /damaged/],
    ['SQLITE_NOTADB', /damaged/],
    ['SQLITE_READONLY_DBMOVED', /cannot be written/],
    ['SQLITE_IOERR_WRITE', /full or failing/],
    ['EMFILE', /too many files/],
  ] as const) {
    const failure = failureOf(Object.assign(new Error('x'), { code }))
    t.type(failure, ApiError, code)
    t.match((failure as ApiError).message, text)
  }
  for (const error of [new Error('x'), Object.assign(new Error('x'), { code: 'SQLITE_CONSTRAINT' })]) {
    t.equal(failureOf(error), error, 'others stay as they are')
  }
})
