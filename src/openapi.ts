import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { RpcStatus } from '../schemas/errors.ts'
import { version } from './package.ts'

/** The vendor's four bases, with the titles of their documents (documented). */
export const apis = {
  '/v1/customer': 'ByteNite jobs API',
  '/v1/auth': 'ByteNite auth API',
  '/v1/dev': 'ByteNite developers API',
  '/v1/wallet': 'ByteNite wallet API',
} as const
export type ApiBase = keyof typeof apis

/** The statuses that the vendor lists on every operation, beside its success (documented). */
const errorResponses = Object.fromEntries(
  Object.entries({
    400: 'The request is malformed',
    401: 'The caller is not authenticated',
    403: 'The caller has no permission',
    404: 'The resource does not exist',
    500: 'The server failed',
    503: 'The service is temporarily unavailable',
    default: 'An unexpected error',
  }).map(([status, description]) => [status, { ...RpcStatus, $id: undefined, description }]),
)

/** How the document is drawn from the routes and their schemas. */
export const swaggerOptions: FastifyDynamicSwaggerOptions = {
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
  transform: ({ schema, url }) => ({
    url,
    schema: { ...schema, response: { ...(schema?.response as object | undefined), ...errorResponses } },
  }),
}

/** The part of an OpenAPI document that belongs to one base: its title, its server, paths relative to it. */
export function documentOf(base: ApiBase, whole: object): Record<string, unknown> {
  const { info, paths = {} } = whole as { info: object; paths?: Record<string, unknown> }
  const own = Object.entries(paths)
    .filter(([path]) => path.startsWith(`${base}/`))
    .map(([path, item]) => [path.slice(base.length), item])
  return {
    ...whole,
    info: { ...info, title: apis[base] },
    servers: [{ url: base }],
    paths: Object.fromEntries(own) as Record<string, unknown>,
  }
}
