import { useEffect, useMemo, useState } from 'preact/hooks'
import type { FaultRequest } from '../../schemas/faults.ts'
import type { FidelityRow } from '../../schemas/fidelity.ts'
import type { Exchange } from '../../schemas/journal.ts'
import { ask, keyOf, worldPath } from './api.ts'
import { clockTime, pretty, span, statusClass } from './format.ts'
import { Chip, Code, Copy, Empty, followFocus, type Notices, Sentence, Status, useHeading } from './parts.tsx'
import { asCurl, asFetch, asPython, asVerify, faultCode, isMasked, type Sendable, sendableOf } from './snippets.ts'
import type { Seen } from './stream.ts'

export interface Filters {
  readonly text: string
  readonly status: '' | 'ok' | 'client' | 'server' | 'lost'
  readonly problems: boolean
}

export const noFilters: Filters = { text: '', status: '', problems: false }

/** Rows that are drawn at once; more of them on demand. */
const step = 200

/** Tells if an exchange is a problem: refused, failed, faulted, or with ignored fields. */
export const isProblem = ({ exchange }: Seen): boolean =>
  exchange.status === 0 || exchange.status >= 400 || exchange.fault !== null || exchange.unknownFields.length > 0

function fits({ world, exchange }: Seen, { text, status, problems }: Filters): boolean {
  if (problems && !isProblem({ world, exchange })) return false
  if (status !== '' && statusClass(exchange.status) !== status) return false
  if (text === '') return true
  const { operation, path, persona, jobId, request, response } = exchange
  return [operation, path, persona, world, jobId ?? '', request.body, response.body].some((part) =>
    part.toLowerCase().includes(text.toLowerCase()),
  )
}

