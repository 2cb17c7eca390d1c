import { useEffect, useRef, useState } from 'preact/hooks'
import type { WorldJob, WorldJobsResponse } from '../../schemas/activity.ts'
import type { Explanation } from '../../schemas/control.ts'
import type { JobState } from '../../schemas/jobs.ts'
import type { LogsResponse } from '../../schemas/logs.ts'
import type { ResultsResponse } from '../../schemas/results.ts'
import { ask, keyOf, watch, worldPath } from './api.ts'
import { dateTime, pretty, span, stateName } from './format.ts'
import { Chip, Code, Copy, Empty, followFocus, type Notices, Status, Tabs, useHeading } from './parts.tsx'
import { literal } from './snippets.ts'

/** The states of a job that succeeds, in order. */
const states: readonly JobState[] = [
  'JOB_STATE_NEW',
  'JOB_STATE_STARTED',
  'JOB_STATE_UPLOADING',
  'JOB_STATE_PARTITIONING',
  'JOB_STATE_PARTITIONED',
  'JOB_STATE_TASKS_COMPLETED',
  'JOB_STATE_MERGING',
  'JOB_STATE_MERGED',
  'JOB_STATE_DOWNLOADING',
  'JOB_STATE_COMPLETE',
]

export interface JobsProps {
  readonly world: string
  /** Rises when jobs of the world may have moved. */
  readonly moved: number
  readonly selected: string | undefined
  readonly select: (id: string | undefined) => void
  readonly notices: Notices
  readonly tryIt: () => void
}

const pageSize = 50

