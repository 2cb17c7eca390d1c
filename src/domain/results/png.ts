import { crc32, deflateSync } from 'node:zlib'

/** Red, green, blue, each from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/**
 * A square picture of large cells, as PNG: 8 bits a channel, no transparency.
 *
 * @param cells rows of cells, from top left; as many in each row as there are rows
 * @param cellSize pixels along the side of a cell
 */
export function pngOf(cells: readonly (readonly Colour[])[], cellSize: number): Buffer {
  const side = cells.length * cellSize
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // Bit depth 8, colour type 2 (RGB); compression, filter and interlace have one value or are off.
  header.set([8, 2, 0, 0, 0], 8)
  const rows = cells.map((row) => {
    const line = Buffer.concat(row.map((colour) => Buffer.alloc(3 * cellSize, Buffer.from(colour))))
    // Every line begins with its filter; 0 is none.
    return Buffer.alloc(cellSize * (line.length + 1), Buffer.concat([Buffer.from([0]), line]))
  })
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}
