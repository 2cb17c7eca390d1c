import { builtInScenarios } from '../domain/templates/built-in-scenarios.ts'
import type { JobState } from '../../schemas/jobs.ts'
import type { Scenario, ScenarioRequest, ScenarioResult } from '../../schemas/scenarios.ts'
import { invalidArgument, notFound, show } from '../base/errors.ts'
import { resultNameProblem } from '../domain/results/file-names.ts'
import type { Ids } from '../base/ids.ts'
import { normaliseId } from '../base/ids.ts'
import { matchesPattern } from '../base/patterns.ts'
import type { Ending, Outcome, Script } from '../domain/jobs/lifecycle.ts'
import { checkedPace, parsePace, shares } from '../domain/jobs/pace.ts'
import { type JobRecord, maxTasks } from '../domain/jobs/job.ts'

/** The outcome of a run, and the rest of the decision. */
interface Decision {
  readonly outcome: Outcome
  readonly script: Script | null
  /** The run did not come about after all: the scenario does not count as used. */
  readonly undo: () => void
}

/** The scenarios of all worlds. They end with the program, but their decisions are stored with the jobs. */
export interface ScenarioRegistry {
  /** @throws ApiError 400 for a rule that contradicts itself */
  add(world: string, rule: ScenarioRequest): Scenario
  /** @param unused true: those that decided nothing, false: the others, absent: all */
  list(world: string, unused?: boolean): Scenario[]
  /** @throws ApiError 404 */
  remove(world: string, id: string): Scenario
  clear(world: string): void
  /** Decides the outcome of a run: by the first scenario that matches and is not used up, else by default. Counts it. */
  decide(world: string, job: JobRecord, usual: Outcome): Decision
}

interface ActiveScenario {
  readonly id: string
  readonly rule: ScenarioRequest
  matched: number
  used: number
}

export function createScenarios(ids: Ids): ScenarioRegistry {
  const worlds = new Map<string, ActiveScenario[]>()
  return {
    add(world, rule) {
      checkScenario(rule)
      const scenario: ActiveScenario = { id: ids.uuid(), rule, matched: 0, used: 0 }
      worlds.set(world, [...(worlds.get(world) ?? []), scenario])
      return toView(scenario)
    },
    list: (world, unused) =>
      (worlds.get(world) ?? []).filter(({ used }) => unused === undefined || unused === (used === 0)).map(toView),
    remove(world, id) {
      const scenarios = worlds.get(world) ?? []
      const scenario = scenarios.find((active) => active.id === id)
      if (scenario === undefined) throw notFound(`world ${world} has no scenario ${show(id)}`)
      const rest = scenarios.filter((active) => active !== scenario)
      if (rest.length === 0) worlds.delete(world)
      else worlds.set(world, rest)
      return toView(scenario)
    },
    clear(world) {
      worlds.delete(world)
    },
    decide(world, job, usual) {
      for (const scenario of worlds.get(world) ?? []) {
        if (!fits(scenario.rule, job)) continue
        scenario.matched++
        const { nth, times = Number.POSITIVE_INFINITY } = scenario.rule
        if ((nth !== undefined && scenario.matched !== nth) || scenario.used >= times) continue
        scenario.used++
        const undo = (): void => {
          scenario.matched--
          scenario.used--
        }
        return { ...apply(scenario.id, scenario.rule, usual), undo }
      }
      const builtIn = builtInScenarios[job.templateId]
      const decided = builtIn === undefined ? { outcome: usual, script: null } : apply(job.templateId, builtIn, usual)
      return { ...decided, undo: () => undefined }
    },
  }
}

