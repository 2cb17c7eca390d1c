// The documents that are drawn from the program itself: what the emulator serves of its table of grounds and of its own API.
// scripts/docs.js writes them; test/docs.test.ts compares.
import type { JobResponse } from '../schemas/jobs.ts'
import type { ResultsResponse } from '../schemas/results.ts'
import type { FidelityResponse, FidelityRow, Ground } from '../schemas/fidelity.ts'
import { buildApp } from '../src/app.ts'
import type { FastifyInstance } from 'fastify'
import { type Core, createCore } from '../src/core.ts'
import { apis } from '../src/routes/openapi.ts'
import { builtInScenarios } from '../src/domain/templates/built-in-scenarios.ts'
import { builtInTemplates } from '../src/domain/templates/built-in.ts'
import type { Template } from '../src/domain/templates/template.ts'
import { microsPerSecond } from '../src/base/timestamps.ts'
import { settings } from '../src/settings/settings.ts'
import { commandLinePage } from './command-line.ts'
import { code, generated, page, table } from './markdown.ts'

/** Path of each generated document, and its text. */
export async function generatedDocuments(): Promise<Readonly<Record<string, string>>> {
  const core = createCore()
  const app = buildApp(core)
  try {
    const get = async (path: string): Promise<unknown> => (await app.inject(path)).json()
    return {
      'docs/command-line.md': commandLinePage(),
      'docs/templates.md': templatesPage(await templateFacts(app, core)),
      'docs/fidelity.md': fidelityPage((await get('/_emulator/fidelity')) as FidelityResponse),
      'docs/control-api.md': controlPage(withoutReferences((await get('/_emulator/openapi.json')) as Document)),
    }
  } finally {
    await app.close()
    core.close()
  }
}

// docs/templates.md

interface TemplateFacts {
  readonly template: Template
  /** Names of the files that a job leaves which has nothing of its own but a source. */
  readonly makes: readonly string[]
}

/** Makes and runs a job of each of the vendor's templates, and sees what comes of it. */
async function templateFacts(app: FastifyInstance, core: Core): Promise<TemplateFacts[]> {
  const facts: TemplateFacts[] = []
  for (const template of builtInTemplates.values()) {
    if (isScenario(template)) continue
    const post = async (url: string, payload: object) =>
      app.inject({ method: 'POST', url, headers: { authorization: 'test_default' }, payload })
    const dataSource = template.dataSource ?? { dataSourceDescriptor: 'bypass' }
    const made = await post('/v1/customer/jobs', { templateId: template.id, dataSource })
    const { job } = made.json<JobResponse>()
    await post(`/v1/customer/jobs/${job.id}/run`, {})
    await core.clocks.advance(await core.worlds.open('default'), 3600 * microsPerSecond)
    const url = `/v1/customer/jobs/${job.id}/results`
    const answer = await app.inject({ url, headers: { authorization: 'test_default' } })
    const { results } = answer.json<ResultsResponse>()
    facts.push({ template, makes: results.map(({ name }) => name) })
  }
  return facts
}

const isScenario = ({ id }: Template): boolean => id in builtInScenarios

function templatesPage(facts: readonly TemplateFacts[]): string {
  const components = ({ app, partitioner, assembler }: Template): string =>
    [partitioner, app, assembler]
      .filter((tag) => tag !== '')
      .map(code)
      .join(' → ')
  const params = ({ params }: Template): string => {
    const given = Object.entries({ ...params?.partitioner, ...params?.app })
    return given.length === 0 ? 'none' : code(JSON.stringify(Object.fromEntries(given)))
  }
  return page(
    '# Built-in templates',
    generated,
    'Every world has these templates. Lists show them in this order, after your own templates. `source` means that the job needs a data source: a file, a URL, a bucket, or `bypass` for none. `nothing` means that `{"templateId": …}` alone makes a job that can be run. If the vendor\'s tags of the components are not known, they were chosen from the name.',
    table(
      ['Template', 'Partitioner → app → assembler', 'Needs', 'Default parameters', 'Makes'],
      facts.map(({ template, makes }) => [
        code(template.id),
        components(template),
        template.dataSource === null ? 'source' : 'nothing',
        params(template),
        makes.map(code).join(', '),
      ]),
    ),
    'The emulator makes up the files. A [scenario](time-and-scenarios.md#scenarios) can set their content.',
    '## Templates that are scenarios',
    'They need no data source. [Time and scenarios](time-and-scenarios.md#templates-that-are-scenarios) says how their jobs end.',
    table(
      ['Template', 'Use'],
      [...builtInTemplates.values()].filter(isScenario).map(({ id, description }) => [code(id), description]),
    ),
  )
}

// docs/fidelity.md

