import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it that are missing; does nothing if it is there. Node.js has an option for it, which tries for
 * ever if the system says that there is no place for a folder although the one above is there, as in `/proc` or in a current
 * folder that was removed.
 *
 * @param mode for all that are made
 * @throws Error of the system that says why the folder cannot be made
 */
export function makeFolder(path: string, mode = 0o777): void {
  const problem = attempt(path, mode)
  if (problem === undefined) return
  const above = dirname(path)
  if ((problem as { code?: string }).code !== 'ENOENT' || above === path) throw problem
  makeFolder(above, mode)
  const last = attempt(path, mode)
  if (last !== undefined) throw last
}

/** Makes one folder. Returns the error if it is not there afterwards. */
function attempt(path: string, mode: number): Error | undefined {
  try {
    mkdirSync(path, { mode })
    return undefined
  } catch (error) {
    return isFolder(path) ? undefined : (error as Error)
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
