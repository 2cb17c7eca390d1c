import { execFile } from 'node:child_process'
import { copyFile, lstat, opendir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { makeFolder } from '../base/folders.ts'
import { resultNameProblem } from '../domain/results/file-names.ts'

const execute = promisify(execFile)

/** A sentence about a tree that is too large. */
export class TreeError extends Error {
  override readonly name = 'TreeError'
}

/** A file in a tree. */
export interface TreeFile {
  /** From the root of the tree, divided by `/`. */
  readonly name: string
  /** Bytes. */
  readonly size: number
}

export interface Tree {
  /** By name. */
  readonly files: readonly TreeFile[]
  /** Names of entries that are not plain files, such as links and devices, or that a link could not have. */
  readonly others: readonly string[]
}

/**
 * The files below a folder. Links in it are not followed; see `isFolder` if it can be one itself.
 *
 * @param what names the folder in errors
 * @throws TreeError if there are more files or bytes than the bounds say
 */
export async function readTree(
  root: string,
  what: string,
  bounds: { readonly files: number; readonly bytes: number },
): Promise<Tree> {
  const files: TreeFile[] = []
  const others: string[] = []
  let [entries, bytes] = [0, 0]
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for await (const entry of await opendir(folder)) {
      const name = `${prefix}${entry.name}`
      // Folders count, too: a million empty ones take as long.
      if (++entries > bounds.files) throw new TreeError(`${what} holds more than ${bounds.files} files`)
      // A name that is not UTF-8 is not found by what was read of it, nor is a path found that is too long.
      const found = await lstat(join(folder, entry.name)).catch(() => undefined)
      if (found?.isDirectory() === true) await visit(join(folder, entry.name), `${name}/`)
      else if (found?.isFile() !== true || resultNameProblem(name) !== undefined) others.push(name)
      else {
        bytes += found.size
        if (bytes > bounds.bytes) throw new TreeError(`${what} holds more than ${bounds.bytes / 1024 ** 2} MiB`)
        files.push({ name, size: found.size })
      }
    }
  }
  await visit(root, '')
  return { files: files.sort((a, b) => (a.name < b.name ? -1 : 1)), others }
}

/** Bounds of a block's code: those of a pushed one. */
const codeBounds = { files: 1000, bytes: 64 * 1024 ** 2 } as const

/**
 * Copies a block's code, so that a job runs one state of it from beginning to end.
 *
 * @returns names of what was left out, such as links
 * @throws TreeError
 */
export async function copyCode(from: string, to: string): Promise<readonly string[]> {
  const { files, others } = await readTree(from, from, codeBounds)
  makeFolder(to)
  for (const { name } of files) {
    const target = join(to, name)
    makeFolder(dirname(target))
    await copyFile(join(from, name), target)
  }
  return others
}

/**
 * Writes the code of a block that was pushed.
 *
 * @param files by their paths below the block's folder, none of which leads out of it
 */
export async function writeCode(files: ReadonlyMap<string, Uint8Array>, to: string): Promise<void> {
  for (const [name, bytes] of files) {
    if (!name.startsWith('app/')) continue
    const target = join(to, name.slice('app/'.length))
    makeFolder(dirname(target))
    await writeFile(target, bytes)
  }
}

/** Removes a folder, whatever blocks left in it. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    // A path that is too long for Node.js, which names each file from the root, or a folder that may not be entered.
    await execute('chmod', ['-R', 'u+rwX', '--', path])
    await execute('rm', ['-rf', '--', path])
  }
}

/** Tells if a folder is there itself, rather than a link to one. */
export const isFolder = async (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** Tells if something is there. */
export const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
