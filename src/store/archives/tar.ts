import { invalidArgument, show } from '../../base/errors.ts'

/**
 * The part of the tar format (POSIX ustar) that an exported world needs: plain files, one after the other, their sizes before
 * them. So it is written and read as a stream, and any `tar` lists and unpacks it. Archives of the packages that read tar in
 * general were not taken: they follow links, long names and extended headers, which a hostile file would be made of.
 */
const block = 512

/** Two empty blocks end an archive. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * block)

/** The zeros that fill the last block of a file. */
export const tarPadding = (size: number): Uint8Array => Buffer.alloc((block - (size % block)) % block)

/** Bytes that a file takes in an archive, with its header. */
export const tarSize = (size: number): number => block + Math.ceil(size / block) * block

const largestOctal = 8 ** 11 - 1
const nameField = 100
const prefixField = 155

/**
 * The header of a file.
 *
 * @param name ASCII; its folders may have 155 characters, the rest 100
 * @param seconds when the file was made, since 1970
 */
export function tarHeader(name: string, size: number, seconds: number): Uint8Array {
  const slash = name.lastIndexOf('/', name.length - 2)
  const [prefix, base] = name.length <= nameField ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)]
  if (prefix.length > prefixField || base.length > nameField) throw new Error(`name ${name} is too long for tar`)
  const header = Buffer.alloc(block)
  const octal = (value: number, at: number, digits: number): void => {
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  }
  header.write(base, 0, 'latin1')
  octal(0o600, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  if (size <= largestOctal) octal(size, 124, 11)
  else {
    // GNU's form for what eleven octal digits do not hold.
    header[124] = 0x80
    header.writeBigUInt64BE(BigInt(size), 128)
  }
  octal(Math.min(Math.max(0, Math.floor(seconds)), largestOctal), 136, 11)
  header.write('0', 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(prefix, 345, 'latin1')
  octal(checksumOf(header), 148, 6)
  header.write('\0 ', 154, 'latin1')
  return header
}

/** The sum of all bytes, those of the checksum itself taken as spaces. */
function checksumOf(header: Uint8Array): number {
  let sum = 0
  for (let index = 0; index < block; index++) sum += index >= 148 && index < 156 ? 0x20 : header[index]!
  return sum
}

/** A file in an archive. */
export interface TarEntry {
  readonly name: string
  readonly size: number
  /** To be read before the next entry is asked for. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/**
 * Reads an archive as `tarHeader` and the like write it, and nothing else.
 *
 * @throws ApiError 400 if it is not such an archive, or is truncated
 */
export async function* readTar(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = new Source(bytes)
  for (;;) {
    const header = await source.exactly(block)
    if (header.every((byte) => byte === 0)) break
    const { name, size } = readHeader(header)
    let unread = size
    async function* content(): AsyncGenerator<Uint8Array> {
      while (unread > 0) {
        const piece = await source.some(unread)
        unread -= piece.length
        yield piece
      }
    }
    yield { name, size, bytes: content() }
    while (unread > 0) unread -= (await source.some(unread)).length
    const padding = await source.exactly(tarPadding(size).length)
    if (padding.some((byte) => byte !== 0)) throw damaged(`after ${name}`)
  }
  const second = await source.exactly(block)
  if (second.some((byte) => byte !== 0) || !(await source.isAtEnd())) throw damaged('at its end')
}

const damaged = (where: string) => invalidArgument(`not an exported world, or damaged ${where}`)

function readHeader(header: Buffer): { name: string; size: number } {
  const text = (at: number, length: number): string => {
    const field = header.toString('latin1', at, at + length)
    const end = field.indexOf('\0')
    return end === -1 ? field : field.slice(0, end)
  }
  const isUstar = header.toString('latin1', 257, 265) === 'ustar\x0000'
  if (!isUstar || Number.parseInt(text(148, 7), 8) !== checksumOf(header)) {
    throw invalidArgument('not an exported world: not a tar archive as GET …/export writes it')
  }
  const prefix = text(345, prefixField)
  const name = prefix === '' ? text(0, nameField) : `${prefix}/${text(0, nameField)}`
  if (text(156, 1) !== '0') {
    throw invalidArgument(`not an exported world: it holds ${show(name)}, which is not a plain file`)
  }
  const large = header[124] === 0x80
  const size = large ? Number(header.readBigUInt64BE(128)) : Number.parseInt(text(124, 12), 8)
  if (!Number.isSafeInteger(size) || size < 0) throw damaged(`at the size of ${show(name)}`)
  return { name, size }
}

/** Bytes that come in pieces of any size, taken in pieces that are asked for. */
class Source {
  readonly #pieces: AsyncIterator<Uint8Array>
  #left: Uint8Array = new Uint8Array(0)

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#pieces = bytes[Symbol.asyncIterator]()
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#left.length === 0) {
      const next = await this.#pieces.next()
      if (next.done === true) return true
      this.#left = next.value
    }
    return false
  }

  /** The bytes that are there, but no more than `most`. */
  async some(most: number): Promise<Uint8Array> {
    if (await this.isAtEnd())
      throw invalidArgument('the file ends before it should: it was cut, or not sent as a whole')
    const piece = this.#left.subarray(0, most)
    this.#left = this.#left.subarray(piece.length)
    return piece
  }

  async exactly(count: number): Promise<Buffer> {
    const pieces: Uint8Array[] = []
    for (let missing = count; missing > 0;) {
      const piece = await this.some(missing)
      pieces.push(piece)
      missing -= piece.length
    }
    return Buffer.concat(pieces)
  }
}
