import { type Micros, microsPerSecond } from '../../base/timestamps.ts'
import { nearestOperation } from './nearest-operation.ts'
import { counted } from '../../base/plain-text.ts'
import { createProof, jobKey, listed, Memory, type Rule } from './rule.ts'
import { elapsed, follows, type Seen } from './exchange.ts'

/** How much too early a request may come after `Retry-After`, for what timers are early. */
const retryTolerance: Micros = 0.1 * microsPerSecond

/** The same operation on the same job, asked again before the time passed that `Retry-After` had said. */
export function ignoredRetryAfter(): Rule {
  const proof = createProof()
  const told = new Memory<Seen>()
  let worst: { readonly waited: Micros; readonly asked: number } | undefined
  return {
    see(seen) {
      const key = `${seen.operation} ${jobKey(seen)} ${seen.exchange.persona}`
      const before = told.get(key)
      if (before !== undefined && follows(seen, before)) {
        const waited = elapsed(before.end, seen.start)
        const asked = before.retryAfter!
        if (waited + retryTolerance < asked * microsPerSecond) {
          proof.add(seen)
          if (worst === undefined || waited < worst.waited) worst = { waited, asked }
        }
        told.delete(key)
      }
      if (seen.retryAfter !== null) told.set(key, seen)
    },
    found: () =>
      proof.found(
        `ignored Retry-After ${counted(proof.count, 'time')}: asked again after ` +
          `${Math.round((worst?.waited ?? 0) / 1000)} ms, though ${worst?.asked ?? 0} s were asked for`,
      ),
  }
}

/** Fields that no message has, with the names that were probably meant, and what else the service does not read. */
export function unknownFields(): Rule {
  const proof = createProof()
  const fields = new Memory<string>()
  let isOf2023 = false
  return {
    see(seen) {
      const { unknownFields: unknown } = seen.exchange
      if (unknown.length === 0) return
      proof.add(seen)
      isOf2023 ||= pathOf2023.test(seen.request)
      for (const { path, suggestion, note } of unknown) {
        if (note !== undefined) fields.set(path, `${path} (${note})`)
        else fields.set(path, suggestion === undefined ? path : `${path} (did you mean "${suggestion}"?)`)
      }
    },
    found: () =>
      proof.found(
        `sent ${fields.size === 1 ? 'a field that is not read' : `${fields.size} fields that are not read`}: ` +
          listed([...fields.values()]) +
          (isOf2023 ? '; its paths are those of 2023, whose fields --era 2023 knows' : ''),
      ),
  }
}

/** The paths of the vendor's notebooks of 2023, which have the id of a job at the end. */
const pathOf2023 = /\/jobs\/(?:datasource|params|run|uploadcompleted|estimation)\/|\/customer\/wallet\//

/** Requests to paths that do not exist, or with methods that they do not have. */
export function unknownPath(operations: () => readonly string[]): Rule {
  const proof = createProof()
  const requests = new Memory<true>()
  return {
    see(seen) {
      if (seen.operation !== undefined) return
      proof.add(seen)
      requests.set(seen.request, true)
    },
    found() {
      const names = [...requests.keys()].map((request) => {
        const nearest = nearestOperation(request, operations())
        return nearest === undefined ? request : `${request} (did you mean ${nearest}?)`
      })
      return proof.found(`asked for ${listed(names, 2)}, which ${names.length === 1 ? 'does' : 'do'} not exist`)
    },
  }
}
