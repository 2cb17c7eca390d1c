import { isDeepStrictEqual } from 'node:util'
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { grounds } from '../../schemas/fidelity.ts'
import { RpcStatus } from '../../schemas/errors.ts'
import type { listedStatuses } from '../fidelity/fidelity.ts'
import { evidenceText, groundHeader } from '../fidelity/fidelity.ts'
import type { ServiceSettings } from '../settings/settings.ts'
import { schemaOf2023 } from '../wire/era-2023.ts'
import { version } from '../base/package.ts'
import { nameSchemas } from './components.ts'
import { exampleBodies, exampleParameters } from './examples.ts'

/** The vendor's four bases, with the titles of their documents (documented). */
export const apis = {
  '/v1/customer': 'ByteNite jobs API',
  '/v1/auth': 'ByteNite auth API',
  '/v1/dev': 'ByteNite developers API',
  '/v1/wallet': 'ByteNite wallet API',
} as const
export type ApiBase = keyof typeof apis

/** Where the emulator's own API is. */
export const controlBase = '/_emulator'

/** The title of its document. */
export const controlTitle = 'bytenite-emulator control API'

/** The header of every answer. */
const headers = {
  [groundHeader]: {
    type: 'string',
    description: `Evidence behind the answer: ${grounds.join(', ')}; then the id of the row in ${controlBase}/fidelity`,
  },
}

const errors = (descriptions: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(descriptions).map(([status, description]) => [
      status,
      // Errors are JSON whatever a success is.
      { description, headers, content: { 'application/json': { schema: { ...RpcStatus, $id: undefined } } } },
    ]),
  )

/** The statuses that the vendor lists on every operation, besides its success (documented). */
const vendorErrors = errors({
  ...({
    400: 'The request is malformed',
    401: 'The caller is not authenticated',
    403: 'The caller has no permission',
    404: 'The resource does not exist',
    500: 'The server failed',
    503: 'The service is temporarily unavailable',
  } satisfies Record<keyof typeof listedStatuses, string>),
  default: 'An unexpected error',
})

const controlErrors = errors({
  400: 'The request is malformed; the message names the field, the value and what was expected',
  403: 'The request came from a foreign web page, or under a host name that is not local',
  404: 'It does not exist in this world',
  409: 'There is one already',
  500: 'The emulator could not store or read its data',
})

/** The settings that change the shape of the service's answers. */
export type AnswerSettings = Pick<ServiceSettings, 'unset' | 'era'>

/** A schema of answers that may leave out whatever is unset, or that has the types of 2023. */
function asAnswered(schema: unknown, { unset, era }: AnswerSettings): unknown {
  if (Array.isArray(schema)) return schema.map((item) => asAnswered(item, { unset, era }))
  if (typeof schema !== 'object' || schema === null) return schema
  const turned = era === '2023' ? schemaOf2023(schema) : undefined
  if (turned !== undefined) return asAnswered(turned, { unset, era })
  const { required, ...rest } = schema as Record<string, unknown>
  const changed = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, asAnswered(value, { unset, era })]),
  )
  return required === undefined || unset === 'omit' ? changed : { ...changed, required }
}

/** How the document is drawn from the routes and their schemas. */
export const swaggerOptions = (settings: AnswerSettings): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: { title: 'ByteNite API', version: '0.1' },
    components: {
      securitySchemes: {
        ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'Authorization', description: authorization },
      },
    },
    security: [{ ApiKeyAuth: [] }],
  },
  transform: ({ schema, url, route }) => {
    const isControl = url.startsWith(`${controlBase}/`)
    const successes = Object.entries((schema?.response ?? {}) as Record<string, object>).map(
      ([status, response]) => [status, isControl ? response : (asAnswered(response, settings) as object)] as const,
    )
    const ground = route.config?.ground
    // An operation without a success is always 404.
    const row = ground?.success[200] ?? ground?.errors.notFound?.[0]
    const evidence = isControl || row === undefined ? undefined : evidenceText(row)
    return {
      url,
      schema: {
        ...schema,
        description: [schema?.['description'], evidence].filter((text) => text !== undefined).join('\n\n'),
        ...(route.config?.open === true ? { security: [] } : undefined),
        response: {
          ...Object.fromEntries(successes.map(([status, response]) => [status, { ...response, headers }])),
          ...(isControl ? controlErrors : vendorErrors),
        },
      },
    }
  },
})

const authorization =
  'An access token from `POST /v1/auth/access_token`, or, unless the emulator is strict, an API key itself: `test_default` opens the world `default`, `test_checkout` the world `checkout`'

interface RequestBody {
  readonly required?: boolean
  readonly content: Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>
}

interface Operation {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: RequestBody
  readonly responses: Readonly<Record<string, object>>
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

interface OpenApiDocument {
  readonly openapi: string
  readonly info: object
  readonly security?: readonly object[]
  readonly components?: object
  readonly paths?: Paths
}

/** A part of the document of all routes: paths below a base, relative to it, and the components that they refer to. */
function partBelow(base: string, paths: Paths = {}): { paths: Paths; components: object } {
  const responses: Record<string, object> = {}
  const below = Object.fromEntries(
    Object.entries(paths)
      .filter(([path]) => path.startsWith(`${base}/`))
      .map(([path, item]) => [
        path.slice(base.length),
        mapValues(item, (operation) => shareErrors(withExamples(operation), responses)),
      ]),
  )
  const { part, schemas } = nameSchemas({ below, responses })
  return { paths: part.below, components: { schemas, responses: part.responses } }
}

const mapValues = <From, To>(object: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]))

