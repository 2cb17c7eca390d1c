/** Version in a tag: `name@major.minor`, the minor and then the major may be missing. */
export interface Tag {
  readonly name: string
  readonly major: number | undefined
  readonly minor: number | undefined
}

/** The tag of a block as it is shown: with its whole version. */
export const tagOf = ({ name, major, minor }: { name: string; major: number; minor: number }): string =>
  `${name}@${major}.${minor}`

const pattern = /^([A-Za-z0-9_+.-]{1,64})(?:@v?(\d+)(?:\.(\d+))?)?$/

/**
 * Reads a tag as the vendor's glossary defines it (documented). A `v` before the version, as in `video-transcoding@v0.2`,
 * is taken too (observed in 2023).
 *
 * @returns undefined if the text is not a tag
 */
export function parseTag(text: string): Tag | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits))
  return { name: match[1]!, major: number(match[2]), minor: number(match[3]) }
}

/**
 * The record that a tag means: the one with that very text, else the one of that name with the highest version that fits.
 *
 * @param text a tag; text that is not a tag can only match itself
 * @param candidates the tags of the records there are
 */
export function resolveTag(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = parseTag(text)
  let best: { text: string; tag: Tag } | undefined
  for (const candidate of candidates) {
    if (candidate === text) return candidate
    const tag = parseTag(candidate)
    if (wanted === undefined || tag === undefined || tag.name !== wanted.name) continue
    if (wanted.major !== undefined && wanted.major !== tag.major) continue
    if (wanted.minor !== undefined && wanted.minor !== tag.minor) continue
    if (best === undefined || isHigher(tag, best.tag)) best = { text: candidate, tag }
  }
  return best?.text
}

const isHigher = (a: Tag, b: Tag): boolean => {
  const [major, other] = [a.major ?? -1, b.major ?? -1]
  return major === other ? (a.minor ?? -1) > (b.minor ?? -1) : major > other
}
