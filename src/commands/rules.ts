import type { Fault, FaultRequest } from '../../schemas/faults.ts'
import { jobStates } from '../../schemas/jobs.ts'
import type { Scenario, ScenarioRequest } from '../../schemas/scenarios.ts'
import { didYouMean } from '../base/nearest.ts'
import { describeFault } from '../control/faults.ts'
import { ConfigError } from '../settings/settings.ts'
import { show } from './looking.ts'
import { print, reach, withReplaceFlag } from './reach.ts'
import { type Invocation, readAction } from './subcommand.ts'

const usesOf = (used: number, matched: number): string => `used ${used}, matched ${matched}`

const summaryOf = ({ id, operation, used, matched, waiting, ...rule }: Fault): string[] => [
  id,
  operation,
  describeFault(rule),
  usesOf(used, matched),
  waiting === 0 ? '' : `${waiting} waiting`,
]

/** Adds, lists, removes or releases faults. */
export async function fault(invocation: Invocation): Promise<void> {
  const action = readAction('fault', invocation.args, { add: 1, list: 0, remove: 1, release: 1 })
  const [, text] = invocation.args
  const { ask } = reach(invocation)
  switch (action) {
    case 'list':
      return show(invocation, await ask((world) => world.faults()), summaryOf, 'no faults')
    case 'add':
      return show(invocation, [await ask((world) => world.fault(readRule<FaultRequest>('fault', text)))], summaryOf, '')
    case 'remove':
      return show(invocation, [await ask((world) => world.removeFault(idOf('fault', text)))], summaryOf, '')
    case 'release':
      return show(invocation, [await ask((world) => world.releaseFault(idOf('fault', text)))], summaryOf, '')
  }
}

const scenarioRow = ({ id, used, matched, ...rule }: Scenario): string[] => [
  id,
  usesOf(used, matched),
  JSON.stringify(Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== null && value !== ''))),
]

/** Adds, lists or removes scenarios. */
export async function scenario(invocation: Invocation): Promise<void> {
  const action = readAction('scenario', invocation.args, { add: 1, list: 0, remove: 1 })
  const [, text] = invocation.args
  const { ask } = reach(invocation)
  switch (action) {
    case 'list':
      return show(invocation, await ask((world) => world.scenarios()), scenarioRow, 'no scenarios')
    case 'add': {
      const rule = readRule<ScenarioRequest>('scenario', text)
      return show(invocation, [await ask((world) => world.scenario(rule))], scenarioRow, '')
    }
    case 'remove':
      return show(invocation, [await ask((world) => world.removeScenario(idOf('scenario', text)))], scenarioRow, '')
  }
}

/** @throws ConfigError for a text that is not a JSON object */
function readRule<Rule>(what: string, text: string | undefined): Rule {
  const example = what === 'fault' ? '{"operation":"*","status":503}' : '{"failIn":"JOB_STATE_MERGING"}'
  try {
    const rule: unknown = JSON.parse(text ?? '')
    if (typeof rule === 'object' && rule !== null && !Array.isArray(rule)) return rule as Rule
  } catch {
    // Said below.
  }
  throw new ConfigError(`${what} add ${text ?? ''}: expected a JSON object such as '${example}'`)
}

function idOf(what: string, id: string | undefined): string {
  if (id === undefined || id === '') throw new ConfigError(`${what}: which one? "${what} list" shows their ids`)
  return id
}

/** Makes a job wait before a state. */
export async function hold(invocation: Invocation): Promise<void> {
  const [job = '', state = ''] = invocation.args
  const { ask, jobId } = reach(invocation)
  const before = readState(state)
  const id = await jobId(job)
  printGates(await ask((world) => world.hold(id, before)))
}

/** @throws ConfigError that names the states there are */
function readState(text: string): (typeof jobStates)[number] {
  const names = jobStates.map((state) => state.slice('JOB_STATE_'.length))
  const name = text.toUpperCase().replace(/^JOB_STATE_/, '')
  const state = jobStates.find((known) => known === `JOB_STATE_${name}`)
  if (state !== undefined) return state
  throw new ConfigError(`state ${JSON.stringify(text)}${didYouMean(name, names)}: expected one of ${names.join(', ')}`)
}

/** Opens the next gates of a job. */
export async function release(invocation: Invocation): Promise<void> {
  const [job = '', steps = '1'] = invocation.args
  const { ask, jobId } = reach(invocation)
  if (!/^[1-9]\d{0,2}$/.test(steps)) {
    throw new ConfigError(`steps ${JSON.stringify(steps)}: expected a whole number from 1 to 999`)
  }
  const id = await jobId(job)
  printGates(await ask((world) => world.release(id, Number(steps))))
}

function printGates({
  jobId,
  state,
  waitingFor,
}: {
  jobId: string
  state: string
  waitingFor: readonly string[]
}): void {
  print(`job ${jobId}: ${state}${waitingFor.length === 0 ? '' : `, then waits before ${waitingFor[0]}`}`)
}

/** Copies a world to another name. */
export async function fork(invocation: Invocation): Promise<void> {
  const [into = ''] = invocation.args
  const { name, ask } = reach(invocation)
  const { apiKey } = await ask((world) => world.fork(into, { replace: invocation.options['replace'] === true })).catch(
    (error: unknown) => {
      throw withReplaceFlag(error)
    },
  )
  print(`world ${name}: copied into ${into}, which the key ${apiKey} opens`)
}
