import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { makeFolder } from '../base/folders.ts'
import { type Commit, groupCommit } from './commit.ts'
import { notStored } from './failures.ts'
import { loadDriver } from './driver.ts'
import { assertNotNewer, migrate, readMigrations } from './migrations.ts'
import { LateStatement } from './statement.ts'

/** Name of the database inside the data directory. */
export const databaseFile = 'emulator.db'

/** Bytes of the log at most. */
const longestLog = 60 * 2 ** 20

/** Clients' filters make any number of different texts. Modules that hold a statement themselves lose nothing. */
const keptStatements = 200

/** The open database, as the table modules of this folder use it. */
export interface Store {
  /** The file, or `:memory:`. */
  readonly location: string
  /** Number of the last migration. */
  readonly schema: number
  /** Does an act that writes; resolves once it is committed. */
  readonly commit: Commit
  /** Runs a writing act immediately, in its own transaction. For start-up, before the first `commit`. */
  act<Result>(act: () => Result): Result
  /** Gives the statement of a text; those that were asked for last are kept. */
  prepare<Row = unknown>(sql: string): LateStatement<Row>
  /** True during an act: reads may see changes that are rolled back later. */
  readonly inAct: boolean
  /** Number of transactions begun. As long as it stays, so does all that was read. */
  readonly acts: number
  /** The reason why nothing that is written now would last, or undefined. */
  problem(): string | undefined
  close(): void
}

/** A new database in memory and its schema, once the first of this process was migrated: tests start many, all go the same way. */
let migrated: { readonly image: Buffer; readonly schema: number } | undefined

/**
 * Opens the database and brings it to the newest schema.
 *
 * One emulator at a time: the file stays locked while it is open. WAL with synchronous=FULL, so that what was committed
 * survives a power failure, too.
 *
 * @param directory where the file lies, made if missing; null keeps everything in memory
 * @throws Error that names the file and says what to do
 */
export function openStore(directory: string | null): Store {
  const { Driver } = loadDriver()
  const location = directory === null ? ':memory:' : join(directory, databaseFile)
  let database: Database | undefined
  try {
    // It has the signing key and secrets: only for the user who runs the emulator.
    if (directory !== null) {
      makeFolder(directory, 0o700)
      assertFilesHaveDatabase(directory)
      closeSync(openSync(location, 'a', 0o600))
    }
    if (directory === null && migrated !== undefined) {
      database = new Driver(migrated.image)
      configure(database)
      return storeOf(database, location, migrated.schema)
    }
    database = new Driver(location, { timeout: 1000 })
    const schema = bringUpToDate(database)
    if (directory === null) migrated = { image: database.serialize(), schema }
    return storeOf(database, location, schema)
  } catch (error) {
    database?.close()
    throw new Error(`cannot open the database ${location}: ${causeOf(error)}`, { cause: error })
  }
}

/**
 * Asserts that files in the directory have their database. An empty one next to files of jobs was emptied from outside. If it is
 * missing, they can be somebody else's. To start would remove them, as no row names them.
 */
function assertFilesHaveDatabase(directory: string): void {
  const size = statSync(join(directory, databaseFile), { throwIfNoEntry: false })?.size
  const isFilled = (folder: string): boolean => existsSync(folder) && readdirSync(folder).length > 0
  const worlds = join(directory, 'files', 'worlds')
  if (size === 0 && isFilled(worlds)) {
    throw new Error(
      'the file is empty, but files of jobs are next to it. Restore it, or remove the whole directory to start again',
    )
  }
  const taken = size === undefined ? [worlds, join(directory, 'files', 'incoming')].find(isFilled) : undefined
  if (taken !== undefined) {
    throw new Error(
      `the file is missing, but ${taken}, where files of jobs would be, is not empty. Choose another --data directory, restore the file, ` +
        'or remove that folder to start again',
    )
  }
}

/**
 * Opens the database in a directory as `openStore` does, with its lock, and leaves it as it was.
 *
 * @returns the number of its last migration, or undefined if there is none
 * @throws Error that names the file and says what to do, if `openStore` would fail
 */
export function peekDatabase(directory: string): number | undefined {
  const location = join(directory, databaseFile)
  let database: Database | undefined
  try {
    assertFilesHaveDatabase(directory)
    if (!existsSync(location)) return undefined
    const { Driver } = loadDriver()
    database = new Driver(location, { timeout: 0, fileMustExist: true })
    database.pragma('locking_mode = EXCLUSIVE')
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
    const files = join(directory, 'files')
    if (existsSync(files)) accessSync(files, constants.W_OK | constants.X_OK)
    const schema = database.pragma('user_version', { simple: true }) as number
    assertNotNewer(schema, readMigrations())
    return schema
  } catch (error) {
    throw new Error(`cannot open the database ${location}: ${causeOf(error)}`, { cause: error })
  } finally {
    database?.close()
  }
}

