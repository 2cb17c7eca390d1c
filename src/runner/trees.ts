import { copyFile, lstat, mkdir, opendir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { resultNameProblem } from '../domain/results/file-names.ts'

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
 * The files below a folder. Links are not followed.
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
      if (entry.isDirectory()) await visit(join(folder, entry.name), `${name}/`)
      else if (!entry.isFile() || resultNameProblem(name) !== undefined) others.push(name)
      else {
        const { size } = await lstat(join(folder, entry.name))
        bytes += size
        if (bytes > bounds.bytes) throw new TreeError(`${what} holds more than ${bounds.bytes / 1024 ** 2} MiB`)
        files.push({ name, size })
      }
    }
  }
  await visit(root, '')
  return { files: files.sort((a, b) => (a.name < b.name ? -1 : 1)), others }
}

/** Bounds of a block's code: those of a pushed one. */
const codeBounds = { files: 1000, bytes: 64 * 1024 ** 2 } as const

/** Copies a block's code, so that a job runs one state of it from beginning to end. @throws TreeError */
export async function copyCode(from: string, to: string): Promise<void> {
  const { files } = await readTree(from, from, codeBounds)
  await mkdir(to, { recursive: true })
  for (const { name } of files) {
    const target = join(to, name)
    await mkdir(dirname(target), { recursive: true })
    await copyFile(join(from, name), target)
  }
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
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, bytes)
  }
}

/** Tells if something is there. */
export const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
