import { gunzipSync } from 'node:zlib'
import type { ApiError } from '../../base/errors.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { type Manifest, readManifest } from './manifest.ts'

/** Files of a block at most (chosen). */
const maxFiles = 1000
/** Bytes of a block at most, unpacked (chosen). */
const maxUnpacked = 64 * 1024 * 1024

/** A block as it was packed: its manifest, its files by their paths below its folder, and the template beside them. */
export interface PackedBlock {
  readonly manifest: Manifest
  readonly files: ReadonlyMap<string, Uint8Array>
  /** The text of `template.json`, if there is one. */
  readonly template: string | undefined
}

const refuse = (problem: string): ApiError => invalidArgument(`data: ${problem}`, 'block-form')

/**
 * Unpacks a block: a tar, as it is or through gzip, of a folder with `manifest.json` and `app/`. Names may begin with the
 * folder's, with `./` or with neither. Nothing is written to disk.
 *
 * @throws ApiError 400, code 3, if it is not such an archive, and for links, devices, names that lead outside, names that stand
 *   twice, more than 1,000 files or 64 MiB
 */
export async function unpackBlock(bytes: Uint8Array): Promise<PackedBlock> {
  const { unpackTar } = await import('modern-tar')
  const tar = plain(bytes)
  if (tar.length < 512 || tar.length % 512 !== 0)
    throw refuse('expected a tar archive, whose size is a multiple of 512')
  let entries: Awaited<ReturnType<typeof unpackTar>>
  let count = 0
  let problem: ApiError | undefined
  const check = ({ name, type = 'file' }: { readonly name: string; readonly type?: string }): boolean => {
    if (type === 'pax-global-header') return false
    count++
    problem ??=
      count > maxFiles
        ? refuse(`more than ${maxFiles} files`)
        : type !== 'file' && type !== 'directory'
          ? refuse(`${show(name)} is a ${type}; expected files and folders`)
          : isSafe(name)
            ? undefined
            : refuse(`${show(name)} leads outside of the block; expected paths below its folder`)
    return problem === undefined && type === 'file'
  }
  try {
    entries = await unpackTar(tar, { strict: true, filter: check })
  } catch (error) {
    throw problem ?? refuse(`no tar archive that can be read: ${(error as Error).message.slice(0, 200)}`)
  }
  if (problem !== undefined) throw problem

  const paths = entries.map(({ header }) => header.name.replace(/^(\.\/)+/, ''))
  const root = rootOf(paths)
  const files = new Map<string, Uint8Array>()
  for (const [index, { data }] of entries.entries()) {
    const path = paths[index]!
    if (!path.startsWith(root)) continue
    const name = path.slice(root.length)
    if (files.has(name)) throw refuse(`${show(name)} stands twice`)
    files.set(name, data ?? new Uint8Array())
  }
  const manifest = readManifest(new TextDecoder().decode(files.get('manifest.json')))
  if (!files.has(`app/${manifest.entrypoint}`)) {
    throw refuse(`app/${manifest.entrypoint.slice(0, 100)} is missing, which manifest.json names as the entrypoint`)
  }
  const template = files.get('template.json')
  return { manifest, files, template: template === undefined ? undefined : new TextDecoder().decode(template) }
}

/** Unpacks gzip, which its first bytes tell. */
function plain(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpacked })
  } catch (error) {
    const isLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    throw refuse(isLarge ? `more than ${maxUnpacked / 1024 / 1024} MiB unpacked` : 'gzip that is damaged')
  }
}

const isSafe = (name: string): boolean =>
  name !== '' &&
  name.length <= 1000 &&
  !name.startsWith('/') &&
  !/[\\\0]|^[A-Za-z]:/.test(name) &&
  !name.split('/').includes('..')

/** The folder of the manifest: that of the block, or none. */
function rootOf(paths: readonly string[]): string {
  if (paths.includes('manifest.json')) return ''
  const nested = paths.filter((path) => /^[^/]+\/manifest\.json$/.test(path))
  if (nested.length !== 1) throw refuse('no manifest.json at the root of the block')
  return nested[0]!.slice(0, -'manifest.json'.length)
}
