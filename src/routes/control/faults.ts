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
          summary: 'Make requests of an operation fail',
          description:
            'Exactly one of `status`, `connection` and `answer` defines the fault. `delay` can be combined with each of them, or be used alone. The first fault that matches and is not used up applies. `skip` lets requests pass first, `times` limits the number of faulted requests, and `persona` restricts the fault to one persona. `resetAfter` and every `answer` change the real answer, after the request took effect. A fault lasts until it is removed, the world is reset, or the emulator ends.',
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
          description:
            '`used` is 0 for a fault that no request has met. A test can assert that there is no such fault.',
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
          summary: 'Remove a fault',
          description: 'Requests that it holds continue.',
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
          summary: 'Release the requests that a fault holds',
          description: 'For faults with the delay `until-released`. Later requests are held again.',
          params: RuleParams,
          body: Empty,
        },
      },
      async ({ params }) => faults.release(checkedWorldName(params.world), params.id),
    )
  }
