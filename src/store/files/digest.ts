import type { Bytes } from '../../domain/results/result-file.ts'
import { createHash } from 'node:crypto'

/** Size and SHA-256 of a stream. */
export interface Digest {
  /** Bytes. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** The ETag of a result. */
export const etagOf = (sha256: string): string => `"${sha256.slice(0, 32)}"`

/** The same bytes, counted and hashed as they pass. */
export function hashing(bytes: Bytes) {
  const hash = createHash('sha256')
  let size = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      hash.update(piece)
      size += piece.length
      yield piece
    }
  }
  return { counted: counted(), sum: (): Digest => ({ size, sha256: hash.digest('hex') }) }
}
