import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Tells if a folder is that of this package, and not of one that took its code into a bundle. */
function isPackage(folder: string): boolean {
  const file = join(folder, 'package.json')
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'bytenite-emulator'
}

/** Folder of the package: the nearest one above this file that has a package.json. Sources and bundle lie at different depths. */
export const packageRoot = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!isPackage(folder)) {
    if (dirname(folder) === folder) {
      throw new Error('the files of bytenite-emulator are not there: a bundler must leave the package out (external)')
    }
    folder = dirname(folder)
  }
  return folder
})()

/** The version in package.json. */
export const version = (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string })
  .version
