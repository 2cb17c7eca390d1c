import { failedPrecondition, show } from '../../base/errors.ts'
import { type Manifest, readManifest } from '../blocks/manifest.ts'
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

/** The tag of a stage without code. */
export const passthrough = 'passthrough'

/** The blocks and templates that are there in every world. */
export interface BlockRegistry {
  /** Reads the files again, if they changed. */
  refresh(): void
  readonly blocks: readonly Block[]
  readonly templates: ReadonlyMap<string, Template>
  /** Sentences on files that could not be used. */
  readonly problems: readonly string[]
}

/** Longest manifest, in bytes; real ones have a few hundred. */
export const longestManifest = 64 * 1024

/**
 * Reads the manifest of a block in a folder.
 *
 * @param folder where it lies
 * @throws Error that says which field is wrong, with its value
 */
export function readBlock(text: string, folder: string): Block {
  const manifest = readManifest(text)
  const { type, entrypoint } = manifest
  if (!isInside(entrypoint)) {
    throw new Error(`entrypoint ${show(entrypoint)}: expected the name of a file inside app/`)
  }
  const kind = type === '' ? 'app' : kinds.find((known) => known === type)
  if (kind === undefined) throw new Error(`type ${show(type)}: expected app, partitioner or assembler`)
  return blockOf(kind, manifest, { folder })
}

const kinds = ['app', 'partitioner', 'assembler'] as const satisfies readonly BlockKind[]

/** A block, as its manifest describes it. A missing need counts as one, so that no task is free by omission (chosen). */
export function blockOf(kind: BlockKind, manifest: Manifest, code: Block['code']): Block {
  const { name, major, minor, entrypoint, platformConfig, deviceRequirements } = manifest
  return {
    kind,
    tag: `${name}@${major}.${minor}`,
    code,
    entrypoint,
    secrets: platformConfig.secrets,
    image: platformConfig.container,
    minCpu: deviceRequirements.minCpu || 1,
    minMemory: deviceRequirements.minMemory || 1,
  }
}

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
  for (const kind of kinds) {
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
