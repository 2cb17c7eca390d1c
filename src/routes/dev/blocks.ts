import type { FastifyRequest } from 'fastify'
import type { Core } from '../../core.ts'
import { signLink } from '../../domain/results/links.ts'
import type { BlockRecord } from '../../store/blocks.ts'

/** Maximum number of bytes of a push: a block of 4 MiB in base64, and its JSON. */
export const pushLimit = 6 * 1024 * 1024

/** A signed link to the bytes of a block. */
export function downloadLink(core: Core, { baseUrl, caller: { world } }: FastifyRequest, block: BlockRecord): string {
  const file = `${block.name}-${block.major}.${block.minor}.tar`
  const target = { bucket: 'bytenite-blocks-prod', world: world.name, jobId: block.id, file } as const
  return `${baseUrl}${signLink(target, core.clocks.now(world), core.linkSecret)}`
}
