import { invalidArgument, show } from './errors.ts'

/**
 * Names of worlds, in keys and in the control API. `.` and `..` are steps in the paths of the control API, so no client could name
 * such a world there. A program without types may pass undefined, which is not the world of that name.
 */
export const isWorldName = (name: string): boolean =>
  typeof name === 'string' && /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/.test(name)

/** The names that there are, in words that follow on "expected". */
export const worldNameForm = '1 to 64 of letters, digits, ".", "_" and "-", and not "." or ".." alone'

/**
 * A world's name out of a path.
 *
 * @throws ApiError 400 that says what a name looks like
 */
export function checkedWorldName(name: string): string {
  if (isWorldName(name)) return name
  throw invalidArgument(`world ${show(name)}: expected ${worldNameForm}`)
}

/** The world that exists without being asked for. */
export const defaultWorld = 'default'
