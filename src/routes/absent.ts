import type { FastifyPluginAsync, HTTPMethods } from 'fastify'
import { ApiError } from '../base/errors.ts'
import type { ApiBase } from './openapi.ts'

/** An operation that the vendor lists and the emulator does not have. */
type Absent = readonly [method: HTTPMethods, path: string, reason: string]

/** Operations that the vendor's references list and the emulator lacks (documented), with the way out. */
export const absentOperations: Readonly<Partial<Record<ApiBase, readonly Absent[]>>> = {
  '/v1/wallet': [
    ['POST', '/triggers/forceful_balance_recovery', "the emulator has none of the vendor's staff operations"],
  ],
}

/** Answers 501, code 12, with the reason. The OpenAPI documents leave these routes out. */
export const absentRoutes =
  (base: ApiBase): FastifyPluginAsync =>
  async (app) => {
    for (const [method, url, reason] of absentOperations[base] ?? []) {
      app.route({
        method,
        url,
        config: { absent: true },
        schema: { hide: true },
        handler: async () => {
          throw new ApiError('unimplemented', reason)
        },
      })
    }
  }
