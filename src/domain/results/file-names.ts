import { parse } from 'content-disposition'

/** The name of a job's input if its uploader gave none; the vendor's tasks find it under this one (documented). */
export const unnamedInput = 'data.bin'

/** Longest name that file systems take, in UTF-8. */
const longestName = 255

/**
 * The name that an uploader gives a file: `filename` of `Content-Disposition`, without folders and control characters.
 *
 * It is data only; no path is ever made of it.
 *
 * @param header the header as Node.js reads it, one character a byte
 */
export function uploadName(header: string | undefined): string {
  if (header === undefined) return unnamedInput
  return baseName(parse(asUtf8(header)).parameters['filename'] ?? '') ?? unnamedInput
}

/**
 * The name of a file in a path that a client chose, without folders and control characters.
 *
 * @returns undefined if no name is left that file systems take
 */
export function baseName(path: string): string | undefined {
  const base = withoutControls(path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1))
  const isName = base !== '' && base !== '.' && base !== '..' && Buffer.byteLength(base) <= longestName
  return isName ? base : undefined
}

/** The beginning of a name, of so many bytes in UTF-8 at most. */
export function beginningOf(name: string, bytes: number): string {
  let [kept, left] = ['', bytes]
  for (const character of name) {
    left -= Buffer.byteLength(character)
    if (left < 0) break
    kept += character
  }
  return kept
}

/**
 * Says what is wrong with the name of a result, which may hold folders: `out_0/video.mp4`.
 *
 * @returns undefined if it is fine
 */
export function resultNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (withoutControls(name) !== name) return 'holds control characters'
  if (name.includes('\\')) return 'holds a backslash; folders are divided by "/"'
  const parts = name.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'must be relative, without "." or ".."'
  if (parts.some((part) => Buffer.byteLength(part) > longestName)) return `has a part longer than ${longestName} bytes`
  return undefined
}

const withoutControls = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, '')

/** Clients send names in UTF-8, though the header's own encoding is Latin-1. */
function asUtf8(header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'))
  } catch {
    return header
  }
}
