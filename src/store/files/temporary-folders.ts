import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Folders that are removed when the process ends, even if their emulator was not closed. */
const temporary = new Set<string>()

/** Makes a folder for the files of an emulator without a data directory. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bytenite-emulator-'))
  if (temporary.size === 0) process.on('exit', removeAllTemporary)
  temporary.add(folder)
  return folder
}

export function removeTemporary(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  temporary.delete(folder)
  if (temporary.size === 0) process.off('exit', removeAllTemporary)
}

function removeAllTemporary(): void {
  for (const folder of temporary) removeTemporary(folder)
}