/** The jobs of a world, walking along their states. */
export function Jobs(props: JobsProps) {
  const { world, moved, selected, select } = props
  const [text, setText] = useState('')
  const [state, setState] = useState('')
  const [offset, setOffset] = useState(0)
  const [page, setPage] = useState<WorldJobsResponse | undefined>()
  const list = useRef<HTMLDivElement>(null)
  const turn = (to: number): void => {
    setOffset(to)
    if (list.current !== null) list.current.scrollTop = 0
  }

  useEffect(() => {
    let current = true
    const query = new URLSearchParams({ limit: String(pageSize), offset: String(offset) })
    if (text !== '') query.set('text', text)
    if (state !== '') query.set('state', state)
    ask<WorldJobsResponse>('GET', worldPath(world, `/jobs?${query}`)).then(
      (answer) => current && setPage(answer),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [world, moved, text, state, offset])
  useEffect(() => setOffset(0), [world, text, state])

  const jobs = page?.jobs ?? []
  const total = page?.pagination.total ?? 0
  return (
    <section class={`split ${selected === undefined ? '' : 'with-detail'}`} aria-label="Jobs">
      <div class="list-pane">
        <div class="toolbar">
          <input
            id="search"
            type="search"
            placeholder="Filter by name or id …"
            aria-label="Filter jobs"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <select aria-label="State" value={state} onChange={({ currentTarget }) => setState(currentTarget.value)}>
            <option value="">Any state</option>
            {[...states, 'JOB_STATE_FAILED'].map((name) => (
              <option key={name} value={name}>
                {stateName(name)}
              </option>
            ))}
          </select>
          <span class="gap" />
          <span class="count">
            {total} {total === 1 ? 'job' : 'jobs'}
          </span>
        </div>
        {page !== undefined && jobs.length === 0 ? (
          <Empty title={text === '' && state === '' ? `No job in world ${world}` : 'No job fits'}>
            <p>
              A client makes one with <code>POST /v1/customer/jobs</code>. Or{' '}
              <button onClick={props.tryIt}>try it here</button>.
            </p>
          </Empty>
        ) : (
          <div class="scroll" tabIndex={0} aria-label="List of jobs" ref={list}>
            <table class="jobs">
              <thead>
                <tr>
                  <th>State</th>
                  <th>Name</th>
                  <th class="wide">Template</th>
                  <th class="wide">Created</th>
                </tr>
              </thead>
              <tbody>
                {jobs.map((job) => (
                  <tr key={job.id} class={job.id === selected ? 'selected' : ''} onClick={() => select(job.id)}>
                    <td>
                      <StateLabel state={job.state} />
                      <Progress state={job.state} />
                    </td>
                    <td class="name">
                      <button
                        class="row"
                        aria-current={job.id === selected}
                        onClick={(event) => {
                          event.stopPropagation()
                          select(job.id)
                          if (event.detail === 0) followFocus(job.id === selected)
                        }}
                      >
                        <bdi>{shownName(job.name) ?? 'without a name'}</bdi>
                      </button>
                      <div class="id">{job.id}</div>
                      {job.account !== 'owner' && <Chip>{job.account}</Chip>}
                    </td>
                    <td class="wide">{job.templateId}</td>
                    <td class="wide time">{dateTime(job.createdAt)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {total > pageSize && (
              <p class="more">
                <button disabled={offset === 0} onClick={() => turn(Math.max(0, offset - pageSize))}>
                  Newer
                </button>{' '}
                {offset + 1} to {Math.min(offset + pageSize, total)} of {total}{' '}
                <button disabled={offset + pageSize >= total} onClick={() => turn(offset + pageSize)}>
                  Older
                </button>
              </p>
            )}
          </div>
        )}
      </div>
      {selected !== undefined && (
        <JobDetail key={`${world} ${selected}`} {...props} id={selected} job={jobs.find(({ id }) => id === selected)} />
      )}
    </section>
  )
}

/** The name as it is shown; undefined if there is nothing to see. */
const shownName = (name: string): string | undefined => (/[^\s\p{C}]/u.test(name) ? name.slice(0, 200) : undefined)

function StateLabel({ state }: { readonly state: JobState }) {
  const kind = state === 'JOB_STATE_COMPLETE' ? 'ok' : state === 'JOB_STATE_FAILED' ? 'server' : 'going'
  return <span class={`state ${kind}`}>{stateName(state)}</span>
}

const Progress = ({ state }: { readonly state: JobState }) => (
  <span class={`progress ${state === 'JOB_STATE_FAILED' ? 'failed' : ''}`} aria-hidden="true">
    {states.map((name, index) => (
      <i key={name} class={state !== 'JOB_STATE_FAILED' && index <= states.indexOf(state) ? 'done' : ''} />
    ))}
  </span>
)

const tabs = ['Timeline', 'Requests', 'Logs', 'Results', 'JSON', 'Seed'] as const

function JobDetail(props: JobsProps & { readonly id: string; readonly job: WorldJob | undefined }) {
  const { world, id, moved, select, notices } = props
  const [explained, setExplained] = useState<Explanation | undefined>()
  const [gone, setGone] = useState('')
  const [tab, setTab] = useState<(typeof tabs)[number]>('Timeline')
  const [again, setAgain] = useState(0)
  const key = keyOf(world, props.job?.account === 'stranger' ? 'stranger' : 'owner')
  const path = `/v1/customer/jobs/${encodeURIComponent(id)}`
  const own = worldPath(world, `/jobs/${encodeURIComponent(id)}`)

  useEffect(() => {
    ask<Explanation>('GET', own).then(
      (answer) => {
        setExplained(answer)
        setGone('')
      },
      (error: Error) => setGone(error.message),
    )
  }, [own, moved, again])

  const heading = useHeading(id)
  const hasActed = useRef(false)
  const act = (what: () => Promise<unknown>, done: string): void => {
    hasActed.current = true
    void notices.attempt(what, done).then(() => setAgain((count) => count + 1))
  }
  useEffect(() => {
    // The button that was pressed may be one that the new state does not have.
    if (hasActed.current && document.activeElement === document.body) heading.current?.focus()
  }, [explained, gone])

  return (
    <article class="detail" aria-label="Job">
      <header>
        <h2 tabIndex={-1} ref={heading}>
          <bdi>{shownName(explained?.name ?? '') ?? 'Job'}</bdi>
        </h2>
        <button class="quiet" aria-label="Close the detail" onClick={() => select(undefined)}>
          ×
        </button>
      </header>
      {gone !== '' && <p class="warning">{gone}</p>}
      {explained !== undefined && (
        <>
          <p class="id">
            {id} <Copy text={id}>Copy id</Copy>
          </p>
          <p>
            <StateLabel state={explained.state} />
            {explained.errorMessage !== '' && (
              <>
                : <b class="error">{explained.errorMessage}</b>
              </>
            )}
          </p>
          <p class="evidence">Next: {explained.next}</p>
          <JobActions explained={explained} act={act} path={path} own={own} apiKey={key} world={world} />
          <Tabs label="About the job" names={tabs} current={tab} onChoose={setTab} />
          {tab === 'Timeline' && <Timeline explained={explained} />}
          {tab === 'Requests' && <JobRequests explained={explained} />}
          {tab === 'Logs' && <Logs id={id} apiKey={key} moved={moved + again} />}
          {tab === 'Results' && <Results path={path} apiKey={key} moved={moved + again} />}
          {(tab === 'JSON' || tab === 'Seed') && (
            <JobJson path={path} apiKey={key} moved={moved + again} asSeed={tab === 'Seed'} />
          )}
        </>
      )}
    </article>
  )
}

function JobActions(props: {
  readonly explained: Explanation
  readonly act: (what: () => Promise<unknown>, done: string) => void
  readonly path: string
  readonly own: string
  readonly apiKey: string
  readonly world: string
}) {
  const { explained, act, path, own, apiKey } = props
  const [pace, setPace] = useState('')
  const { state, deleted, timeline, jobId } = explained
  const isNew = state === 'JOB_STATE_NEW'
  const hasEnded = state === 'JOB_STATE_COMPLETE' || state === 'JOB_STATE_FAILED'
  const runs = !isNew && !hasEnded
  const toCome = timeline.filter(({ entered }) => !entered).map((entry) => entry.state)
  const waits = timeline.some(({ entered, at }) => !entered && at === '')
  if (deleted) return null
  const upload = async (file: File): Promise<void> => {
    const { job } = await watch<{ job: { dataSource: { params?: { tempUrl?: string } } | null } }>('GET', path, apiKey)
    const link = job.dataSource?.params?.tempUrl
    if (link === undefined || link === '') throw new Error('This job waits for no file')
    const { pathname, search } = new URL(link)
    await ask('PUT', pathname + search, new Blob([file], { type: file.type }))
  }
  return (
    <div class="actions">
      {isNew && (
        <button class="primary" onClick={() => act(() => ask('POST', `${path}/run`, {}, apiKey), 'The job runs')}>
          Run
        </button>
      )}
      {isNew && (
        <label class="button">
          Upload …
          <input
            type="file"
            class="hidden"
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0]
              if (file !== undefined) act(() => upload(file), `${file.name} was uploaded`)
            }}
          />
        </label>
      )}
      {isNew && (
        <button
          onClick={() =>
            act(() => ask('PATCH', `${path}/uploadcompleted`, undefined, apiKey), 'The upload is complete')
          }
        >
          Upload completed
        </button>
      )}
      {runs && (
        <button
          onClick={() =>
            act(
              () => ask('POST', worldPath(props.world, '/clock/advance'), { by: `job:${jobId}` }),
              'The clock went on to its end',
            )
          }
        >
          Advance to its end
        </button>
      )}
      {runs && waits && (
        <button onClick={() => act(() => ask('POST', `${own}/release`, {}), 'The gate is open')}>
          Release the gate
        </button>
      )}
      {runs && toCome.length > 0 && (
        <select
          aria-label="Hold before a state"
          value=""
          onChange={({ currentTarget }) => {
            const before = currentTarget.value
            if (before !== '')
              act(() => ask('POST', `${own}/hold`, { before }), `It will wait before ${stateName(before)}`)
          }}
        >
          <option value="">Hold before …</option>
          {toCome.map((name) => (
            <option key={name} value={name}>
              {stateName(name)}
            </option>
          ))}
        </select>
      )}
      {!hasEnded && (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault()
            act(() => ask('PUT', `${own}/pace`, { pace }), 'The pace is set')
          }}
        >
          <input
            aria-label="Pace of the job"
            placeholder="pace: 10s, polls:3, manual"
            value={pace}
            onInput={({ currentTarget }) => setPace(currentTarget.value)}
          />
          <button>Set pace</button>
        </form>
      )}
      {runs && (
        <button onClick={() => act(() => ask('POST', `${path}/abort`, undefined, apiKey), 'The job was aborted')}>
          Abort
        </button>
      )}
      {!runs && (
        <button onClick={() => act(() => ask('DELETE', path, undefined, apiKey), 'The job was deleted')}>Delete</button>
      )}
    </div>
  )
}

/** The states as a bar on the world's time: entered, planned, or behind a gate. */
function Timeline({ explained }: { readonly explained: Explanation }) {
  const { timeline, now } = explained
  return (
    <ol class="timeline">
      {timeline.map(({ state, at, entered, reason }, index) => {
        const next = timeline[index + 1]
        const stays =
          at !== '' && next !== undefined && next.at !== '' ? Date.parse(next.at) - Date.parse(at) : undefined
        const kind = state === 'JOB_STATE_FAILED' ? 'failed' : entered ? 'entered' : at === '' ? 'gate' : 'planned'
        const word = { failed: 'failed', entered: 'entered', gate: 'behind a gate', planned: 'planned' }[kind]
        return (
          <li key={state} class={kind}>
            <b>{stateName(state)}</b> <Chip>{word}</Chip>
            <div>
              {at === ''
                ? reason
                : `${entered ? '' : `in ${span(Math.max(0, Date.parse(at) - Date.parse(now)))}, `}${dateTime(at)} — ${reason}`}
            </div>
            {stays !== undefined && stays > 0 && <small>{span(stays)} in this state</small>}
          </li>
        )
      })}
    </ol>
  )
}

const JobRequests = ({ explained }: { readonly explained: Explanation }) =>
  explained.requests.length === 0 ? (
    <p>No client sent a request about it.</p>
  ) : (
    <ul class="plain">
      {explained.requests.map(({ at, operation, status, fault, faultDoes }) => (
        <li key={at}>
          <Status status={status} /> {operation} <span class="time">{dateTime(at)}</span>{' '}
          {fault !== '' && <Chip kind="fault">{faultDoes === '' ? 'fault' : faultDoes}</Chip>}
        </li>
      ))}
    </ul>
  )

/** Something of the job, asked for again whenever it moves. */
function useAnswer<Answer>(
  method: string,
  path: string,
  apiKey: string,
  moved: number,
  body?: unknown,
): Answer | string | undefined {
  const [answer, setAnswer] = useState<Answer | string | undefined>()
  useEffect(() => {
    watch<Answer>(method, path, apiKey, body).then(setAnswer, (error: Error) => setAnswer(error.message))
  }, [path, moved])
  return answer
}

function Logs({ id, apiKey, moved }: { readonly id: string; readonly apiKey: string; readonly moved: number }) {
  const answer = useAnswer<LogsResponse>('POST', '/v1/customer/logs', apiKey, moved, { jobId: id })
  if (answer === undefined) return null
  if (typeof answer === 'string') return <p class="warning">{answer}</p>
  const lines = [
    ...answer.partitioner.map((line) => ({ from: 'partitioner', ...line })),
    ...Object.entries(answer.taskrunner).flatMap(([task, { logs }]) =>
      logs.map((line) => ({ from: `task ${task.slice(0, 8)}`, ...line })),
    ),
    ...answer.assembler.map((line) => ({ from: 'assembler', ...line })),
  ].sort((a, b) => (a.timestamp ?? '').localeCompare(b.timestamp ?? ''))
  if (lines.length === 0) return <p>Nothing was printed yet.</p>
  return (
    <pre class="logs" tabIndex={0} aria-label="Log lines">
      {lines
        .slice(-1000)
        .map(({ from, level, log, timestamp }) => `${dateTime(timestamp ?? '')}  ${level.padEnd(5)}  ${from}: ${log}`)
        .join('\n')}
    </pre>
  )
}

function Results({ path, apiKey, moved }: { readonly path: string; readonly apiKey: string; readonly moved: number }) {
  const answer = useAnswer<ResultsResponse>('GET', `${path}/results`, apiKey, moved)
  if (answer === undefined) return null
  if (typeof answer === 'string') return <p>{answer}</p>
  return (
    <ul class="plain">
      {answer.results.map(({ name, link }) => (
        <li key={name}>
          <a href={link} download={name}>
            <bdi>{name}</bdi>
          </a>
        </li>
      ))}
    </ul>
  )
}

function JobJson(props: {
  readonly path: string
  readonly apiKey: string
  readonly moved: number
  readonly asSeed: boolean
}) {
  const answer = useAnswer<{ job: Record<string, unknown> }>('GET', props.path, props.apiKey, props.moved)
  if (answer === undefined) return null
  if (typeof answer === 'string') return <p class="warning">{answer}</p>
  const { id, templateId, name, state, dataSource, params, config } = answer.job
  return props.asSeed ? (
    <Code
      label="For a seed file"
      text={literal({ jobs: [{ templateId, jobId: id, name, state, dataSource, params, config }] })}
    />
  ) : (
    <Code label="The job as clients see it" text={pretty(JSON.stringify(answer))} />
  )
}
