/** A version of a file, as conditions name it. */
export interface FileVersion {
  /** Strong, quotes included. */
  readonly etag: string
  /** As `Last-Modified` says it: an HTTP date. */
  readonly lastModified: string
}

/** Headers of a request, by their names in lower case. */
type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * Evaluates the conditional headers of a GET or HEAD, in the order of RFC 9110, section 13.2.2. A date that cannot be read
 * counts as absent. By hand, since `fresh` knows two of the four headers, and none of them that fails a request.
 *
 * @returns `failed` for 412, `unchanged` for 304, or undefined if the file is to be sent
 */
export function evaluateConditions(headers: Headers, version: FileVersion): 'failed' | 'unchanged' | undefined {
  const header = (name: string): string | undefined => headers[name]?.toString()
  const modified = Date.parse(version.lastModified)
  const [match, noneMatch] = [header('if-match'), header('if-none-match')]

  const unmodifiedSince = Date.parse(header('if-unmodified-since') ?? '')
  if (match === undefined ? modified > unmodifiedSince : !names(match, version.etag, false)) return 'failed'

  const modifiedSince = Date.parse(header('if-modified-since') ?? '')
  if (noneMatch === undefined ? modified <= modifiedSince : names(noneMatch, version.etag, true)) return 'unchanged'
  return undefined
}

/** Tells if a list of ETags names one, `*` any. A weak comparison takes `W/"a"` for `"a"`, a strong one does not. */
const names = (list: string, etag: string, isWeak: boolean): boolean =>
  list.trim() === '*' || list.split(',').some((tag) => (isWeak ? tag.trim().replace(/^W\//, '') : tag.trim()) === etag)

/** Tells if a range may be answered: the version that `If-Range` names is still the present one. */
export const rangeCounts = (ifRange: string | string[] | undefined, { etag, lastModified }: FileVersion): boolean =>
  ifRange === undefined || ifRange === etag || ifRange === lastModified
