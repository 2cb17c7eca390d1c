import { type FaultKind, faultKinds } from '../../../schemas/sweep-names.ts'
import { defaultWorld } from '../../base/world-names.ts'
import { kindsFor } from './kinds.ts'
import { isRead, keyOf, targetOf, type TracedRequest } from './trace.ts'

/** A request that is met by a fault. */
export interface Case {
  /** `post-jobs.1.reset-after`, or `post-jobs.1.reset-after@checkout` for a world other than the default one. */
  readonly id: string
  /** The id without the fault. */
  readonly request: string
  readonly operation: string
  /** Which request of the operation in its world, from 1. */
  readonly nth: number
  readonly world: string
  readonly fault: FaultKind
}

/**
 * The cases of a program: each of its requests with each fault that tells something about it. Of reads of the same path, which
 * are polls or might as well be, the first and the last stand for all.
 *
 * @param requests of a run without faults
 * @returns the most telling first: by the kind of fault, creates before the rest, then in the order of the requests
 */
export function casesOf(requests: readonly TracedRequest[]): Case[] {
  const cases = distinct(requests).flatMap(({ world, operation, hasBody, nth }) =>
    kindsFor({ operation, hasBody }).map((fault): Case => {
      const name = `${nameOf(operation)}.${nth}`
      const suffix = world === defaultWorld ? '' : `@${world}`
      return { id: `${name}.${fault}${suffix}`, request: `${name}${suffix}`, operation, nth, world, fault }
    }),
  )
  const rank = ({ operation, fault }: Case): number =>
    faultKinds.indexOf(fault) * 2 + (operation === 'POST /v1/customer/jobs' ? 0 : 1)
  return cases.sort((a, b) => rank(a) - rank(b))
}

interface Numbered extends TracedRequest {
  readonly nth: number
}

/** Requests with their numbers, without the reads between the first and the last of the same path. */
function distinct(requests: readonly TracedRequest[]): Numbered[] {
  const counts = new Map<string, number>()
  const numbered = requests.map((request): Numbered => {
    const nth = (counts.get(keyOf(request)) ?? 0) + 1
    counts.set(keyOf(request), nth)
    return { ...request, nth }
  })
  const lastReads = new Map(numbered.map((request) => [targetOf(request), request]))
  const firstReads = new Set<string>()
  return numbered.filter((request) => {
    if (!isRead(request)) return true
    const target = targetOf(request)
    const isFirst = !firstReads.has(target)
    firstReads.add(target)
    return isFirst || lastReads.get(target) === request
  })
}

/**
 * The name of an operation in ids: short, the same for ever, and nothing that a shell would take for its own, as in
 * `post-jobs-id-run` for `POST /v1/customer/jobs/{jobId}/run`.
 */
export function nameOf(operation: string): string {
  const [method = '', path = ''] = operation.split(' ')
  const parts = path
    .replace(/^\/v1\/(customer\/(?=jobs\b))?/, '')
    .replace(/\{\w+\}/g, 'id')
    .split(/[^A-Za-z0-9]+/)
  return [method, ...parts]
    .filter((part) => part !== '')
    .join('-')
    .toLowerCase()
}
