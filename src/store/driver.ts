import { createRequire } from 'node:module'
import type Sqlite from 'better-sqlite3'
import { noDriver, type Surroundings } from './driver-problems.ts'

/** The constructor that `better-sqlite3` exports. */
type Driver = typeof Sqlite

/** Where drivers are looked for. */
export interface DriverSource extends Surroundings {
  readonly load: (path: string) => unknown
}

/** A driver and the package that it comes from. */
interface LoadedDriver {
  readonly Driver: Driver
  readonly name: string
}

/** Packages that the driver may come from, the better one first. */
const packages = ['better-sqlite3-napi', 'better-sqlite3']

/**
 * Loads better-sqlite3 in the version that suits this Node.js.
 *
 * Version 13 is a Node-API module and crashes before Node 22.14; version 12, built from source, aborts from Node 24.19 on. So 13
 * comes with the package under the name `better-sqlite3-napi`, is left out by installs for an older Node.js, and 12 is asked for
 * there by its own name.
 *
 * @throws Error that says in a sentence what is missing and what to do
 */
export function loadDriver(source?: DriverSource): LoadedDriver {
  return source === undefined ? (loaded ??= findDriver(here())) : findDriver(source)
}

/** The driver that this process found. */
let loaded: LoadedDriver | undefined

function findDriver(source: DriverSource): LoadedDriver {
  const [major = 0, minor = 0] = source.node.split('.').map(Number)
  const isAtLeast = (wanted: number, from: number): boolean => major > wanted || (major === wanted && minor >= from)
  const suits = (version: number): boolean => (version === 12 ? !isAtLeast(24, 19) : version > 12 && isAtLeast(22, 14))

  const problems = new Map<string, unknown>()
  for (const name of packages) {
    try {
      const { version } = source.load(`${name}/package.json`) as { version: string }
      // Asked before it is loaded, as what does not suit does not fail but crashes.
      if (!suits(Number.parseInt(version))) throw new Error(`version ${version} does not run on this Node.js`)
      const Driver = source.load(name) as Driver
      // The native part is loaded by the first database, not by require().
      new Driver(':memory:').close()
      return { Driver, name }
    } catch (error) {
      problems.set(name, error)
    }
  }
  throw new Error(noDriver(source, isAtLeast(22, 14) ? 'better-sqlite3-napi' : 'better-sqlite3', problems))
}

function here(): DriverSource {
  const { platform, arch, versions, report } = process
  return {
    node: versions.node,
    platform,
    arch,
    isMusl: () => {
      if (platform !== 'linux') return false
      const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } }
      return header.glibcVersionRuntime === undefined
    },
    load: createRequire(import.meta.url),
  }
}
