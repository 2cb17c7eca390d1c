import { parse } from 'node:path/posix'
import { isObject } from '../../base/objects.ts'
import { contentTypeOf } from './content-types.ts'
import { beginningOf } from './file-names.ts'
import type { Recipe } from './result-file.ts'

/** Endings of the kinds of output; others are named as they are. */
const endings: Readonly<Record<string, string>> = { hls: 'm3u8', dash: 'mpd' }

/**
 * Transcoded videos, one for each of the outputs that params of 2023 name; else one of 480 lines. They are called by the job, or
 * by its input if it has no name, and several lie in a folder each (observed). They hold no video, and say so (chosen).
 */
export const video: Recipe = (_template, { name, params }, input) => {
  const called = name === '' ? parse(input?.name ?? 'video').name : name.replace(/[^\p{L}\p{N}._-]+/gu, '_')
  const title = beginningOf(called, longestTitle)
  const outputs = outputsOf((params as { readonly data?: unknown } | null)?.data)
  return outputs.map((output, index) => {
    const file = `${title}_${output}`
    return {
      name: outputs.length === 1 ? file : `out_${index}/${file}`,
      contentType: contentTypeOf(file),
      bytes: () => [
        box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2mp41', 'latin1')),
        box('free', Buffer.from('Placeholder of bytenite-emulator: a file without any video in it.')),
      ],
    }
  })
}

/** Height and ending of every output, the smallest first, as in the vendor's example. */
function outputsOf(data: unknown): string[] {
  const list = isObject(data) && Array.isArray(data['outputs']) ? data['outputs'].slice(0, mostOutputs) : [{}]
  const found = list.map((output: unknown) => {
    const height = textAt(output, ['output_params', 'aspect', 'resolution', 'height']) || '480p'
    const kind = textAt(output, ['output_type']) || 'mp4'
    return { height, ending: endings[kind] ?? kind }
  })
  return found
    .sort((a, b) => (Number.parseInt(a.height) || 0) - (Number.parseInt(b.height) || 0))
    .map(({ height, ending }) => `${height}.${ending}`)
}

/** Bytes of a title; what follows it is shorter than what is left of a file's name. */
const longestTitle = 200

/** Outputs of one job (chosen). */
const mostOutputs = 100

/** A text deep in a value, as far as it can be part of a file's name; else an empty one. */
function textAt(value: unknown, path: readonly string[]): string {
  const [first, ...rest] = path
  if (first === undefined) return typeof value === 'string' && /^[\w-]{1,20}$/.test(value) ? value : ''
  return isObject(value) ? textAt(value[first], rest) : ''
}

function box(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(8 + data.length)
  return Buffer.concat([length, Buffer.from(type, 'latin1'), data])
}
