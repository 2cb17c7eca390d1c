/** The encoding of ASN.1 that certificates are written in (X.690, DER), as far as they need it. */

/** A value with its tag and length before it. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body])
  const length = Buffer.from(body.length.toString(16).padStart(body.length < 0x100 ? 2 : 4, '0'), 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts)
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0))
export const octets = (bytes: Uint8Array): Buffer => tagged(0x04, bytes)
export const text = (value: string): Buffer => tagged(0x0c, Buffer.from(value))

/** A number, as its bytes from the highest on. */
export function integer(bytes: Uint8Array): Buffer {
  return tagged(0x02, ...(bytes[0]! & 0x80 ? [Buffer.of(0)] : []), bytes)
}

/** @param unused how many bits of the last byte do not count */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.of(unused), bytes)

/** A context-specific value: one that is named by its place, as fields that may be absent are. */
export const field = (number: number, ...content: readonly Uint8Array[]): Buffer => tagged(0xa0 | number, ...content)

/** A context-specific value that holds bytes and no further values. */
export const plainField = (number: number, bytes: Uint8Array): Buffer => tagged(0x80 | number, bytes)

/** A name such as `2.5.29.15`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...others].flatMap((number) => {
    const groups = [number & 0x7f]
    for (let left = number >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return tagged(0x06, Uint8Array.from(bytes))
}

/** A moment before 2050, to the second. */
export const time = (milliseconds: number): Buffer =>
  tagged(0x17, Buffer.from(new Date(milliseconds).toISOString().replace(/^..|\.\d+|[-:T]/g, '')))
