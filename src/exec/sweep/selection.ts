import { matchesPattern } from '../../base/patterns.ts'
import { ConfigError } from '../../settings/settings.ts'
import { editDistance } from '../../base/nearest.ts'

/** Ids that are named if a pattern fits none. */
const named = 5

/**
 * The items that any of the patterns fits, in their order; all, if there is no pattern.
 *
 * @param patterns ids; `*` stands for any text
 * @throws ConfigError that names the nearest ids, if a pattern fits none
 */
export function selected<Item extends { readonly id: string }>(
  items: readonly Item[],
  patterns: readonly string[],
): readonly Item[] {
  if (patterns.length === 0) return items
  const unused = patterns.find((pattern) => !items.some(({ id }) => matchesPattern(pattern, id)))
  if (unused !== undefined) {
    throw new ConfigError(
      `--only ${JSON.stringify(unused)}: no such case; the nearest are ${nearestIds(unused, items)}`,
    )
  }
  return items.filter(({ id }) => patterns.some((pattern) => matchesPattern(pattern, id)))
}

function nearestIds(pattern: string, items: readonly { readonly id: string }[]): string {
  const text = pattern.slice(0, 100)
  return items
    .map(({ id }) => ({ id, distance: editDistance(text, id) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, named)
    .map(({ id }) => id)
    .join(', ')
}
