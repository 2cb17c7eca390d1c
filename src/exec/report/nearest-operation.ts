import { editDistance } from '../../base/nearest.ts'

/** A segment too many or too few. */
const missingSegment = 0.8
/** The score of a parameter segment; a lower one would prefer parameters to literal words. */
const parameter = 0.1
const otherMethod = 0.5
/** Beyond this nothing is alike: about one segment lacking and the method wrong, or two segments misspelt. */
const mostDifferent = 1.4

/**
 * The operation that a request to an unknown path was probably meant to be.
 *
 * @param request method and path, as they were sent
 * @param operations the ones there are, as in `GET /v1/customer/jobs/{jobId}`
 * @returns the nearest one, or undefined if none is near
 */
export function nearestOperation(request: string, operations: readonly string[]): string | undefined {
  const [method, sent] = split(request)
  // A path of thousands of segments is like nothing.
  if (sent.length > 20) return undefined
  let best: string | undefined
  let least = mostDifferent
  for (const operation of operations) {
    const [wanted, known] = split(operation)
    const difference = (method === wanted ? 0 : otherMethod) + distance(sent, known)
    if (difference < least) {
      best = operation
      least = difference
    }
  }
  return best
}

function split(operation: string): [method: string, segments: string[]] {
  const [method, path = ''] = operation.split(' ', 2) as [string, string?]
  return [method, path.split('/').filter((segment) => segment !== '')]
}

/** The edit distance between two paths, segment by segment. */
function distance(sent: readonly string[], known: readonly string[]): number {
  let previous = known.map((_, index) => (index + 1) * missingSegment)
  previous.unshift(0)
  for (const [row, segment] of sent.entries()) {
    const current = [(row + 1) * missingSegment]
    for (const [column, wanted] of known.entries()) {
      current.push(
        Math.min(
          previous[column]! + unlike(segment, wanted),
          previous[column + 1]! + missingSegment,
          current[column]! + missingSegment,
        ),
      )
    }
    previous = current
  }
  return previous[known.length]!
}

/** How different two segments are, from 0 to 1. */
function unlike(sent: string, known: string): number {
  if (sent === known) return 0
  if (known.startsWith('{')) return parameter
  const longest = Math.max(sent.length, known.length)
  return longest > 64 ? 1 : editDistance(sent.toLowerCase(), known.toLowerCase()) / longest
}
