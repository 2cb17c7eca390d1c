import type { Readable } from 'node:stream'
import { ApiError } from '../base/errors.ts'

/** Bytes of a message at most: the limit of gRPC if nothing else is set (measured). */
export const bodyLimit = 4 * 1024 * 1024

/** Bytes that are read of a body that is too large, so that a client that is still writing gets its answer (chosen). */
const drainLimit = 64 * 1024 * 1024

/**
 * Reads a body. Of one that is too large the rest is read and thrown away, as a client that is cut off while it writes sees a
 * broken pipe instead of an answer.
 *
 * @param limit bytes that are taken
 * @throws ApiError 429, code 8, once a body that is too large has ended; beyond 64 MiB at once, and the connection is closed
 */
export function readBody(
  payload: Readable,
  done: (error: Error | null, body?: Buffer) => void,
  limit: number = bodyLimit,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  let isDone = false
  const finish = (error: Error | null, body?: Buffer): void => {
    // Later data and errors are ignored.
    if (isDone) return
    isDone = true
    done(error, body)
  }
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes <= limit) chunks.push(chunk)
    else if (bytes <= drainLimit) chunks.length = 0
    else finish(new BodyTooLarge(bytes, false))
  }
  const end = (): void => {
    if (bytes > limit) finish(new BodyTooLarge(bytes, true))
    else finish(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
  }
  payload.on('data', take).on('end', end).on('error', finish)
}

/** The error for a body that is too large. */
export class BodyTooLarge extends ApiError {
  /** False if it went on after 64 MiB, so that the connection is closed. */
  readonly hasEnded: boolean

  constructor(bytes: number, hasEnded: boolean) {
    const headers: Record<string, string> = hasEnded ? {} : { connection: 'close' }
    super('bodyTooLarge', `grpc: received message larger than max (${bytes} vs. ${bodyLimit})`, { headers })
    this.hasEnded = hasEnded
  }
}
