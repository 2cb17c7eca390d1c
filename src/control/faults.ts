import { clearTimeout, setImmediate, setTimeout } from '../base/timers.ts'
import type { Fault, FaultRequest } from '../../schemas/faults.ts'
import { parseDuration } from '../base/durations.ts'
import { invalidArgument, notFound, show } from '../base/errors.ts'
import type { Ids } from '../base/ids.ts'
import { isStorageOperation, knownOperation } from '../wire/operations.ts'
import { assertPersona, type Persona } from '../domain/accounts/personas.ts'

/** A request as faults see it. */
interface FaultTarget {
  /** `GET /v1/customer/jobs/{jobId}` */
  readonly operation: string
  readonly persona: Persona
}

/** A fault that applies to a request. */
export interface Strike {
  readonly id: string
  readonly rule: FaultRequest
  /** True if the request is held at first. */
  readonly isDelayed: boolean
  /**
   * Holds the request as long as the rule says. `cancel` is for a client that does not wait so long.
   *
   * @param goOn called once, unless it was cancelled
   */
  hold(goOn: () => void): { cancel(): void }
  /** Waits between the parts of a slow body, except when the program ends. */
  pause(milliseconds: number): Promise<void>
}

/** The faults of all worlds. They are rules for tests and end with the program. */
export interface FaultRegistry {
  /**
   * @param operations the operations there are, for checking the rule's
   * @throws ApiError 400 for a rule that says nothing or too much, or names what does not exist
   */
  add(world: string, rule: FaultRequest, operations: readonly string[]): Fault
  /** @param unused true: those that were never used, false: the others, absent: all */
  list(world: string, unused?: boolean): Fault[]
  /** @throws ApiError 404 */
  remove(world: string, id: string): Fault
  /** Releases the requests that a fault holds. @throws ApiError 404 */
  release(world: string, id: string): Fault
  /** Removes all faults of a world, and releases the requests that they hold. */
  clear(world: string): void
  /** Tells if a world has any faults. */
  isArmed(world: string): boolean
  /** The fault that applies to a request, if any: the first rule that matches and is not used up. Counts the use. */
  strike(world: string, target: FaultTarget): Strike | undefined
  /** Releases all held requests, so that the program can end. */
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
  /** Ends every pause. */
  const pauses = new Set<() => void>()
  let closed = false

  const find = (world: string, id: string): ArmedFault => {
    const fault = worlds.get(world)?.find((armed) => armed.id === id)
    if (fault === undefined) throw notFound(`world ${world} has no fault ${show(id)}`)
    return fault
  }

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      if (closed) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        pauses.delete(end)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      pauses.add(end)
    })

  return {
    add(world, rule, operations) {
      const fault: ArmedFault = {
        id: ids.uuid(),
        rule: checkedRule(rule, operations),
        matched: 0,
        used: 0,
        held: new Set(),
      }
      worlds.set(world, [...(worlds.get(world) ?? []), fault])
      return toView(fault)
    },
    list: (world, unused) =>
      (worlds.get(world) ?? []).filter(({ used }) => unused === undefined || unused === (used === 0)).map(toView),
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
      // What goes on finds the world as it is after the reset.
      for (const fault of worlds.get(world) ?? []) setImmediate(letGo, fault)
      worlds.delete(world)
    },
    isArmed: (world) => worlds.has(world),
    strike(world, target) {
      for (const fault of worlds.get(world) ?? []) {
        const { rule } = fault
        if (!matches(rule, target)) continue
        fault.matched++
        const { nth, skip = nth === undefined ? 0 : nth - 1, times = nth === undefined ? Infinity : 1 } = rule
        if (fault.matched <= skip || fault.used >= times) continue
        fault.used++
        return { id: fault.id, rule, isDelayed: rule.delay !== undefined, hold: (goOn) => hold(fault, goOn), pause }
      }
      return undefined
    },
    close() {
      closed = true
      for (const faults of worlds.values()) for (const fault of faults) letGo(fault)
      worlds.clear()
      for (const end of [...pauses]) end()
    },
  }
}

