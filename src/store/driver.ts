import { createRequire } from 'node:module'
import type Sqlite from 'better-sqlite3'

/** The constructor that `better-sqlite3` exports. */
export type Driver = typeof Sqlite

/** Versions of Node.js are compared as major and minor numbers. */
const nodeVersion = process.versions.node.split('.').map(Number) as [number, number, number]

const atLeast = (major: number, minor: number): boolean =>
  nodeVersion[0] > major || (nodeVersion[0] === major && nodeVersion[1] >= minor)

/**
 * Loads better-sqlite3 in the build that suits this Node.js.
 *
 * Version 13 is a Node-API module and crashes before Node 22.14; version 12, built from source, aborts from Node 24.19 on.
 * So both are installed where they can be, 13 under the name `better-sqlite3-napi`, and one of them is picked here.
 *
 * @throws Error that says in a sentence what is missing and what to do
 */
export function loadDriver(): { readonly Driver: Driver; readonly name: string } {
  const require = createRequire(import.meta.url)
  const candidates = [
    ...(atLeast(22, 14) ? ['better-sqlite3-napi'] : []),
    ...(atLeast(24, 19) ? [] : ['better-sqlite3']),
  ]
  const problems: string[] = []
  for (const name of candidates) {
    try {
      const Driver = require(name) as Driver
      // The native part is loaded by the first database, not by require().
      new Driver(':memory:').close()
      return { Driver, name }
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
    }
  }
  throw new Error(
    `no SQLite driver for Node.js ${process.versions.node} (${problems.join('; ')}). ` +
      'Use Node.js 22.14 or later, or install python3, make and g++ and run npm ci again.',
  )
}
