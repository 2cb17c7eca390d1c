import { parse } from 'node:path/posix'
import type { Recipe } from './result-file.ts'

/** A transcoded video, called as in a saved answer of 2023 (observed). It holds no video, and says so (chosen). */
export const video: Recipe = (_template, _job, input) => [
  {
    name: `${parse(input?.name ?? 'video').name}_480p.mp4`,
    contentType: 'video/mp4',
    bytes: () => [
      box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2mp41', 'latin1')),
      box('free', Buffer.from('Placeholder of bytenite-emulator: a file without any video in it.')),
    ],
  },
]

function box(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(8 + data.length)
  return Buffer.concat([length, Buffer.from(type, 'latin1'), data])
}
