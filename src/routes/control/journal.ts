import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { WorldParams } from '../../../schemas/control.ts'
import { create } from 'content-disposition'
import { Har } from '../../../schemas/har.ts'
import {
  type Conditions,
  HarQuery,
  JournalQuery,
  JournalResponse,
  VerifyRequest,
  VerifyResponse,
} from '../../../schemas/journal.ts'
import type { Core } from '../../core.ts'
import { parseDuration } from '../../base/durations.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { checkedWorldName } from '../../base/world-names.ts'
import { normaliseId } from '../../base/ids.ts'
import { toHar } from '../../control/har.ts'
import { knownOperation } from '../../wire/operations.ts'
import { assertPersona } from '../../domain/accounts/personas.ts'

/** Longest wait for a request, in milliseconds. */
const longestWait = 60_000

/** The exchanges of a world. */
export const journalRoutes =
  (core: Core, operations: () => readonly string[]): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** The same conditions, in the journal's spelling. @throws ApiError 400 for what no exchange could ever be */
    function checked<Query extends Conditions>(query: Query): Query {
      const { operation, persona, status, jobId } = query
      if (persona !== undefined) assertPersona(persona)
      if (status !== undefined && status !== 0 && (status < 100 || status > 599)) {
        throw invalidArgument(`status ${status}: expected 0 for a lost answer, or a number from 100 to 599`)
      }
      return {
        ...query,
        ...(operation === undefined || operation === '*' ? {} : { operation: knownOperation(operation, operations()) }),
        ...(jobId === undefined ? {} : { jobId: normaliseId(jobId) }),
      }
    }

    app.get(
      '/worlds/:world/journal',
      {
        schema: {
          tags: ['journal'],
          operationId: 'Emulator_GetJournal',
          summary: 'List exchanges, or wait for one',
          description:
            'Of the last thousand exchanges, those that match all conditions, oldest first. API keys, tokens and secret keys are masked. With `wait`, the answer comes when there is an exchange, or is empty after that time. With `after` and the last known id, only newer exchanges are listed.',
          params: WorldParams,
          querystring: JournalQuery,
          response: { 200: JournalResponse },
        },
      },
      async (request) => {
        const { wait = '0', ...query } = request.query
        const patience = parseDuration(wait)
        if (patience === undefined || patience / 1000 > longestWait) {
          throw invalidArgument(`wait ${show(wait)}: expected a duration of at most 60s`)
        }
        const world = checkedWorldName(request.params.world)
        return { exchanges: await core.journal.wait(world, checked(query), patience / 1000, request.signal) }
      },
    )

    app.get(
      '/worlds/:world/journal.har',
      {
        schema: {
          tags: ['journal'],
          operationId: 'Emulator_GetHar',
          summary: 'Export the journal as an HTTP Archive (HAR 1.2)',
          description:
            'For the network panel of a browser, Postman, Insomnia or a proxy. It has the exchanges of the journal, with the same masking and cut bodies, and the response headers that the journal keeps. Names that begin with `_` are extensions of HAR.',
          params: WorldParams,
          querystring: HarQuery,
          response: { 200: Har },
        },
      },
      async ({ params, query, baseUrl }, reply) => {
        const world = checkedWorldName(params.world)
        void reply.header('content-disposition', create(`${world}.har`))
        return toHar(world, core.journal.list(world, checked(query)), baseUrl)
      },
    )

    app.post(
      '/worlds/:world/journal/verify',
      {
        schema: {
          tags: ['journal'],
          operationId: 'Emulator_VerifyJournal',
          summary: 'Verify that clients sent the expected requests',
          description:
            'Counts the matching exchanges. If the count is not the expected one, `ok` is false, `message` says why, and the answer lists the nearest misses with their differences.',
          params: WorldParams,
          body: VerifyRequest,
          response: { 200: VerifyResponse },
        },
      },
      async (request) => core.journal.verify(checkedWorldName(request.params.world), checked(request.body)),
    )
  }