/** The sentence of an error's body. */
function messageOf({ response, status }: Exchange): string {
  if (status !== 0 && status < 400) return ''
  try {
    const { message } = JSON.parse(response.body) as { message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return ''
  }
}

interface Props {
  readonly seen: readonly Seen[]
  readonly showWorld: boolean
  readonly paused: boolean
  readonly held: number
  readonly filters: Filters
  readonly setFilters: (filters: Filters) => void
  readonly setPaused: (paused: boolean) => void
  readonly setAllWorlds: (all: boolean) => void
  readonly clear: () => void
  readonly rows: ReadonlyMap<string, FidelityRow>
  readonly selected: number | undefined
  readonly select: (id: number | undefined) => void
  readonly openJob: (world: string, id: string) => void
  readonly notices: Notices
  readonly apiKey: string
}

/** Requests as they happen, and why each was answered so. */
export function Requests(props: Props) {
  const { seen, filters, setFilters, selected, select } = props
  const [shown, setShown] = useState(step)
  const found = useMemo(() => seen.filter((each) => fits(each, filters)), [seen, filters])
  const current = found.find(({ exchange }) => exchange.id === selected)
  const change = (part: Partial<Filters>): void => setFilters({ ...filters, ...part })

  return (
    <section class={`split ${current === undefined ? '' : 'with-detail'}`} aria-label="Requests">
      <div class="list-pane">
        <div class="toolbar">
          <input
            id="search"
            type="search"
            placeholder="Filter by path, job, text …"
            aria-label="Filter requests"
            value={filters.text}
            onInput={({ currentTarget }) => change({ text: currentTarget.value })}
          />
          <select
            aria-label="Status"
            value={filters.status}
            onChange={({ currentTarget }) => change({ status: currentTarget.value as Filters['status'] })}
          >
            <option value="">Any status</option>
            <option value="ok">2xx</option>
            <option value="client">4xx</option>
            <option value="server">5xx</option>
            <option value="lost">Lost</option>
          </select>
          <label class="check">
            <input
              type="checkbox"
              checked={filters.problems}
              onChange={({ currentTarget }) => change({ problems: currentTarget.checked })}
            />
            Only problems
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={props.showWorld}
              onChange={({ currentTarget }) => props.setAllWorlds(currentTarget.checked)}
            />
            All worlds
          </label>
          <span class="gap" />
          <button aria-pressed={props.paused} onClick={() => props.setPaused(!props.paused)}>
            {props.paused ? `Resume${props.held > 0 ? ` (${props.held} new)` : ''}` : 'Pause'}
          </button>
          <button onClick={props.clear}>Clear</button>
        </div>
        {found.length === 0 ? (
          seen.length === 0 ? (
            <FirstRequest apiKey={props.apiKey} />
          ) : (
            <Empty title="No matching request">
              <p>
                {seen.length} requests are hidden by the filter.{' '}
                <button onClick={() => setFilters(noFilters)}>Show all</button>
              </p>
            </Empty>
          )
        ) : (
          <div class="scroll" tabIndex={0} aria-label="List of requests">
            <table class="requests">
              <thead>
                <tr>
                  <th>Time</th>
                  <th>Status</th>
                  <th>Request</th>
                  {props.showWorld && <th>World</th>}
                  <th class="wide">Persona</th>
                  <th class="number wide">ms</th>
                </tr>
              </thead>
              <tbody>
                {found.slice(0, shown).map((each) => (
                  <Row
                    key={each.exchange.id}
                    each={each}
                    showWorld={props.showWorld}
                    isSelected={each.exchange.id === selected}
                    select={select}
                  />
                ))}
              </tbody>
            </table>
            {found.length > shown && (
              <p class="more">
                <button onClick={() => setShown(shown + step)}>
                  Show {Math.min(step, found.length - shown)} older ones
                </button>
              </p>
            )}
          </div>
        )}
      </div>
      {current !== undefined && <Detail key={current.exchange.id} each={current} {...props} />}
    </section>
  )
}

function FirstRequest({ apiKey }: { readonly apiKey: string }) {
  return (
    <Empty title="No request yet">
      <p>
        Point a client at <code>{location.origin}</code> with the key <code>{apiKey}</code>. Its requests appear here as
        they happen.
      </p>
      <Code label="To try it" text={`curl ${location.origin}/v1/customer/jobs -H 'Authorization: ${apiKey}'`} />
    </Empty>
  )
}

function Row(props: {
  readonly each: Seen
  readonly showWorld: boolean
  readonly isSelected: boolean
  readonly select: (id: number) => void
}) {
  const { exchange, world } = props.each
  const message = messageOf(exchange)
  return (
    <tr class={props.isSelected ? 'selected' : ''} onClick={() => props.select(exchange.id)}>
      <td class="time">{clockTime(exchange.at)}</td>
      <td>
        <Status status={exchange.status} />
      </td>
      <td class="request">
        <button
          class="row"
          data-request={exchange.id}
          aria-current={props.isSelected}
          onClick={(event) => {
            event.stopPropagation()
            props.select(exchange.id)
            if (event.detail === 0) followFocus(props.isSelected)
          }}
        >
          <b>{exchange.method}</b> {exchange.path}
        </button>
        {exchange.fault !== null && <Chip kind="fault">fault</Chip>}
        {exchange.scenario !== null && <Chip kind="scenario">scenario</Chip>}
        {exchange.unknownFields.length > 0 && (
          <Chip kind="unknown" title={exchange.unknownFields.join(', ')}>
            {exchange.unknownFields.length} unknown
          </Chip>
        )}
        {exchange.ground.startsWith('chosen') && <Chip title={exchange.ground}>chosen</Chip>}
        {message !== '' && <div class="reason">{message}</div>}
      </td>
      {props.showWorld && <td class="world">{world}</td>}
      <td class="wide">{exchange.persona}</td>
      <td class="number wide">
        {exchange.durationMs < 10 ? exchange.durationMs.toFixed(1) : Math.round(exchange.durationMs)}
      </td>
    </tr>
  )
}

/** Faults that one click makes of a request. */
const presets: readonly [label: string, rule: Omit<FaultRequest, 'operation'>][] = [
  ['503, then retry', { times: 1, status: 503, retryAfter: 1 }],
  ['500', { times: 1, status: 500 }],
  ['429, wait 2 s', { times: 1, status: 429, retryAfter: 2 }],
  ['401', { times: 1, status: 401 }],
  ['lost reply', { times: 1, connection: 'resetAfter' }],
  ['slow by 3 s', { times: 1, delay: '3s' }],
  ['cut in half', { times: 1, answer: 'cut' }],
]

function Detail({ each, rows, select, openJob, notices }: Props & { readonly each: Seen }) {
  const { exchange, world } = each
  const [ground = '', row = ''] = exchange.ground.split('; ')
  const sendable = sendableOf(world, exchange)
  const [editing, setEditing] = useState(false)
  const heading = useHeading(exchange.id)
  useEffect(() => setEditing(false), [exchange.id])

  const send = async (request: Sendable): Promise<void> => {
    const body = request.body === '' ? undefined : new Blob([request.body], { type: 'application/json' })
    await ask(request.method, request.path, body, keyOf(request.world, request.persona))
  }
  const faultNext = (rule: Omit<FaultRequest, 'operation'>): FaultRequest => ({
    operation: exchange.operation,
    ...rule,
  })

  return (
    <article class="detail" aria-label={`${exchange.method} ${exchange.path}`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          <Status status={exchange.status} /> <b>{exchange.method}</b> <span class="path">{exchange.path}</span>
        </h2>
        <button class="quiet" aria-label="Close the detail" onClick={() => select(undefined)}>
          ×
        </button>
      </header>
      {messageOf(exchange) !== '' && <p class="message">{messageOf(exchange)}</p>}
      <dl class="facts">
        <div>
          <dt>Operation</dt>
          <dd>{exchange.operation}</dd>
        </div>
        <div>
          <dt>World</dt>
          <dd>
            {world}, as {exchange.persona}
          </dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>{span(exchange.durationMs)}</dd>
        </div>
        {exchange.jobId !== null && (
          <div>
            <dt>Job</dt>
            <dd>
              <button class="link" onClick={() => openJob(world, exchange.jobId!)}>
                {exchange.jobId}
              </button>
            </dd>
          </div>
        )}
        {exchange.fault !== null && (
          <div>
            <dt>Fault</dt>
            <dd>{exchange.fault} changed this answer</dd>
          </div>
        )}
        {exchange.scenario !== null && (
          <div>
            <dt>Scenario</dt>
            <dd>{exchange.scenario} decided this run</dd>
          </div>
        )}
      </dl>
      {exchange.unknownFields.length > 0 && (
        <p class="warning">
          Not read, as no field has this name:{' '}
          {exchange.unknownFields.map((name) => (
            <span key={name}>
              <code>{name}</code>
              {exchange.suggestions[name] !== undefined && (
                <>
                  {' '}
                  (did you mean <code>{exchange.suggestions[name]}</code>?)
                </>
              )}{' '}
            </span>
          ))}
        </p>
      )}
      <p class="evidence">
        <Chip kind={`ground-${ground}`}>{ground}</Chip> <Sentence text={rows.get(row)?.known ?? row} />
      </p>
      <div class="actions">
        <button
          onClick={() =>
            isMasked(sendable) ? setEditing(true) : void notices.attempt(() => send(sendable), 'Sent again')
          }
        >
          Send again
        </button>
        <button onClick={() => setEditing(!editing)} aria-expanded={editing}>
          Edit and send
        </button>
        <Copy text={() => asCurl(location.origin, sendable)}>Copy as curl</Copy>
        <Copy text={() => asFetch(location.origin, sendable)}>as fetch</Copy>
        <Copy text={() => asPython(location.origin, sendable)}>as Python</Copy>
        <Copy text={() => asVerify(exchange)}>Copy verify()</Copy>
      </div>
      {editing && <Editor sendable={sendable} send={(request) => void notices.attempt(() => send(request), 'Sent')} />}
      <fieldset class="presets">
        <legend>Make the next request like this fail</legend>
        {presets.map(([label, rule]) => (
          <button
            key={label}
            title={faultCode(faultNext(rule))}
            onClick={() =>
              void notices.attempt(
                () => ask('POST', worldPath(world, '/faults'), faultNext(rule)),
                `The next ${exchange.operation} in world ${world} will meet this fault`,
              )
            }
          >
            {label}
          </button>
        ))}
      </fieldset>
      <div class="sides">
        <Side
          title="Request"
          bytes={exchange.request.bodyBytes}
          body={exchange.request.body}
          headers={exchange.request.headers}
        />
        <Side title="Answer" bytes={exchange.response.bodyBytes} body={exchange.response.body} />
      </div>
    </article>
  )
}

function Side(props: {
  readonly title: string
  readonly bytes: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}) {
  return (
    <section>
      <h3>
        {props.title} <small>{props.bytes === 0 ? 'without a body' : `${props.bytes} bytes`}</small>
      </h3>
      {props.body !== '' && (
        <pre tabIndex={0} aria-label={`Body of the ${props.title.toLowerCase()}`}>
          {pretty(props.body)}
        </pre>
      )}
      {props.headers !== undefined && (
        <details>
          <summary>Headers</summary>
          <dl class="headers">
            {Object.entries(props.headers).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  )
}

function Editor({ sendable, send }: { readonly sendable: Sendable; readonly send: (request: Sendable) => void }) {
  const [request, setRequest] = useState(sendable)
  const masked = isMasked(request)
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault()
        if (!masked) send(request)
      }}
    >
      <label>
        {request.method}
        <input
          value={request.path}
          onInput={({ currentTarget }) => setRequest({ ...request, path: currentTarget.value })}
        />
      </label>
      <label>
        as persona
        <input
          value={request.persona}
          onInput={({ currentTarget }) => setRequest({ ...request, persona: currentTarget.value })}
        />
      </label>
      <label>
        Body
        <textarea
          rows={8}
          value={pretty(request.body)}
          onInput={({ currentTarget }) => setRequest({ ...request, body: currentTarget.value })}
        />
      </label>
      {masked && <p class="warning">Secrets are masked as ***: write yours in their place.</p>}
      <button class="primary" disabled={masked}>
        Send
      </button>
    </form>
  )
}
