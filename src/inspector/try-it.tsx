import { useEffect, useState } from 'preact/hooks'
import type { KnownTemplate, KnownTemplatesResponse } from '../../schemas/templates.ts'
import type { ResultsResponse } from '../../schemas/results.ts'
import { ask, keyOf, worldPath } from './api.ts'
import { Code, type Notices } from './parts.tsx'
import { literal } from './snippets.ts'

interface Props {
  readonly world: string
  readonly notices: Notices
  readonly onMoved: () => void
  readonly openJob: (world: string, id: string) => void
}

interface Made {
  readonly id: string
  readonly state: string
}

/** A job from its creation to its results, as buttons with their code. */
export function TryIt({ world, notices, onMoved, openJob }: Props) {
  const key = keyOf(world)
  const [templates, setTemplates] = useState<readonly KnownTemplate[]>([])
  const [templateId, setTemplateId] = useState('hello-world-template')
  const [job, setJob] = useState<Made | undefined>()
  const [results, setResults] = useState<ResultsResponse['results']>([])
  useEffect(() => {
    ask<KnownTemplatesResponse>('GET', `/_emulator/templates?world=${encodeURIComponent(world)}`).then(
      ({ templates: known }) => setTemplates(known),
      () => undefined,
    )
    setJob(undefined)
    setResults([])
  }, [world])

  const request = {
    templateId,
    name: 'From the inspector',
    dataSource: {
      dataSourceDescriptor: 'url',
      params: {
        '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource',
        url: 'https://example.com/hello.txt',
      },
    },
    dataDestination: { dataSourceDescriptor: 'bucket' },
  }
  const jobs = '/v1/customer/jobs'
  const act = (what: () => Promise<unknown>, done: string): void => void notices.attempt(what, done).then(onMoved)
  const template = templates.find(({ id }) => id === templateId)

  return (
    <section class="try-it" aria-label="Try it">
      <h2>A job, step by step</h2>
      <p class="lead">In world {world}. Each step is a request; it appears among the requests.</p>
      <ol class="steps">
        <li>
          <label>
            Template{' '}
            <select value={templateId} onChange={({ currentTarget }) => setTemplateId(currentTarget.value)}>
              {templates.map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </label>{' '}
          <button
            class="primary"
            onClick={() =>
              act(async () => {
                const answer = await ask<{ job: Made }>('POST', jobs, request, key)
                setResults([])
                setJob(answer.job)
              }, 'The job is there')
            }
          >
            Create
          </button>
          {template !== undefined && <AboutTemplate template={template} />}
          <Code
            label="JavaScript"
            text={`await fetch('${location.origin}${jobs}', {\n  method: 'POST',\n  headers: { authorization: '${key}', 'content-type': 'application/json' },\n  body: JSON.stringify(${literal(request)}),\n})`}
          />
        </li>
        <li class={job === undefined ? 'off' : ''}>
          <button
            disabled={job === undefined}
            onClick={() => act(() => ask('POST', `${jobs}/${job!.id}/run`, {}, key), 'The job runs')}
          >
            Run
          </button>
          <Code
            label="Shell"
            text={`curl -X POST ${location.origin}${jobs}/${job?.id ?? 'JOBID'}/run -H 'Authorization: ${key}'`}
          />
        </li>
        <li class={job === undefined ? 'off' : ''}>
          <button
            disabled={job === undefined}
            onClick={() =>
              act(
                () => ask('POST', worldPath(world, '/clock/advance'), { by: `job:${job!.id}` }),
                'The clock went on to its end',
              )
            }
          >
            Advance to its end
          </button>
          <Code label="In a test" text={`await world.clock.advance('job:${job?.id ?? 'JOBID'}')`} />
        </li>
        <li class={job === undefined ? 'off' : ''}>
          <button
            disabled={job === undefined}
            onClick={() =>
              act(
                async () =>
                  setResults((await ask<ResultsResponse>('GET', `${jobs}/${job!.id}/results`, undefined, key)).results),
                'These are its results',
              )
            }
          >
            Get results
          </button>
          <ul class="plain">
            {results.map(({ name, link }) => (
              <li key={name}>
                <a href={link} download={name}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
          <Code
            label="Shell"
            text={`curl ${location.origin}${jobs}/${job?.id ?? 'JOBID'}/results -H 'Authorization: ${key}'`}
          />
        </li>
      </ol>
      {job !== undefined && (
        <p>
          <button class="link" onClick={() => openJob(world, job.id)}>
            Watch it among the jobs
          </button>
        </p>
      )}
      <h2>Other callers</h2>
      <p>
        A key with a persona meets what a client must be able to bear: <code>{key}:readonly</code> may not write (403),{' '}
        <code>{key}:expired</code> gets tokens that have expired (401), <code>{key}:limited</code> meets 429,{' '}
        <code>{key}:down</code> 503, <code>{key}:stranger</code> is another account.
      </p>
    </section>
  )
}

const sources: Readonly<Record<KnownTemplate['from'], string>> = {
  world: 'made in this world',
  seed: 'of the seed',
  apps: 'of --apps',
  vendor: "the vendor's",
  emulator: 'a scenario',
}

/** A template: its components, the needs of its jobs, and their results. */
function AboutTemplate({ template }: { readonly template: KnownTemplate }) {
  const { description, from, partitioner, app, assembler, needs, makes } = template
  return (
    <p class="template">
      {description} <small>({sources[from]})</small>
      <br />
      {[partitioner, app, assembler].filter((tag) => tag !== '').join(' → ')}
      <br />
      Needs {needs.length === 0 ? 'nothing' : 'a data source'}, makes{' '}
      {makes.length === 0 ? 'nothing' : makes.map((name) => <code key={name}>{name} </code>)}
    </p>
  )
}