/** Brings a database to the newest schema. Returns the number of its last migration. */
function bringUpToDate(database: Database): number {
  // Of a new file. A lone create writes ten pages, and takes a twentieth more time if they have 4 KiB.
  database.pragma('page_size = 2048')
  database.pragma('locking_mode = EXCLUSIVE')
  const migrations = readMigrations()
  // Before anything that writes: a file that is newer or no database at all stays as it is.
  const position = database.pragma('user_version', { simple: true }) as number
  if (position <= migrations.length) database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  // In pages. Group commit empties the log long before; this bounds it to 60 MiB while one act writes all the time.
  database.pragma(`wal_autocheckpoint = ${longestLog / (database.pragma('page_size', { simple: true }) as number)}`)
  configure(database)
  migrate(database, migrations)
  shrink(database)
  return migrations.length
}

/** Sets what holds for a connection, in a file and in memory. */
function configure(database: Database): void {
  // What undoes a statement or a savepoint is kept here; as a temporary file it costs as much as the insert itself.
  database.pragma('temp_store = MEMORY')
  // Each commit goes through all pages that are kept: with the 16 MB of the driver it takes an eighth longer under load.
  database.pragma('cache_size = -4000')
  database.pragma('foreign_keys = ON')
}

function storeOf(database: Database, location: string, schema: number): Store {
  const opened = location === ':memory:' ? undefined : statSync(location)
  /** A file that was removed or replaced is written to for as long as it is open, and gone after that. */
  function problem(): string | undefined {
    if (opened === undefined) return undefined
    const found = statSync(location, { throwIfNoEntry: false })
    if (found?.ino === opened.ino && found.dev === opened.dev && (found.size > 0 || opened.size === 0)) return undefined
    return `its database ${location} was ${found === undefined ? 'removed' : 'replaced'} while it was open; start it again`
  }
  let acts = 0
  function onBegin(): void {
    acts++
    const found = problem()
    if (found !== undefined) throw notStored(found)
  }

  const statements = new Map<string, LateStatement<unknown>>()
  return {
    location,
    schema,
    commit: groupCommit(database, onBegin),
    act(act) {
      acts++
      return database.transaction(act).immediate()
    },
    prepare<Row>(sql: string) {
      let statement = statements.get(sql)
      if (statement === undefined) statement = new LateStatement(database, sql)
      else statements.delete(sql)
      statements.set(sql, statement)
      if (statements.size > keptStatements) statements.delete(statements.keys().next().value!)
      return statement as LateStatement<Row>
    },
    get inAct() {
      return database.inTransaction
    },
    get acts() {
      return acts
    },
    problem,
    close() {
      statements.clear()
      shrink(database)
      database.close()
    },
  }
}

/** Bytes of unused pages that are worth the work, and of the rest, which is copied for it: a second or so. */
const worthShrinking = { least: 2 ** 20, most: 2 ** 27 } as const

/** Gives unused pages back to the disk, if they are most of the file: those of worlds that were reset or dropped. */
function shrink(database: Database): void {
  const pragma = (name: string): number => database.pragma(name, { simple: true }) as number
  const unused = pragma('freelist_count')
  const used = pragma('page_count') - unused
  const size = pragma('page_size')
  if (database.memory || unused < used || unused * size < worthShrinking.least || used * size > worthShrinking.most)
    return
  try {
    database.exec('VACUUM')
    database.pragma('wal_checkpoint(TRUNCATE)')
  } catch {
    // There is no room for the copy, or the disk fails: then the file stays as large as it is.
  }
}

const explanations: Record<string, string> = {
  EACCES: 'the directory cannot be written to. Choose another --data directory, or use --in-memory',
  EPERM: 'the directory cannot be written to. Choose another --data directory, or use --in-memory',
  EROFS: 'the file system is read-only. Choose another --data directory, or use --in-memory',
  ENOTDIR: 'part of the path is a file, not a directory. Choose another --data directory',
  ENOENT: 'the directory cannot be made. Choose another --data directory, or use --in-memory',
  ENAMETOOLONG: 'the path is too long. Choose another --data directory',
  EEXIST: 'the path is a file, not a directory. Choose another --data directory',
  ENOSPC: 'the disk is full. Make room, or choose another --data directory',
  SQLITE_BUSY: 'another emulator is using it. Stop that one, or choose another --data directory',
  SQLITE_CANTOPEN: 'the file cannot be opened or made. Choose another --data directory, or use --in-memory',
  SQLITE_READONLY: 'the file cannot be written to. Choose another --data directory, or use --in-memory',
  SQLITE_NOTADB: 'the file is not an SQLite database. Move it away, or choose another --data directory',
  SQLITE_CORRUPT: 'the file is damaged. Move it away, or choose another --data directory',
  SQLITE_FULL: 'the disk is full. Make room, or choose another --data directory',
  // What a read-only file system answers to the exclusive lock.
  SQLITE_IOERR_LOCK: 'the file cannot be written to. Choose another --data directory, or use --in-memory',
  SQLITE_IOERR: 'the disk is full or failing. Choose another --data directory, or use --in-memory',
}

function causeOf(error: unknown): string {
  const code = (error as { code?: string }).code ?? ''
  const known = Object.keys(explanations).find((name) => code === name || code.startsWith(`${name}_`))
  if (known !== undefined) return `${explanations[known]} (${code})`
  return error instanceof Error ? error.message : String(error)
}
