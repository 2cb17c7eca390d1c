import type { Database, RunResult, Statement } from 'better-sqlite3'

/**
 * A statement of SQL that is compiled when it is first used: an emulator has more than a hundred, and most tests use few.
 * Its methods are those of the driver's statement.
 */
export class LateStatement<Row> {
  readonly #database: Database
  readonly #sql: string
  #compiled: Statement<unknown[], Row> | undefined
  #isRaw = false

  constructor(database: Database, sql: string) {
    this.#database = database
    this.#sql = sql
  }

  /** Makes rows arrays. */
  raw(): this {
    this.#isRaw = true
    this.#compiled?.raw()
    return this
  }

  run(...values: unknown[]): RunResult {
    return (this.#compiled ?? this.#compile()).run(...values)
  }

  get(...values: unknown[]): Row | undefined {
    return (this.#compiled ?? this.#compile()).get(...values)
  }

  all(...values: unknown[]): Row[] {
    return (this.#compiled ?? this.#compile()).all(...values)
  }

  iterate(...values: unknown[]): IterableIterator<Row> {
    return (this.#compiled ?? this.#compile()).iterate(...values)
  }

  #compile(): Statement<unknown[], Row> {
    const compiled = this.#database.prepare<unknown[], Row>(this.#sql)
    this.#compiled = this.#isRaw ? compiled.raw() : compiled
    // From now on it is called directly.
    Object.assign(this, {
      run: compiled.run.bind(compiled),
      get: compiled.get.bind(compiled),
      all: compiled.all.bind(compiled),
      iterate: compiled.iterate.bind(compiled),
    })
    return compiled
  }
}
