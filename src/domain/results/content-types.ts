import { lookup } from 'mrmime'

/** The media type of a file, from the ending of its name. */
export const mediaTypeOf = (name: string): string =>
  // mrmime leaves subtitles of this kind out, which the vendor's apps make.
  name.toLowerCase().endsWith('.srt') ? 'application/x-subrip' : (lookup(name) ?? 'application/octet-stream')

/** The content type of a file: its media type, with a charset for texts. */
export function contentTypeOf(name: string): string {
  const type = mediaTypeOf(name)
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type
}
