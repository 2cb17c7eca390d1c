import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { entriesOf } from './folders.ts'

// The emulator numbers the folders that it makes. What others put beside them is left alone, whatever it is.
const isNumber = (name: string): boolean => /^\d+$/.test(name)

/** The names of a folder's entries that the emulator made; none if it is missing. */
export async function* numberedIn(folder: string): AsyncGenerator<string> {
  for await (const name of entriesOf(folder)) if (isNumber(name)) yield name
}

/** Removes what the emulator made in a folder. */
export function removeNumbered(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder).filter(isNumber)) rmSync(join(folder, name), { recursive: true, force: true })
}
