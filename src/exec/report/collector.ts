import { type GroundName, groundNames } from '../../../schemas/report-names.ts'
import type { Report } from '../../../schemas/report.ts'
import type { Observer } from '../../control/journal.ts'
import type { Sightings } from '../intercept/interception.ts'
import { createFindings } from './findings.ts'
import { nearestOperation } from './nearest-operation.ts'
import { firstMessageOf, see } from './exchange.ts'

/** The part of a report that follows from what passed between the program and the emulator. */
export type Account = Pick<
  Report,
  'requests' | 'rejected' | 'findings' | 'operations' | 'grounds' | 'unknownPaths' | 'refusedHosts'
>

/** Keeps account of a run. Holds counts and a few examples, however long the run is. */
export interface Collector {
  /** An exchange has ended. Exchanges with the control API are left out. */
  readonly note: Observer
  /**
   * @param operations those that the emulator has
   * @param sightings what was seen besides exchanges, if connections were watched
   */
  readonly summarize: (operations: readonly string[], sightings?: Sightings) => Account
}

/** The answers to one operation with one status. */
interface Answers {
  readonly count: number
  readonly message: string | null
}

/** The default if connections were not watched. */
const noSightings: Sightings = { refused: new Map(), untrusted: new Map(), unused: 0 }

/** Maximum number of different names that are counted. */
const mostNames = 1000

export function createCollector(): Collector {
  let operations: readonly string[] = []
  const findings = createFindings(() => operations)
  const used = new Map<string, Map<number, Answers>>()
  const unknown = new Map<string, number>()
  const grounds = new Map<string, number>()
  let requests = 0
  let rejected = 0

  return {
    note(exchange) {
      if (exchange.path.startsWith('/_emulator')) return
      const seen = see(exchange, ++requests)
      if (seen.world === null && seen.status === 401) rejected++
      if (seen.operation === undefined) count(unknown, seen.request)
      const operation = seen.operation ?? 'unknown path'
      const statuses = used.get(operation) ?? new Map<number, Answers>()
      if (used.has(operation) || used.size < mostNames) used.set(operation, statuses)
      const answers = statuses.get(seen.status) ?? { count: 0, message: firstMessageOf(seen) }
      statuses.set(seen.status, { ...answers, count: answers.count + 1 })
      if (exchange.ground !== '') count(grounds, exchange.ground)
      findings.see(seen)
    },
    summarize(known, sightings = noSightings) {
      operations = known
      return {
        requests,
        rejected,
        findings: findings.found(sightings),
        operations: [...used].map(([operation, statuses]) => ({
          operation,
          count: [...statuses.values()].reduce((sum, { count }) => sum + count, 0),
          statuses: [...statuses].map(([status, answers]) => ({ status, ...answers })),
        })),
        grounds: [...grounds]
          .map(([ground, number]) => ({ ...readGround(ground), count: number }))
          .sort((a, b) => groundNames.indexOf(a.ground) - groundNames.indexOf(b.ground)),
        unknownPaths: [...unknown].map(([request, number]) => ({
          request,
          count: number,
          nearest: nearestOperation(request, known) ?? null,
        })),
        refusedHosts: [...sightings.refused].map(([host, number]) => ({ host, count: number })),
      }
    },
  }
}

function count<Name>(counts: Map<Name, number>, name: Name): void {
  if (counts.has(name) || counts.size < mostNames) counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** `observed; results-before-completion`, as the header x-emulator-ground has it. */
function readGround(text: string): { ground: GroundName; id: string } {
  const [name = '', id = ''] = text.split(';').map((part) => part.trim())
  // What is not named otherwise was chosen.
  return { ground: groundNames.find((ground) => ground === name) ?? 'chosen', id }
}
