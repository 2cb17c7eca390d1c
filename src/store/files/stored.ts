import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/** A file of a job. */
export interface StoredFile {
  /** Bytes. */
  readonly size: number
  /**
   * Opens it, for a part or as a whole.
   *
   * @throws Error with code ENOENT if it was removed meanwhile
   */
  read(range?: { readonly start: number; readonly end: number }): Promise<Readable>
}

/** A result of a job. */
export interface StoredResult extends StoredFile {
  readonly name: string
  readonly contentType: string
  /** Hash of the bytes. */
  readonly etag: string
}

/** A result as the index of a job's results has it. */
export interface IndexEntry {
  readonly name: string
  readonly contentType: string
  readonly size: number
  readonly etag: string
}

/** Describes a file that is there, without opening it. */
export const stored = (path: string, size: number): StoredFile => ({
  size,
  read: async (range) => (await open(path)).createReadStream(range ?? {}),
})