/** An operation with its examples. Its body may be absent, unless a field is required or the body is a plain value. */
function withExamples({ parameters, requestBody, ...operation }: Operation): Operation {
  const bodies = exampleBodies[operation.operationId]
  return {
    ...operation,
    ...(parameters && {
      parameters: parameters.map((parameter) => {
        const example = parameter.in === 'path' ? exampleParameters[parameter.name] : undefined
        return example === undefined ? parameter : { ...parameter, example }
      }),
    }),
    ...(requestBody && {
      requestBody: {
        required: Object.values(requestBody.content).some(({ schema: { type, required } }) =>
          type === 'object' ? Array.isArray(required) && required.length > 0 : true,
        ),
        content: mapValues(requestBody.content, (media) =>
          bodies === undefined ? media : { ...media, examples: mapValues(bodies, (value) => ({ value })) },
        ),
      },
    }),
  }
}

/** An operation that refers to the errors which all operations share; one that describes its own keeps it. */
function shareErrors(operation: Operation, shared: Record<string, object>): Operation {
  const responses = Object.entries(operation.responses).map(([status, response]) => {
    if (status.startsWith('2')) {
      const { description } = response as { description?: string }
      return [status, description === 'Default Response' ? { ...response, description: 'Success' } : response]
    }
    const name = status === 'default' ? 'UnexpectedError' : `Error${status}`
    shared[name] ??= response
    if (!isDeepStrictEqual(shared[name], response)) return [status, response]
    return [status, { $ref: `#/components/responses/${name}` }]
  })
  return { ...operation, responses: Object.fromEntries(responses) as Record<string, object> }
}

const licence = { name: 'MIT', identifier: 'MIT' }

/** Where the other documents are, in Markdown. */
const elsewhere = (base: string): string => {
  const pages = { ...apis, [controlBase]: 'control API of the emulator' }
  const links = Object.entries(pages)
    .filter(([other]) => other !== base)
    .map(([other, title]) => `[${title}](${other}/docs/)`)
  return `Elsewhere: ${links.join(', ')}, [inspector](${controlBase}/).`
}

/** The part of an OpenAPI document that belongs to one base: its title, its server, paths relative to it. */
export function documentOf(base: ApiBase, whole: object): Record<string, unknown> {
  const { openapi, info, ...rest } = whole as OpenApiDocument
  const { paths, components } = partBelow(base, rest.paths)
  const used = new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags = [] }) => tags)))
  const tags = Object.entries(vendorTags)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }))
  const description = `Served by bytenite-emulator ${version}. ${exampleNote}\n\n${elsewhere(base)}`
  return {
    openapi,
    info: { ...info, title: apis[base], description, license: licence },
    servers: [{ url: base }],
    security: rest.security,
    tags,
    paths,
    components: { ...rest.components, ...components },
  }
}

const exampleNote =
  'To try it out: Authorize with the key `test_default`, then send the examples in the order of the page.'

/** The OpenAPI document of the control API, which needs no credentials. */
export function controlDocumentOf(whole: object): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: controlTitle,
      version,
      description: `${controlDescription}\n\n${elsewhere(controlBase)}`,
      license: licence,
    },
    servers: [{ url: controlBase }],
    // No credentials are needed.
    security: [],
    tags: Object.entries(controlTags).map(([name, description]) => ({ name, description })),
    ...partBelow(controlBase, (whole as OpenApiDocument).paths),
  }
}

const controlDescription = `Sets up any situation for a client of the ByteNite API, without real waiting.

A world is everything that belongs to one API key. The key \`test_checkout\` belongs to the world \`checkout\`, which has its own jobs, templates, clock, scenarios, faults and journal. Worlds share nothing, so tests can run in parallel. Most operations open a world that does not exist yet.

No credentials are needed. Requests of web pages of another origin, or with a host name that a stranger could own, are refused with 403. Unknown fields are refused with 400. Names can be written in camelCase or snake_case. A missing body is the same as \`{}\`. Errors have the body \`{"code", "message", "details"}\`, where \`code\` is a gRPC code. A refused request changes nothing.

Durations are strings: \`90s\`, \`10m\`, \`2h\`, \`1d\`, ISO 8601 such as \`PT90S\`, or a number of milliseconds. Times are RFC 3339, by the clock of the world unless stated otherwise.`

const vendorTags: Readonly<Record<string, string>> = {
  jobs: 'Jobs: create, run, poll, download the results',
  templates: 'Templates of jobs',
  logs: 'The lines that jobs print',
  events: 'States that jobs enter, as a stream',
  'data sources': 'Where jobs read from and write to',
  apps: 'Apps: the code that works on the chunks of a job',
  engines: 'Partitioners and assemblers: the code that cuts the input and puts results together',
  tests: 'Tests of apps; always empty',
  'access token': 'Access tokens: an API key is exchanged for one',
  'sign-in': 'Requests of the sign-in page',
  auth: 'Sign-in by mail; no mail is sent',
  'api keys': 'API keys of the account',
  user: 'The user behind the account',
  secrets: 'Credentials that data sources name',
  wallet: 'Balance, transactions and coupons',
  billing: 'Top-ups, payouts and plans; always empty',
  deprecated: 'Abandoned by the vendor in 2025; always empty',
  info: 'The version of the server',
}

const controlTags: Readonly<Record<string, string>> = {
  worlds: 'Worlds as a whole: get, reset, copy, delete',
  clock: "A world's time: read, advance, stop, wait for",
  jobs: 'Jobs of a world: list, explain, hold, release',
  scenarios: 'Decide how runs end',
  faults: 'Make requests fail: statuses, delays, lost answers, broken bodies',
  journal: 'The requests of clients and their answers, also as a live stream',
  emulator: 'The emulator itself',
}
