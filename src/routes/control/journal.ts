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
        ...(operation === undefined ? {} : { operation: knownOperation(operation, operations()) }),
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
            'The last thousand exchanges at most, oldest first, as far as they fit all conditions; API keys, tokens and secret keys are masked. With `wait` the answer comes once there is one, or is empty after that time. Ask with `after` the last id that was seen to get only what is new.',
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
            'For the network panel of a browser, Postman, Insomnia or a proxy: the same exchanges as the journal lists, masked and cut as there. Of the headers of answers it has those that the journal knows. What is beyond HAR stands under names that begin with `_`.',
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
          summary: 'Tell whether clients sent what they should have',
          description:
            'Counts the exchanges that fit. Where the count is not as expected, the answer has `ok` false, says so in a sentence, and shows those that came nearest, with what is different about them.',
          params: WorldParams,
          body: VerifyRequest,
          response: { 200: VerifyResponse },
        },
      },
      async (request) => core.journal.verify(checkedWorldName(request.params.world), checked(request.body)),
    )
  }
