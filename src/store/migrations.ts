import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { packageRoot } from '../base/package.ts'

export interface Migration {
  /** Position in the order, from 1, without gaps. */
  readonly number: number
  readonly file: string
  readonly sql: string
}

/** Reads `migrations/NNN-name.sql` in order. */
export function readMigrations(folder: string = join(packageRoot, 'migrations')): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => /^\d{3}-.+\.sql$/.test(file))
    .sort()
  return files.map((file, index) => {
    const number = Number(file.slice(0, 3))
    if (number !== index + 1) throw new Error(`migrations/${file}: expected number ${index + 1}`)
    return { number, file, sql: readFileSync(join(folder, file), 'utf8') }
  })
}

/**
 * Brings a database to the newest schema, all steps in one transaction: each for itself would be flushed to disk, which takes a
 * new file several milliseconds. The position is kept in `PRAGMA user_version`.
 *
 * @throws Error if the file was written by a newer emulator (nothing is touched) or a step fails (it is undone, those before stay)
 */
export function migrate(database: Database, migrations: readonly Migration[]): void {
  const position = database.pragma('user_version', { simple: true }) as number
  assertNotNewer(position, migrations)
  const due = migrations.slice(position)
  if (due.length === 0) return
  const failure = database.transaction(() => {
    for (const migration of due) {
      try {
        database.transaction(apply)(migration)
      } catch (error) {
        return new Error(`migration ${migration.file} failed and was undone: ${(error as Error).message}`, {
          cause: error,
        })
      }
    }
    return undefined
  })()
  if (failure !== undefined) throw failure

  function apply({ number, sql }: Migration): void {
    database.exec(sql)
    database.pragma(`user_version = ${number}`)
  }
}

/** @throws Error for the position of a newer emulator */
export function assertNotNewer(position: number, migrations: readonly Migration[]): void {
  if (position <= migrations.length) return
  throw new Error(
    `it was written by a newer bytenite-emulator (schema ${position}, this program knows up to ${migrations.length}); ` +
      'nothing was changed. Update the emulator or choose another --data directory',
  )
}
