import type { FastifyPluginAsync, HTTPMethods } from 'fastify'
import { ApiError } from '../base/errors.ts'
import type { ApiBase } from './openapi.ts'

/** An operation that the vendor lists and the emulator does not have. */
type Absent = readonly [method: HTTPMethods, path: string, reason: string]

const signIn =
  'the emulator has no sign-in by e-mail: exchange an API key such as test_default with POST /v1/auth/access_token'
const topUps = 'the emulator has no top-ups: redeem a coupon such as FREE-100 with POST /v1/wallet/redeem_coupon'
const payouts = 'the emulator has no payouts'
const stats = 'the emulator has no statistics, which the vendor deprecated in September 2025'

/** Operations that the vendor's references list and the emulator lacks (documented), with the way out. */
export const absentOperations: Readonly<Record<ApiBase, readonly Absent[]>> = {
  '/v1/customer': [
    ['GET', '/schema/:id', 'the emulator has no parameter schemas, which the vendor deprecated in August 2025'],
    ['GET', '/stats/job_types', stats],
    ['GET', '/stats/detail/:id', stats],
  ],
  '/v1/auth': [
    ['POST', '/api_key', 'the emulator makes no API keys: every test_<world> is one, and --api-key adds others'],
    ['POST', '/signin', signIn],
    ['POST', '/authenticate', signIn],
    ['GET', '/connector_credentials/:connectorName', 'the emulator has no connectors'],
  ],
  '/v1/dev': [
    ['POST', '/tests', 'the emulator runs no tests of apps'],
    ['GET', '/tests/:id', 'the emulator runs no tests of apps'],
  ],
  '/v1/wallet': [
    ['GET', '/transactions/csv', 'the emulator has no CSV of transactions: GET /v1/wallet/transactions lists them'],
    ['GET', '/account', 'the emulator has no billing account: GET /v1/wallet/balance has the balance'],
    ['POST', '/top_up', topUps],
    ['POST', '/cancel_top_up', topUps],
    ['GET', '/billing_portal', 'the emulator has no billing portal'],
    ['GET', '/plans', 'the emulator has no plans'],
    ['POST', '/payout', payouts],
    ['GET', '/payout_history', payouts],
    ['POST', '/triggers/forceful_balance_recovery', "the emulator has none of the vendor's staff operations"],
  ],
}

/** Answers 501, code 12, with the reason. None of it stands in the OpenAPI documents. */
export const absentRoutes =
  (base: ApiBase): FastifyPluginAsync =>
  async (app) => {
    for (const [method, url, reason] of absentOperations[base]) {
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
