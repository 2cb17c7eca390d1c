import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { grounds } from '../../schemas/fidelity.ts'
import { RpcStatus } from '../../schemas/errors.ts'
import type { listedStatuses } from '../fidelity/fidelity.ts'
import { groundHeader } from '../fidelity/fidelity.ts'
import type { ServiceSettings } from '../settings/settings.ts'
import { schemaOf2023 } from '../wire/era-2023.ts'
import { version } from '../base/package.ts'

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

/** The header of every answer. */
const headers = {
  [groundHeader]: {
    type: 'string',
    description: `Why the emulator answers so: ${grounds.join(', ')}; then the id of the row in ${controlBase}/fidelity`,
  },
}

const errors = (descriptions: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(descriptions).map(([status, description]) => [
      status,
      { ...RpcStatus, $id: undefined, description, headers },
    ]),
  )

/** The statuses that the vendor lists on every operation, beside its success (documented). */
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
    info: { title: 'ByteNite API', version: '0.1', description: `Served by bytenite-emulator ${version}` },
    components: {
      securitySchemes: {
        ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The access token' },
      },
    },
    security: [{ ApiKeyAuth: [] }],
  },
  transform: ({ schema, url }) => {
    const isControl = url.startsWith(`${controlBase}/`)
    const successes = Object.entries((schema?.response ?? {}) as Record<string, object>).map(
      ([status, response]) => [status, isControl ? response : (asAnswered(response, settings) as object)] as const,
    )
    return {
      url,
      schema: {
        ...schema,
        response: {
          ...Object.fromEntries(successes.map(([status, response]) => [status, { ...response, headers }])),
          ...(isControl ? controlErrors : vendorErrors),
        },
      },
    }
  },
})

interface OpenApiDocument {
  readonly info: object
  readonly components?: { readonly schemas?: object }
  readonly paths?: Readonly<Record<string, object>>
}

/** The paths below a base, relative to it. */
const pathsBelow = (base: string, paths: OpenApiDocument['paths'] = {}): Record<string, object> =>
  Object.fromEntries(
    Object.entries(paths)
      .filter(([path]) => path.startsWith(`${base}/`))
      .map(([path, item]) => [path.slice(base.length), item]),
  )

/** The part of an OpenAPI document that belongs to one base: its title, its server, paths relative to it. */
export function documentOf(base: ApiBase, whole: object): Record<string, unknown> {
  const { info, paths } = whole as OpenApiDocument
  const below = pathsBelow(base, paths)
  const used = new Set(
    Object.values(below)
      .flatMap((path) => Object.values(path) as { readonly tags?: readonly string[] }[])
      .flatMap(({ tags = [] }) => tags),
  )
  const tags = Object.entries(vendorTags)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }))
  return { ...whole, info: { ...info, title: apis[base] }, servers: [{ url: base }], tags, paths: below }
}

/** The OpenAPI document of the emulator's own API, which asks nobody who they are. */
export function controlDocumentOf(whole: object): Record<string, unknown> {
  const { components, paths } = whole as OpenApiDocument
  return {
    openapi: '3.1.0',
    info: { title: 'bytenite-emulator control API', version, description: controlDescription },
    servers: [{ url: controlBase }],
    // Nobody is asked who they are.
    security: [],
    tags: Object.entries(controlTags).map(([name, description]) => ({ name, description })),
    paths: pathsBelow(controlBase, paths),
    components: { schemas: components?.schemas ?? {} },
  }
}

const controlDescription = `Puts any situation in front of a client of the ByteNite API, in one request and without waiting.

A world is all that one API key opens: the key \`test_checkout\` opens the world \`checkout\`, with jobs, templates, clock, scenarios, faults and a journal of its own. Worlds share nothing, so that tests can run at the same time. Most operations open a world that does not exist yet.

No credentials are asked for. Requests of web pages of another origin, and under a host name that a stranger could own, are refused with 403. What a request does not know is a mistake: unknown fields are refused with 400. Names may be written in camelCase or snake_case, an absent body counts as \`{}\`. Errors have the body \`{"code", "message", "details"}\`, where \`code\` is a gRPC code, and change nothing.

Durations are texts: \`90s\`, \`10m\`, \`2h\`, \`1d\`, ISO 8601 such as \`PT90S\`, or a plain number of milliseconds. Times are RFC 3339, by the clock of the world unless said otherwise.`

const vendorTags: Readonly<Record<string, string>> = {
  jobs: 'Jobs: make them, run them, read how far they are, fetch what they made',
  templates: 'Templates that jobs are made from',
  logs: 'The lines that jobs print',
  events: 'States of jobs as they are entered',
  'data sources': 'Where jobs read from and write to',
  apps: 'Apps: the code that works on the chunks of a job',
  engines: 'Partitioners and assemblers: the code that cuts the input and puts results together',
  tests: 'Tests of apps; there is nothing behind them',
  'access token': 'Access tokens: an API key is exchanged for one',
  'sign-in': 'What the page for signing in asks',
  auth: 'Sign-in by mail; no mail is sent',
  'api keys': 'API keys of the account',
  user: 'The user behind the account',
  secrets: 'Credentials that data sources name',
  wallet: 'Balance, transactions and coupons',
  billing: 'Top-ups, payouts and plans; there is nothing behind them',
  deprecated: 'Given up by the vendor in 2025; there is nothing behind them',
  info: 'The version of the server',
}

const controlTags: Readonly<Record<string, string>> = {
  worlds: 'Worlds as a whole: look, reset, copy, take away',
  clock: "A world's time: read, move on, stop, wait for",
  jobs: 'Jobs: which there are, why they are where they are, and gates that hold them',
  scenarios: 'How runs turn out',
  faults: 'Answers that are spoilt: statuses, delays, lost replies, broken bodies',
  journal: 'What clients sent and got, also while it happens',
  emulator: 'The emulator itself',
}
