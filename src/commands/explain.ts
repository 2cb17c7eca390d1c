import { tableLines } from '../base/plain-text.ts'
import type { Explanation } from '../../schemas/control.ts'
import { print, reach } from './reach.ts'
import type { Invocation } from './subcommand.ts'

/** Prints why a job is where it is, and what moves it on. */
export async function explain(invocation: Invocation): Promise<void> {
  const { ask, jobId } = reach(invocation)
  const id = await jobId(invocation.args[0] ?? '')
  const explanation = await ask((world) => world.explain(id))
  print(invocation.options['json'] === true ? JSON.stringify(explanation, null, 2) : toText(explanation))
}

/** An explanation for people. */
export function toText(explanation: Explanation): string {
  const {
    jobId,
    templateId,
    name,
    state,
    now,
    deleted,
    timeline,
    next,
    scenario,
    pace,
    execution,
    errorMessage,
    requests,
  } = explanation
  const faults = new Set(requests.filter(({ fault }) => fault !== '').map(nameOfFault))
  return [
    `Job       ${jobId}${name === '' ? '' : ` (${JSON.stringify(name)})`}`,
    `Template  ${templateId}`,
    `State     ${state}${deleted ? ', deleted' : ''}${errorMessage === '' ? '' : `: ${errorMessage}`}`,
    `Now       ${now}`,
    `Next      ${next}`,
    `Scenario  ${scenario || 'none'}`,
    ...(execution === '' ? [] : [`Blocks    ${execution}`]),
    ...(pace === '' ? [] : [`Pace      ${pace}`]),
    `Faults    ${[...faults].join(', ') || 'none'}`,
    '',
    'Timeline',
    ...tableLines(
      timeline.map(({ state, at, entered, reason }) => [
        entered ? 'x' : '-',
        at || 'not known yet',
        state,
        entered ? reason : `${reason} (to come)`,
      ]),
    ),
    '',
    `Requests${requests.length === 0 ? ': none' : ''}`,
    ...tableLines(
      requests.map((request) => [
        request.at,
        request.status === 0 ? 'reset' : String(request.status),
        request.operation,
        request.fault === '' ? '' : `fault ${nameOfFault(request)}`,
      ]),
    ),
  ].join('\n')
}

const nameOfFault = ({ fault, faultDoes }: Explanation['requests'][number]): string =>
  faultDoes === '' ? fault : `${faultDoes} (${fault})`
