import { failedPrecondition, show } from '../base/errors.ts'
import type { BlockKind } from '../domain/blocks/manifest.ts'
import { type Block, blockOf, type BlockRegistry, findBlock } from '../domain/runs/block.ts'
import { builtInTemplates } from '../domain/templates/built-in.ts'
import { parseTag, resolveTag, tagOf } from '../domain/templates/tags.ts'
import type { Template } from '../domain/templates/template.ts'
import type { BlockRecord, BlockStore } from '../store/blocks.ts'

type Components = Pick<Template, 'app' | 'partitioner' | 'assembler'>

const kinds = { partitioner: 'engine', app: 'app', assembler: 'engine' } as const satisfies Record<
  keyof Components,
  BlockKind
>

/** Names of blocks that the built-in templates use: the emulator plays them, so they need not be pushed. */
const builtIn: ReadonlySet<string> = new Set(
  [...builtInTemplates.values()].flatMap(({ app, partitioner, assembler }) =>
    [app, partitioner, assembler].map((tag) => parseTag(tag)?.name ?? ''),
  ),
)

/** The tag of the block that jobs of a world use, if it is one that was pushed: the highest version that is active. */
function activeTag(rows: BlockStore, world: number, kind: BlockKind, tag: string): string | undefined {
  return resolveTag(
    tag,
    rows
      .list(world, kind)
      .filter(({ active }) => active)
      .map(tagOf),
  )
}

/**
 * The blocks that jobs of a world can run: those of `--apps`, and the active ones that were pushed with a private key. Of two
 * with one tag it is the pushed one.
 */
export function runnableBlocks(rows: BlockStore, local: BlockRegistry, world: number): readonly Block[] {
  const pushed = (['app', 'engine'] as const)
    .flatMap((kind) => rows.list(world, kind))
    .filter(({ active, mayRun = false }) => active && mayRun)
    .flatMap(toRunnable)
  const isOverridden = ({ kind, tag }: Block) => pushed.some((other) => other.kind === kind && other.tag === tag)
  return [...pushed, ...local.blocks.filter((block) => !isOverridden(block))]
}

/** An engine that does not say which stage it is for will do for both. */
function toRunnable(record: BlockRecord): Block[] {
  const { id, kind, type } = record
  const stages = (['partitioner', 'assembler'] as const).filter((stage) => type === '' || type === stage)
  const parts = kind === 'app' ? (['app'] as const) : stages
  return parts.map((part) => blockOf(part, record, { pushed: id }))
}

/** A template as answers show it with a job: with whole tags if its components are blocks that were pushed. */
export function withResolvedTags(rows: BlockStore, world: number, template: Template): Template {
  if (!rows.hasAny(world)) return template
  const resolve = (component: keyof Components): string =>
    activeTag(rows, world, kinds[component], template[component]) ?? template[component]
  return { ...template, partitioner: resolve('partitioner'), app: resolve('app'), assembler: resolve('assembler') }
}

/**
 * Checks that a job can use the components of its template. Only in a world to which blocks were pushed: elsewhere a template
 * names blocks that do not exist, and its jobs are played.
 *
 * @param local blocks of `--apps`, which are always active
 * @throws ApiError 400, code 9 (chosen), for a block that is inactive or unknown
 */
export function assertUsable(
  rows: BlockStore,
  local: BlockRegistry,
  world: number,
  template: Template | undefined,
): void {
  if (template === undefined || !rows.hasAny(world)) return
  for (const [component, kind] of Object.entries(kinds) as [keyof Components, BlockKind][]) {
    const tag = template[component]
    if (findBlock(local.blocks, component, tag) !== undefined) continue
    if (tag === '' || activeTag(rows, world, kind, tag) !== undefined) continue
    const there = resolveTag(tag, rows.list(world, kind).map(tagOf))
    if (there !== undefined) {
      throw failedPrecondition(
        `${component} ${show(there)} is inactive: POST /v1/dev/${kind}s/${there}/activate lets jobs use it`,
        'block-not-active',
      )
    }
    if (!builtIn.has(parseTag(tag)?.name ?? '')) {
      throw failedPrecondition(
        `${component} ${show(tag)} of template ${show(template.id)} does not exist: push it with POST /v1/dev/${kind}s, then activate it`,
        'block-not-active',
      )
    }
  }
}
