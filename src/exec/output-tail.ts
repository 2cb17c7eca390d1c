import type { Readable } from 'node:stream'

/** Keeps the end of the output of streams. */
export interface Tail {
  follow(stream: Readable | null): void
  text(): string
}

/** @param most bytes that are kept, roughly */
export function createTail(most: number): Tail {
  let kept = Buffer.alloc(0)
  let bytes = 0
  return {
    follow(stream) {
      stream?.on('data', (piece: Buffer) => {
        bytes += piece.length
        kept = Buffer.concat([kept, piece])
        // Not at every piece, as it copies.
        if (kept.length > 2 * most) kept = kept.subarray(-most)
      })
    },
    text() {
      const text = kept.subarray(-most).toString('utf8')
      // What begins in the middle of a line says little, and maybe in the middle of a letter.
      return bytes > most ? text.slice(text.indexOf('\n') + 1) : text
    },
  }
}
