import { useEffect, useState } from 'preact/hooks'
import type { Fault, FaultRequest } from '../../schemas/faults.ts'
import type { Scenario, ScenarioRequest } from '../../schemas/scenarios.ts'
import { ask, worldPath } from './api.ts'
import { Chip, Code, Empty, type Notices } from './parts.tsx'
import { faultCurl, literal } from './snippets.ts'

interface Props {
  readonly world: string
  readonly moved: number
  readonly notices: Notices
}

const faultPresets: readonly [label: string, rule: FaultRequest][] = [
  ['503 twice, with Retry-After', { operation: 'GET /v1/customer/jobs/{jobId}', times: 2, status: 503, retryAfter: 1 }],
  ['A create whose reply is lost', { operation: 'POST /v1/customer/jobs', times: 1, connection: 'resetAfter' }],
  ['Slow status reads', { operation: 'GET /v1/customer/jobs/{jobId}', delay: '3s' }],
  ['A result that is cut', { operation: 'GET /bytenite-results-prod/*', times: 1, answer: 'cut' }],
  ['A token that has expired', { operation: '*', times: 1, status: 401, message: 'token is expired' }],
  ['Held until it is released', { operation: 'POST /v1/customer/jobs', times: 1, delay: 'until-released' }],
]

const scenarioPresets: readonly [label: string, rule: ScenarioRequest][] = [
  ['The next run fails while merging', { times: 1, failIn: 'JOB_STATE_MERGING', errorMessage: 'zip: no space left' }],
  ['The next run never ends', { times: 1, neverEnds: true }],
  ['The next run times out', { times: 1, timesOut: true }],
  ['The next run has no results', { times: 1, results: [] }],
  ['A hundred tasks', { tasks: 100 }],
]

/** A rule as it was added, without what became of it. */
function describe(rule: Fault | Scenario): string {
  const shown = Object.entries(rule).filter(
    ([name, value]) => !['id', 'matched', 'used', 'waiting'].includes(name) && value !== null && value !== undefined,
  )
  return literal(Object.fromEntries(shown))
}

/** Faults, which make requests fail, and scenarios, which decide how runs end. */
export function Rules({ world, moved, notices }: Props) {
  const [faults, setFaults] = useState<readonly Fault[]>([])
  const [scenarios, setScenarios] = useState<readonly Scenario[]>([])
  const [again, setAgain] = useState(0)
  useEffect(() => {
    ask<{ faults: Fault[] }>('GET', worldPath(world, '/faults')).then(
      (answer) => setFaults(answer.faults),
      () => undefined,
    )
    ask<{ scenarios: Scenario[] }>('GET', worldPath(world, '/scenarios')).then(
      (answer) => setScenarios(answer.scenarios),
      () => undefined,
    )
  }, [world, moved, again])
  const act = (what: () => Promise<unknown>, done: string): void =>
    void notices.attempt(what, done).then(() => setAgain((count) => count + 1))
  const remove = (kind: 'faults' | 'scenarios', id: string): void =>
    act(() => ask('DELETE', worldPath(world, `/${kind}/${encodeURIComponent(id)}`)), 'Removed')

  return (
    <section class="columns" aria-label="Faults and scenarios">
      <div>
        <h2>Faults</h2>
        <p class="lead">They make requests fail, to test how a client handles failures.</p>
        {faults.length === 0 ? (
          <Empty title="No faults">
            <p>Add one below, or from a request in the list of requests.</p>
          </Empty>
        ) : (
          <ul class="cards">
            {faults.map((fault) => (
              <li key={fault.id}>
                <pre tabIndex={0}>{describe(fault)}</pre>
                <Used used={fault.used} matched={fault.matched} noun="request" />
                {fault.waiting > 0 && (
                  <button
                    onClick={() =>
                      act(() => ask('POST', worldPath(world, `/faults/${fault.id}/release`), {}), 'Released')
                    }
                  >
                    Release {fault.waiting}
                  </button>
                )}
                <button onClick={() => remove('faults', fault.id)}>Remove</button>
              </li>
            ))}
          </ul>
        )}
        <Form
          kind="fault"
          world={world}
          presets={faultPresets}
          add={(rule) => act(() => ask('POST', worldPath(world, '/faults'), rule), 'The fault is there')}
        />
      </div>
      <div>
        <h2>Scenarios</h2>
        <p class="lead">They decide how runs end, to test how a client handles failed jobs.</p>
        {scenarios.length === 0 ? (
          <Empty title="No scenarios">
            <p>Every run succeeds, unless its template fails.</p>
          </Empty>
        ) : (
          <ul class="cards">
            {scenarios.map((scenario) => (
              <li key={scenario.id}>
                <pre tabIndex={0}>{describe(scenario)}</pre>
                <Used used={scenario.used} matched={scenario.matched} noun="run" />
                <button onClick={() => remove('scenarios', scenario.id)}>Remove</button>
              </li>
            ))}
          </ul>
        )}
        <Form
          kind="scenario"
          world={world}
          presets={scenarioPresets}
          add={(rule) => act(() => ask('POST', worldPath(world, '/scenarios'), rule), 'The scenario is there')}
        />
      </div>
    </section>
  )
}

const Used = ({ used, matched, noun }: { readonly used: number; readonly matched: number; readonly noun: string }) =>
  used === 0 ? (
    <Chip kind="unknown">never used{matched > 0 ? `, ${matched} fitted` : ''}</Chip>
  ) : (
    <Chip kind="fault">
      {used} {noun}
      {used === 1 ? '' : 's'}
    </Chip>
  )

function Form(props: {
  readonly kind: 'fault' | 'scenario'
  readonly world: string
  readonly presets: readonly [label: string, rule: object][]
  readonly add: (rule: unknown) => void
}) {
  const [text, setText] = useState(() => JSON.stringify(props.presets[0]![1], null, 2))
  let rule: object | undefined
  try {
    rule = JSON.parse(text) as object
  } catch {
    // Said below.
  }
  return (
    <form
      class="rule-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (rule !== undefined) props.add(rule)
      }}
    >
      <div class="presets">
        {props.presets.map(([label, preset]) => (
          <button type="button" key={label} onClick={() => setText(JSON.stringify(preset, null, 2))}>
            {label}
          </button>
        ))}
      </div>
      <textarea
        aria-label={`The ${props.kind} as JSON`}
        rows={7}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      {rule === undefined && <p class="warning">This is not valid JSON yet.</p>}
      <button class="primary" disabled={rule === undefined}>
        Add the {props.kind}
      </button>
      {rule !== undefined && (
        <details>
          <summary>The same in a test</summary>
          <Code label="JavaScript" text={`await world.${props.kind}(${literal(rule)})`} />
          <Code label="Shell" text={faultCurl(location.origin, props.world, rule, `${props.kind}s`)} />
        </details>
      )}
    </form>
  )
}
