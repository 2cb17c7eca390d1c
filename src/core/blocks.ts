import { createHash } from 'node:crypto'
import type { BlocksQuery } from '../../schemas/blocks.ts'
import { JobTemplateInput } from '../../schemas/templates.ts'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import type { PaginationResponse } from '../../schemas/pagination.ts'
import { ApiError, invalidArgument, notFound, permissionDenied, show } from '../base/errors.ts'
import { type Ids, normaliseId } from '../base/ids.ts'
import { unpackBlock } from '../domain/blocks/archive.ts'
import type { BlockKind } from '../domain/blocks/manifest.ts'
import { resolveTag, tagOf } from '../domain/templates/tags.ts'
import type { BlockRecord } from '../store/blocks.ts'
import type { Commit } from '../store/commit.ts'
import { compileDecoder } from '../wire/decode.ts'
import { paginationOf, parseOrder, sliceOf } from '../wire/paging.ts'
import type { Template } from '../domain/templates/template.ts'
import { withResolvedTags } from './block-use.ts'
import type { Caller } from './caller.ts'
import type { Clocks } from './clocks.ts'
import type { Templates } from './templates.ts'
import type { Rows } from '../store/rows.ts'

/** Apps and engines, as accounts push and read them. Each version is a separate record. */
export interface Blocks {
  /**
   * Takes a block; a version that is there already is overwritten, and stays as active as it was. A `template.json` in it is
   * saved with it.
   *
   * @param bytes a tar, as it is or through gzip
   * @throws ApiError 400 if it is not a block, 403 if the version belongs to another account
   */
  push(caller: Caller, kind: BlockKind, bytes: Buffer): Promise<BlockRecord>
  list(caller: Caller, kind: BlockKind, query: BlocksQuery): { blocks: BlockRecord[]; pagination: PaginationResponse }
  /** The block by id, or by tag: the highest version that fits. @throws ApiError 404, 403 */
  get(caller: Caller, kind: BlockKind, tag: string): BlockRecord
  setActive(caller: Caller, kind: BlockKind, tag: string, active: boolean): Promise<BlockRecord>
  /** A template with the whole tags of those of its components that were pushed. */
  resolved(world: number, template: Template): Template
  /** The bytes that were pushed, for holders of a signed link. @throws ApiError 404 */
  archive(world: number, id: string): Buffer
}

/** The parts of the emulator that blocks need. */
export interface BlockSurroundings {
  readonly commit: Commit
  readonly rows: Pick<Rows, 'blocks'>
  readonly templates: Templates
  readonly now: Clocks['now']
  readonly ids: Ids
  /** True if only holders of private keys may push and activate, because pushed code is run. */
  readonly guarded: boolean
}

/** Bytes of a block at most, as it is pushed: those of a gRPC message. */
const maxBytes = 4 * 1024 * 1024

/** The fields that a list of apps or engines can be ordered by. */
export const blockOrderFields = ['name', 'createdAt', 'updatedAt'] as const

const readTemplate = compileDecoder(JobTemplateInput, dataSourceTypes)

export function createBlocks({
  commit,
  rows: { blocks: rows },
  templates,
  now,
  ids,
  guarded,
}: BlockSurroundings): Blocks {
  function assertTrusted({ hasPrivateKey }: Caller, does: string): void {
    if (!guarded || hasPrivateKey) return
    throw permissionDenied(
      `--run-apps process,pushed runs what is pushed, so only keys of --api-key may ${does} blocks: start the emulator with ` +
        '--api-key <KEY>=<WORLD>, and call with that key',
      'private-key-needed',
    )
  }

  function get({ world, account }: Caller, kind: BlockKind, tag: string): BlockRecord {
    const all = rows.list(world.key, kind)
    const byTag = new Map(all.map((block) => [tagOf(block), block]))
    const block = all.find(({ id }) => id === normaliseId(tag)) ?? byTag.get(resolveTag(tag, byTag.keys()) ?? '')
    if (block === undefined) throw notFound(`${kind} ${show(tag)} does not exist; push it first`, 'unknown-block')
    if (block.account !== account) {
      throw permissionDenied(`${kind} ${show(tag)} belongs to another account`, 'another-account')
    }
    return block
  }

  return {
    async push(caller, kind, bytes) {
      assertTrusted(caller, 'push')
      if (bytes.length === 0) throw invalidArgument('data: expected a tar archive in base64, got nothing', 'block-form')
      if (bytes.length > maxBytes) {
        throw new ApiError('bodyTooLarge', `grpc: received message larger than max (${bytes.length} vs. ${maxBytes})`)
      }
      const { manifest, template } = await unpackBlock(bytes)
      const wanted = template === undefined ? undefined : templateOf(template)
      const { world, account } = caller
      return commit(() => {
        const at = now(world)
        const same = rows.list(world.key, kind).find((block) => tagOf(block) === tagOf(manifest))
        if (same !== undefined && same.account !== account) {
          throw permissionDenied(`${kind} ${tagOf(manifest)} belongs to another account`, 'another-account')
        }
        const block: BlockRecord = {
          ...manifest,
          id: same?.id ?? ids.uuid(),
          kind,
          account,
          active: same?.active ?? false,
          revision: same === undefined ? 0 : same.revision + 1,
          createdAt: same?.createdAt ?? at,
          updatedAt: at,
          hash: createHash('sha256').update(bytes).digest('base64'),
          ...(caller.hasPrivateKey ? { mayRun: true } : undefined),
        }
        rows.save(world.key, block, bytes)
        if (wanted !== undefined) templates.saveInAct({ world, account }, wanted)
        return block
      })
    },

    list({ world, account }, kind, query) {
      const slice = sliceOf(query)
      const all = query.isPublic === true ? [] : rows.list(world.key, kind).filter((block) => block.account === account)
      if ((query.orderBy ?? '').trim() !== '') {
        const { field, descending } = parseOrder(query.orderBy!, blockOrderFields)
        const sign = descending ? -1 : 1
        all.sort((a, b) => (a[field] < b[field] ? -sign : a[field] > b[field] ? sign : 0))
      }
      return {
        blocks: all.slice(slice.offset, slice.offset + slice.limit),
        pagination: paginationOf(slice, all.length),
      }
    },

    get,

    setActive: (caller, kind, tag, active) =>
      commit(() => {
        assertTrusted(caller, active ? 'activate' : 'deactivate')
        const block = get(caller, kind, tag)
        rows.setActive(caller.world.key, block.id, active)
        return { ...block, active }
      }),

    resolved: (world, template) => withResolvedTags(rows, world, template),

    archive(world, id) {
      const bytes = rows.archive(world, id)
      if (bytes === undefined) throw notFound('the block was removed', 'file-gone')
      return bytes
    },
  }

  function templateOf(text: string): JobTemplateInput {
    try {
      return readTemplate(text, []) as JobTemplateInput
    } catch (error) {
      throw invalidArgument(`template.json: ${(error as Error).message}`, 'block-form')
    }
  }
}
