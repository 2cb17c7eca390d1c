import { failedPrecondition, show } from '../base/errors.ts'
import type { BlockKind } from '../domain/blocks/manifest.ts'
import { type BlockRegistry, findBlock } from '../domain/runs/block.ts'
import { builtInTemplates } from '../domain/templates/built-in.ts'
import { parseTag, resolveTag } from '../domain/templates/tags.ts'
import type { Template } from '../domain/templates/template.ts'
import type { BlockRecord, BlockStore } from '../store/blocks.ts'

type Components = Pick<Template, 'app' | 'partitioner' | 'assembler'>

const kinds = { partitioner: 'engine', app: 'app', assembler: 'engine' } as const satisfies Record<
  keyof Components,
  BlockKind
>

const tagOf = ({ name, major, minor }: BlockRecord): string => `${name}@${major}.${minor}`

/** Names of blocks that the built-in templates use: the emulator plays them, so nobody needs to push them. */
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

/** A template as answers show it beside a job: with whole tags where its components are blocks that were pushed. */
export function withResolvedTags(rows: BlockStore, world: number, template: Template): Template {
  if (!rows.hasAny(world)) return template
  const resolve = (component: keyof Components): string =>
    activeTag(rows, world, kinds[component], template[component]) ?? template[component]
  return { ...template, partitioner: resolve('partitioner'), app: resolve('app'), assembler: resolve('assembler') }
}

/**
 * Checks that a job can use the components of its template. Only in a world to which blocks were pushed: elsewhere a template
 * names what nobody has, and its jobs are played.
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
    if (findBlock(local, component, tag) !== undefined) continue
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
