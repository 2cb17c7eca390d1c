import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RuleParams, WorldParams } from '../../../schemas/control.ts'
import { Fault, FaultRequest, Faults, RulesQuery } from '../../../schemas/faults.ts'
import { Empty } from '../../../schemas/generic.ts'
import { checkedWorldName } from '../../base/world-names.ts'
import type { Core } from '../../core.ts'

/** Making answers fail. */
export const faultRoutes =
  (core: Core, operations: () => readonly string[]): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { faults } = core

    const fault = { tags: ['faults'], response: { 200: Fault } }
    app.post(
      '/worlds/:world/faults',
      {
        schema: {
          ...fault,
          operationId: 'Emulator_AddFault',
          summary: 'Spoil answers of an operation',
          description:
            'Exactly one of `status`, `connection` and `answer` says what happens to requests of the operation; `delay` goes with each of them, or alone. The first fault that fits and is not used up strikes: `skip` lets requests pass first, `times` bounds those that are spoilt, `persona` tells callers apart. `resetAfter` and all kinds of `answer` act on the real answer, after the act was committed. Faults last until they are removed, the world is reset, or the emulator ends.',
          params: WorldParams,
          body: FaultRequest,
        },
      },
      async (request) => faults.add(checkedWorldName(request.params.world), request.body, operations()),
    )
    app.get(
      '/worlds/:world/faults',
      {
        schema: {
          tags: ['faults'],
          operationId: 'Emulator_GetFaults',
          summary: 'List faults, with how often each was used',
          description: 'With `used` 0 for a fault that no request has met: a test may ask that there be none.',
          params: WorldParams,
          querystring: RulesQuery,
          response: { 200: Faults },
        },
      },
      async (request) => ({ faults: faults.list(checkedWorldName(request.params.world), request.query.unused) }),
    )
    app.delete(
      '/worlds/:world/faults/:id',
      {
        schema: {
          ...fault,
          operationId: 'Emulator_RemoveFault',
          summary: 'Take a fault away',
          description: 'Requests that it holds go on.',
          params: RuleParams,
        },
      },
      async ({ params }) => faults.remove(checkedWorldName(params.world), params.id),
    )
    app.post(
      '/worlds/:world/faults/:id/release',
      {
        schema: {
          ...fault,
          operationId: 'Emulator_ReleaseFault',
          summary: 'Let requests go on that a fault holds',
          description: 'For faults with the delay `until-released`. Requests to come are held again.',
          params: RuleParams,
          body: Empty,
        },
      },
      async ({ params }) => faults.release(checkedWorldName(params.world), params.id),
    )
  }
