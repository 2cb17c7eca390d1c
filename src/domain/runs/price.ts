import type { Block } from './block.ts'

/**
 * ByteChips that a task costs: one is an hour of a core and a GiB, and the larger need counts (documented in the vendor's glossary,
 * worked out from prices on its pages). Partitioners and assemblers are free.
 *
 * @param seconds how long it ran
 */
export const taskPrice = (seconds: number, { minCpu, minMemory }: Pick<Block, 'minCpu' | 'minMemory'>): number =>
  Math.round((seconds / 3600) * Math.max(minCpu, minMemory) * 1e8) / 1e8