const untilReleased = 'until-released'

/** Real time a request may be delayed: longer ones are what `until-released` is for. */
const longestDelay = 10 * 60 * 1_000_000

/** @throws ApiError 400 that names the field */
function checkedRule(rule: FaultRequest, operations: readonly string[]): FaultRequest {
  const { persona, nth, skip, times, status, body, retryAfter, contentType, connection, answer, delay } = rule
  const operation = rule.operation === '*' ? '*' : knownOperation(rule.operation, ['*', ...operations])
  if (persona !== undefined) assertPersona(persona)
  if (nth !== undefined && (skip !== undefined || times !== undefined)) {
    throw invalidArgument('nth is short for skip and times: expected it or them')
  }
  if (nth === 0) throw invalidArgument('nth 0: the first request is 1')
  if (times === 0) throw invalidArgument('times 0: expected at least 1')
  const kinds = [status, connection, answer].filter((kind) => kind !== undefined)
  if (kinds.length > 1 || (kinds.length === 0 && delay === undefined)) {
    throw invalidArgument('expected exactly one of status, connection and answer, or delay alone')
  }
  if (status !== undefined && (status < 200 || status > 599)) {
    throw invalidArgument(`status ${status}: expected a number from 200 to 599`)
  }
  for (const [name, value] of Object.entries({ message: rule.message, body, retryAfter })) {
    if (value !== undefined && status === undefined) throw invalidArgument(`${name} goes with status`)
  }
  if (body !== undefined && rule.message !== undefined) {
    throw invalidArgument('message is that of the error body: expected message or body')
  }
  if (contentType !== undefined && (body === undefined || !/^[\x21-\x7e][\x20-\x7e]*$/.test(contentType))) {
    throw invalidArgument(`contentType ${show(contentType)}: expected one such as text/html, and a body that has it`)
  }
  if (delay !== undefined && delay !== untilReleased) {
    const duration = parseDuration(delay)
    if (duration === undefined || duration > longestDelay) {
      throw invalidArgument(`delay ${show(delay)}: expected a duration of at most 10m, or "${untilReleased}"`)
    }
  }
  if (operation !== '*' && !canSpoil(answer, operation)) {
    throw invalidArgument(`answer ${show(answer)}: the answers of ${operation} cannot be changed in this way`)
  }
  return { ...rule, operation }
}

/** Files are not JSON, so it cannot be broken; an answer to HEAD has no body. */
const canSpoil = (answer: FaultRequest['answer'], operation: string): boolean =>
  !(answer === 'brokenJson' && isStorageOperation(operation)) &&
  !((answer === 'cut' || answer === 'slow') && operation.startsWith('HEAD '))

const matches = (rule: FaultRequest, { operation, persona }: FaultTarget): boolean =>
  (rule.operation === operation || (rule.operation === '*' && canSpoil(rule.answer, operation))) &&
  (rule.persona === undefined || rule.persona === persona)

function hold(fault: ArmedFault, goOn: () => void): { cancel(): void } {
  const { delay = '0' } = fault.rule
  let timer: NodeJS.Timeout | undefined
  const cancel = (): void => {
    clearTimeout(timer)
    fault.held.delete(end)
  }
  const end = (): void => {
    cancel()
    goOn()
  }
  fault.held.add(end)
  if (delay !== untilReleased) timer = setTimeout(end, parseDuration(delay)! / 1000)
  return { cancel }
}

function letGo(fault: ArmedFault): void {
  for (const goOn of [...fault.held]) goOn()
}

const toView = ({ id, rule, matched, used, held }: ArmedFault): Fault => ({
  id,
  ...rule,
  matched,
  used,
  waiting: held.size,
})

/** Describes the effect of a fault in a few words. */
export function describeFault({ status, connection, answer, delay }: Omit<FaultRequest, 'operation'>): string {
  const what = status ?? connection ?? answer
  return [...(what === undefined ? [] : [what]), ...(delay === undefined ? [] : [`delay ${delay}`])].join(', ')
}