const meanings: Readonly<Record<Ground, string>> = {
  documented: "the vendor's pages or its published OpenAPI documents say so",
  observed: 'a public client depends on it, or a saved answer of the service shows it',
  measured: 'a real grpc-gateway (2.26 and 2.30) answered so, in front of an echo service with the same bindings',
  inferred: 'it follows from the technology of the service: Go, grpc-gateway v2, proto3 JSON, Google Cloud Storage',
  chosen: 'nothing was found; the most useful behaviour was chosen',
}

function fidelityPage({ rows, operations }: FidelityResponse): string {
  const counts = Object.entries(meanings).map(([ground, meaning]) => [
    code(ground),
    meaning,
    String(rows.filter((row) => row.ground === ground).length),
  ])
  const about = (kind: FidelityRow['about']) =>
    table(
      ['Id', 'Ground', 'What is known'],
      rows.filter((row) => row.about === kind).map(({ id, ground, known }) => [code(id), ground, known]),
    )
  const uses = new Map<string, number>()
  for (const { answers } of operations) {
    for (const id of new Set(answers.flatMap((answer) => answer.rows))) uses.set(id, (uses.get(id) ?? 0) + 1)
  }
  const isShared = (id: string): boolean => id !== 'absent-operation' && uses.get(id)! > operations.length / 3

  const groundOf = new Map(rows.map(({ id, ground }) => [id, ground]))
  const operationRow = ({ operation, answers }: FidelityResponse['operations'][number]) => {
    const success = answers
      .filter(({ code }) => code === 0)
      .map(({ status, rows: [id = ''] }) => `${status === 200 ? '' : `${status}: `}${groundOf.get(id)}; ${code(id)}`)
    const own = answers
      .filter(({ code, onlyByFault }) => code !== 0 && !onlyByFault)
      .map(
        ({ status, code: grpcCode, rows }) =>
          [`${status}/${grpcCode}`, rows.filter((id) => !isShared(id)).map(code)] as const,
      )
      .filter(([, ids]) => ids.length > 0)
      .map(([status, ids]) => `${status}: ${ids.join(', ')}`)
    const byFault = answers.filter(({ onlyByFault }) => onlyByFault).map(({ status }) => String(status))
    return [code(operation), success.join('<br>') || 'none', own.join('<br>'), byFault.join(', ')]
  }
  const heads = ['Operation', 'Success', 'Own errors', 'Only by a fault']
  const bases: Readonly<Record<string, string>> = { ...apis, '/bytenite': 'Storage' }
  const sections = Object.entries(bases).map(([base, title]) =>
    page(
      `### ${title}`,
      table(heads, operations.filter(({ operation }) => operation.includes(` ${base}`)).map(operationRow)),
    ).trimEnd(),
  )
  const shared = rows.filter(
    ({ id, about }) => about === 'error' && uses.has(id) && !/^(fault|listed-status)$/.test(id) && isShared(id),
  )

  return page(
    '# Fidelity',
    generated,
    'The service can no longer be asked. This page names the evidence for every operation and behaviour of the emulator. The kind of evidence is called its ground:',
    table(['Ground', 'Meaning', 'Rows'], counts),
    'Every answer names its ground and its row in a header: `x-emulator-ground: documented; get-job`. If a status has several rows, the header names the one that applied. `GET /_emulator/fidelity` serves this page as JSON, and can be limited to one `ground` or one `operation`.',
    '## Operations',
    `Errors are written as HTTP status and gRPC code. These errors are common to most operations and not repeated: ${shared.map(({ id }) => code(id)).join(', ')}. The last column lists statuses which the vendor names, but which here only a fault can cause, added with \`POST /_emulator/worlds/{world}/faults\`.`,
    ...sections,
    '## Successes',
    about('success'),
    '## Errors',
    about('error'),
    '## Behaviours',
    'Details that a status does not show. The header of an answer never names these rows.',
    about('behaviour'),
  )
}

// docs/control-api.md

interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly string[]
  readonly const?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly format?: string
  readonly example?: unknown
}

interface Operation {
  readonly summary: string
  readonly description?: string
  readonly tags: readonly [string]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly description?: string
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content: Content }>>
}

/** By media type; where it is not JSON it is a file, and the description says what kind. */
type Content = Readonly<Partial<Record<'application/json', { readonly schema: Schema; readonly example?: unknown }>>>

interface Document {
  readonly info: { readonly title: string; readonly description: string }
  readonly servers: readonly [{ readonly url: string }]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Replaces references by the messages themselves. A nullable message has both types. */
function withoutReferences<Whole>(document: Whole): Whole {
  const at = (reference: string): unknown =>
    reference
      .split('/')
      .slice(1)
      .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], document)
  const expand = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(expand)
    if (typeof node !== 'object' || node === null) return node
    const { $ref, anyOf, ...rest } = node as { $ref?: string; anyOf?: [{ $ref?: string }, { type: string }] }
    if ($ref !== undefined) return { ...(expand(at($ref)) as object), ...rest }
    if (anyOf?.[0].$ref !== undefined && anyOf[1].type === 'null') {
      const named = expand(anyOf[0]) as { type: string }
      return { ...named, type: [named.type, 'null'], ...rest }
    }
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, expand(value)]))
  }
  return expand(document) as Whole
}

