import { failedPrecondition, show } from '../../base/errors.ts'
import { isObject } from '../../base/objects.ts'
import type { RunBlocks } from '../jobs/pace.ts'
import { parseTag, resolveTag } from '../templates/tags.ts'
import type { Template } from '../templates/template.ts'

/** The part that a building block plays in a job. */
export type BlockKind = 'app' | 'assembler' | 'partitioner'

/** A building block that can be run: the code in a folder, and what its manifest says of it. */
export interface Block {
  readonly kind: BlockKind
  /** `name@major.minor` */
  readonly tag: string
  /** The folder that holds `manifest.json` and `app/`, or the id of a block that was pushed. */
  readonly code: { readonly folder: string } | { readonly pushed: string }
  /** File inside `app/` that is started. */
  readonly entrypoint: string
  /** Ids of the secrets that it reads. */
  readonly secrets: readonly string[]
  /** The container image that it names; it is not used. */
  readonly image: string
  /** Cores. */
  readonly minCpu: number
  /** GiB. */
  readonly minMemory: number
}

/** The stage of a job that has no code of its own. */
export const passthrough = 'passthrough'

/** The blocks and templates that are there in every world. */
export interface BlockRegistry {
  /** Looks at the files again, where they changed. */
  refresh(): void
  readonly blocks: readonly Block[]
  readonly templates: ReadonlyMap<string, Template>
  /** Sentences on files that could not be used. */
  readonly problems: readonly string[]
}

/** Longest manifest, in bytes; real ones have a few hundred. */
export const longestManifest = 64 * 1024

/**
 * Reads a block's manifest: keys in any case, in snake case or camel case, as the vendor's tools wrote both (documented).
 *
 * @param folder where it lies
 * @throws Error that says which field is wrong, with its value
 */
export function readBlock(manifest: unknown, folder: string): Block {
  if (!isObject(manifest)) throw new Error('expected an object')
  const fields = keysOf(manifest)
  const config = keysOf(fields.get('platformconfig'))
  const needs = keysOf(fields.get('devicerequirements'))
  const [name, version] = [fields.get('name'), fields.get('version')]
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) {
    throw new Error(`name ${show(name)}: expected 1 to 64 letters, digits, "-" or "_"`)
  }
  if (typeof version !== 'string' || !/^\d{1,6}\.\d{1,6}$/.test(version)) {
    throw new Error(`version ${show(version)}: expected major.minor, such as "0.1"`)
  }
  const entrypoint = fields.get('entrypoint') ?? 'main.py'
  if (typeof entrypoint !== 'string' || !isInside(entrypoint)) {
    throw new Error(`entrypoint ${show(entrypoint)}: expected the name of a file inside app/`)
  }
  const kind = fields.get('type') ?? 'app'
  if (kind !== 'app' && kind !== 'partitioner' && kind !== 'assembler') {
    throw new Error(`type ${show(kind)}: expected app, partitioner or assembler`)
  }
  const image = config.get('container')
  const secrets = config.get('secrets') ?? []
  if (!Array.isArray(secrets) || secrets.some((id) => typeof id !== 'string')) {
    throw new Error(`platform_config.secrets ${show(secrets)}: expected a list of ids of secrets`)
  }
  return {
    kind,
    tag: `${name}@${version}`,
    code: { folder },
    entrypoint,
    secrets: secrets as string[],
    image: typeof image === 'string' ? image : '',
    minCpu: amount(needs.get('mincpu')),
    minMemory: amount(needs.get('minmemory')),
  }
}

const keysOf = (value: unknown): Map<string, unknown> =>
  new Map(
    isObject(value) ? Object.entries(value).map(([key, field]) => [key.toLowerCase().replaceAll('_', ''), field]) : [],
  )

/** One where nothing is told, so that a task is never free by an omission (chosen). */
const amount = (value: unknown): number => (typeof value === 'number' && value > 0 && value < 1e6 ? value : 1)

const isInside = (path: string): boolean =>
  path.length <= 255 &&
  !/[\\\x00-\x1f\x7f]/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

/** The block that a tag means, or undefined. */
export function findBlock(blocks: readonly Block[], kind: BlockKind, tag: string): Block | undefined {
  const found = blocks.filter((block) => block.kind === kind)
  const resolved = resolveTag(
    tag,
    found.map((block) => block.tag),
  )
  return found.find((block) => block.tag === resolved)
}

/**
 * The blocks that a template's jobs run.
 *
 * @param isBuiltIn the template is one of the emulator's own, whose blocks need not be there
 * @param blocks those that the world can run
 * @param place says where they were looked for
 * @returns the reason in words if its jobs are played
 * @throws ApiError 400/9 that names the block which is missing
 */
export function runBlocksOf(
  template: Template | undefined,
  isBuiltIn: boolean,
  blocks: readonly Block[],
  place: string,
): RunBlocks | string {
  if (template === undefined) return 'its template is gone'
  if (template.app === '') return `template ${template.id} names no app`
  const tags = { app: '', partitioner: '', assembler: '' }
  for (const kind of ['app', 'partitioner', 'assembler'] as const) {
    const tag = template[kind]
    if (kind !== 'app' && (tag === '' || parseTag(tag)?.name === passthrough)) {
      tags[kind] = passthrough
      continue
    }
    const block = findBlock(blocks, kind, tag)
    if (block !== undefined) tags[kind] = block.tag
    else if (isBuiltIn) return `its ${kind} ${tag} is ${place}`
    else {
      const known = blocks.filter((other) => other.kind === kind).map((other) => other.tag)
      throw failedPrecondition(
        `template ${template.id}: ${kind} ${show(tag)} is ${place}` +
          ` (there: ${known.slice(0, 10).join(', ') || 'none'}): add it, or start the emulator without --run-apps`,
        'block-missing',
      )
    }
  }
  return tags
}
