import type { Test } from 'tap'
import { loadDriver } from '../../src/store/driver.ts'

export const { Driver } = loadDriver()

/** An empty database in memory, closed at the end of the test; `verbose` hears of each statement. */
export const memory = (t: Test, verbose?: (sql: unknown) => void) => {
  const database = new Driver(':memory:', verbose === undefined ? {} : { verbose })
  t.teardown(() => database.close())
  return database
}
