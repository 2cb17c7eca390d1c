import type { Fault, FaultRequest } from '../schemas/faults.ts'
import { parseDuration } from './durations.ts'
import { invalidArgument, notFound, show } from './errors.ts'
import type { Ids } from './ids.ts'
import { nearest } from './nearest.ts'
import { type Persona, personas } from './personas.ts'

/** A request as faults see it. */
export interface FaultTarget {
  /** `GET /v1/customer/jobs/{jobId}` */
  readonly operation: string
  readonly persona: Persona
}

/** A fault that strikes a request. */
export interface Strike {
  readonly id: string
  readonly rule: FaultRequest
  /** Resolves when the request may go on; at once where there is no delay. */
  readonly delayed: Promise<void>
}

/** The faults of all worlds. They are rules for tests and end with the program. */
export interface FaultRegistry {
  /**
   * @param operations the operations there are, for checking the rule's
   * @throws ApiError 400 for a rule that says nothing or too much, or names what does not exist
   */
  add(world: string, rule: FaultRequest, operations: readonly string[]): Fault
  list(world: string): Fault[]
  /** @throws ApiError 404 */
  remove(world: string, id: string): Fault
  /** Lets requests go on that a fault with the delay `until-released` holds. @throws ApiError 404 */
  release(world: string, id: string): Fault
  /** Takes all faults of a world away; what they hold goes on. */
  clear(world: string): void
  /** The fault that strikes a request, if any: the first rule that fits and is not used up. Counts it. */
  strike(world: string, target: FaultTarget): Strike | undefined
  /** Requests held by faults go on, so that the program can end. */
  close(): void
}

interface ArmedFault {
  readonly id: string
  readonly rule: FaultRequest
  matched: number
  used: number
  readonly held: Set<() => void>
}

export function createFaults(ids: Ids): FaultRegistry {
  const worlds = new Map<string, ArmedFault[]>()

  const find = (world: string, id: string): ArmedFault => {
    const fault = worlds.get(world)?.find((armed) => armed.id === id)
    if (fault === undefined) throw notFound(`world ${world} has no fault ${show(id)}`)
    return fault
  }

  return {
    add(world, rule, operations) {
      checkRule(rule, operations)
      const fault: ArmedFault = { id: ids.uuid(), rule, matched: 0, used: 0, held: new Set() }
      worlds.set(world, [...(worlds.get(world) ?? []), fault])
      return toView(fault)
    },
    list: (world) => (worlds.get(world) ?? []).map(toView),
    remove(world, id) {
      const fault = find(world, id)
      const rest = worlds.get(world)!.filter((armed) => armed !== fault)
      if (rest.length === 0) worlds.delete(world)
      else worlds.set(world, rest)
      letGo(fault)
      return toView(fault)
    },
    release(world, id) {
      const fault = find(world, id)
      letGo(fault)
      return toView(fault)
    },
    clear(world) {
      for (const fault of worlds.get(world) ?? []) letGo(fault)
      worlds.delete(world)
    },
    strike(world, target) {
      for (const fault of worlds.get(world) ?? []) {
        if (!matches(fault.rule, target)) continue
        fault.matched++
        const { skip = 0, times = Number.POSITIVE_INFINITY } = fault.rule
        if (fault.matched <= skip || fault.used >= times) continue
        fault.used++
        return { id: fault.id, rule: fault.rule, delayed: delayOf(fault) }
      }
      return undefined
    },
    close() {
      for (const faults of worlds.values()) for (const fault of faults) letGo(fault)
      worlds.clear()
    },
  }
}

const untilReleased = 'until-released'

/** Real time a request may be delayed: longer ones are what `until-released` is for. */
const longestDelay = 10 * 60 * 1_000_000

function checkRule(rule: FaultRequest, operations: readonly string[]): void {
  const { operation, persona, status, message, body, retryAfter, connection, answer, delay } = rule
  if (operation !== '*' && !operations.includes(operation)) {
    const meant = nearest(operation, operations)
    throw invalidArgument(
      `operation ${show(operation)} does not exist${meant === undefined ? '' : ` (did you mean "${meant}"?)`}; ` +
        `known are *, ${operations.join(', ')}`,
    )
  }
  if (persona !== undefined && !Object.hasOwn(personas, persona)) {
    throw invalidArgument(`persona ${show(persona)} does not exist; known are ${Object.keys(personas).join(', ')}`)
  }
  const kinds = [status, connection, answer].filter((kind) => kind !== undefined)
  if (kinds.length > 1 || (kinds.length === 0 && delay === undefined)) {
    throw invalidArgument('expected exactly one of status, connection and answer, or delay alone')
  }
  if (status !== undefined && (status < 200 || status > 599)) {
    throw invalidArgument(`status ${status}: expected a number from 200 to 599`)
  }
  if (status === undefined && (message !== undefined || body !== undefined || retryAfter !== undefined)) {
    throw invalidArgument('message, body and retryAfter go with status')
  }
  if (delay !== undefined && delay !== untilReleased) {
    const duration = parseDuration(delay)
    if (duration === undefined || duration > longestDelay) {
      throw invalidArgument(`delay ${show(delay)}: expected a duration of at most 10m, or "${untilReleased}"`)
    }
  }
}

const matches = (rule: FaultRequest, { operation, persona }: FaultTarget): boolean =>
  (rule.operation === '*' || rule.operation === operation) && (rule.persona === undefined || rule.persona === persona)

function delayOf(fault: ArmedFault): Promise<void> {
  const { delay } = fault.rule
  if (delay === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const goOn = () => {
      clearTimeout(timer)
      fault.held.delete(goOn)
      resolve()
    }
    fault.held.add(goOn)
    if (delay !== untilReleased) timer = setTimeout(goOn, parseDuration(delay)! / 1000)
  })
}

function letGo(fault: ArmedFault): void {
  for (const goOn of fault.held) goOn()
}

const toView = ({ id, rule, matched, used, held }: ArmedFault): Fault => ({
  id,
  ...rule,
  matched,
  used,
  waiting: held.size,
})