function controlPage({ info, servers: [{ url: base }], tags, paths }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      request: `${method.toUpperCase()} ${base}${path}`,
      method: method.toUpperCase(),
      path: base + path,
      operation,
    })),
  )
  const shown: Shown = new Map()
  const sections = tags.flatMap(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name))
    return [
      `## ${name[0]!.toUpperCase()}${name.slice(1)}`,
      `${description}.`,
      table(
        ['Request', 'Does'],
        own.map(({ request, operation }) => [code(request), operation.summary]),
      ),
      ...own.map((each) => operationSection(each, shown)),
    ]
  })
  return page(
    '# Control API',
    generated,
    // Its last paragraph links to pages of a running emulator.
    info.description.split('\n\n').slice(0, -1).join('\n\n'),
    `A running emulator serves the same as an OpenAPI document at \`${base}/openapi.json\`, and as an interactive page at \`${base}/docs/\`. In JavaScript, \`startEmulator()\` and \`connect(url)\` return a typed client.`,
    ...sections,
  )
}

interface NamedOperation {
  readonly request: string
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** Messages that the page has shown, each with the request under which it did. */
type Shown = Map<string, string>

function operationSection({ request, method, path, operation }: NamedOperation, shown: Shown): string {
  const { parameters = [], requestBody, responses, description = '' } = operation
  const queries = parameters.filter((parameter) => parameter.in === 'query')
  const body = requestBody?.content['application/json']
  const fields = body === undefined ? [] : fieldsOf(body.schema, { request })
  const answer = responses['200']?.content['application/json']?.schema
  const before = answer === undefined ? undefined : shown.get(JSON.stringify(answer.properties))
  return page(
    `### ${code(request)}`,
    `${operation.summary}. ${description}`.trim(),
    queries.length === 0
      ? ''
      : table(
          ['Query', 'Type', 'Meaning'],
          queries.map(({ name, schema, description = '' }) => [code(name), typeOf(schema), description]),
        ),
    fields.length === 0 ? '' : table(['Body', 'Type', 'Meaning'], fields),
    exampleOf(method, path, body),
    before !== undefined
      ? `The answer is the same as for ${code(before)}.`
      : answer === undefined
        ? ''
        : table(['Answer', 'Type', 'Meaning'], fieldsOf(answer, { request, shown })),
  ).trimEnd()
}

/**
 * One row for each field, those of objects and lists below it, too.
 *
 * @param shown given for answers, where a message that was shown before is only referred to
 */
function fieldsOf(
  schema: Schema,
  { request, shown, prefix = '' }: { request: string; shown?: Shown; prefix?: string },
): string[][] {
  const { properties = {}, required = [] } = schema
  if (Object.keys(properties).length > 3) shown?.set(JSON.stringify(properties), request)
  return Object.entries(properties).flatMap(([name, field]) => {
    const inner = field.items ?? field
    const path = prefix + name + (field.items === undefined ? '' : '[]')
    const isOptional = shown === undefined && !required.includes(name)
    const before = shown?.get(JSON.stringify(inner.properties))
    const meaning = [field.description, before === undefined ? undefined : `as for ${code(before)}`]
    const below =
      inner.properties === undefined || before !== undefined
        ? []
        : fieldsOf(inner, { request, ...(shown === undefined ? {} : { shown }), prefix: `${path}.` })
    return [
      [code(path), typeOf(field) + (isOptional ? ', optional' : ''), meaning.filter(Boolean).join('; ')],
      ...below,
    ]
  })
}

function typeOf(schema: Schema): string {
  const { type, items, format, enum: names } = schema
  if (schema.const !== undefined) return code(schema.const)
  if (items !== undefined) return `list of ${typeOf(items)}`
  if (names !== undefined && names.length > 6) return `${code(names[0]!)} to ${code(names.at(-1)!)}`
  if (names !== undefined) return names.map(code).join(', ')
  if (format === 'date-time') return 'time'
  return [type ?? 'any'].flat().join(' or ')
}

/** A command that can be tried, where the operation has an example of its body. */
function exampleOf(method: string, path: string, body: Content['application/json']): string {
  const example = body?.example ?? body?.schema.example
  if (example === undefined) return ''
  const address = `http://127.0.0.1:${settings.port.default}${path.replace('{world}', 'default')}`
  const verb = method === 'POST' ? '' : `-X ${method} `
  return `\`\`\`sh\ncurl ${verb}${address} -d '${JSON.stringify(example)}'\n\`\`\``
}