/** @throws ApiError 400 that names the field */
function checkScenario(rule: ScenarioRequest): void {
  const {
    failIn,
    errorMessage,
    timesOut = false,
    neverEnds = false,
    nth,
    pace,
    results = [],
    tasks,
    paymentAmount,
    logs = [],
  } = rule
  const endings = [failIn !== undefined, timesOut, neverEnds].filter(Boolean)
  if (endings.length > 1) throw invalidArgument('expected at most one of failIn, timesOut and neverEnds')
  const running: JobState[] = shares.map(([state]) => state).filter((state) => state !== 'JOB_STATE_COMPLETE')
  if (failIn !== undefined && !running.includes(failIn)) {
    throw invalidArgument(`failIn ${show(failIn)}: expected a state that a job runs through: ${running.join(', ')}`)
  }
  if (errorMessage !== undefined && failIn === undefined && !timesOut) {
    throw invalidArgument('errorMessage goes with failIn or timesOut')
  }
  if (nth === 0) throw invalidArgument('nth 0: the first run is 1')
  if (pace !== undefined) checkedPace(pace)
  if (tasks !== undefined && (tasks < 1 || tasks > maxTasks)) {
    throw invalidArgument(`tasks ${tasks}: expected a number from 1 to ${maxTasks}`)
  }
  if (paymentAmount !== undefined && !(paymentAmount >= 0 && paymentAmount <= maxPayment)) {
    throw invalidArgument(`paymentAmount ${paymentAmount}: expected a number from 0 to ${maxPayment}`)
  }
  checkSizes(results, logs)
  for (const [index, { name, text, base64, size }] of results.entries()) {
    if ([text, base64, size].filter((content) => content !== undefined).length !== 1) {
      throw invalidArgument(`results[${index}]: expected exactly one of text, base64 and size`)
    }
    const problem = resultNameProblem(name)
    if (problem !== undefined) throw invalidArgument(`results[${index}].name ${show(name)} ${problem}`)
    if (results.findIndex((result) => result.name === name) < index) {
      throw invalidArgument(`results[${index}].name ${show(name)} occurs twice`)
    }
  }
}

/** Bounds of what a scenario makes a job produce (chosen). */
const most = { results: 1000, resultBytes: 1024 ** 3, logs: 1000, logCharacters: 64 * 1024 } as const

/** ByteChips of one run. */
const maxPayment = 1e9

function checkSizes(results: readonly ScenarioResult[], logs: readonly string[]): void {
  const bytes = results.reduce((sum, { size = 0 }) => sum + size, 0)
  const characters = logs.reduce((sum, line) => sum + line.length, 0)
  for (const [what, found, bound] of [
    ['results: files', results.length, most.results],
    ['results: bytes of filling', bytes, most.resultBytes],
    ['logs: lines', logs.length, most.logs],
    ['logs: characters', characters, most.logCharacters],
  ] as const) {
    if (found > bound) throw invalidArgument(`${what} ${found}: at most ${bound} are allowed`)
  }
}

const fits = ({ templateId, name, jobId }: ScenarioRequest, job: JobRecord): boolean =>
  (templateId === undefined || templateId === job.templateId) &&
  (name === undefined || matchesPattern(name, job.name)) &&
  (jobId === undefined || normaliseId(jobId) === job.id)

function apply(id: string, rule: ScenarioRequest, usual: Outcome): Omit<Decision, 'undo'> {
  const { tasks, paymentAmount, pace, results, logs } = rule
  return {
    outcome: {
      ...usual,
      ending: endingOf(rule, usual),
      ...(tasks === undefined ? {} : { tasks }),
      ...(paymentAmount === undefined ? {} : { payment: paymentAmount }),
      ...(pace === undefined ? {} : { pace: parsePace(pace) }),
    },
    script: {
      scenario: id,
      ...(results === undefined ? {} : { results }),
      ...(logs === undefined ? {} : { logs }),
    },
  }
}

function endingOf({ failIn, errorMessage, timesOut, neverEnds }: ScenarioRequest, usual: Outcome): Ending {
  if (neverEnds === true) return { kind: 'never' }
  if (failIn !== undefined) {
    return { kind: 'fails', in: failIn, message: errorMessage ?? `failed in ${failIn}` }
  }
  if (timesOut === true) {
    return { kind: 'fails', in: 'JOB_STATE_PARTITIONED', message: errorMessage ?? 'task timed out' }
  }
  return usual.ending
}

const toView = ({ id, rule, matched, used }: ActiveScenario): Scenario => ({ id, ...rule, matched, used })
