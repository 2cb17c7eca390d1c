import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Fault, FaultRequest, Faults, RulesQuery } from '../../../schemas/faults.ts'
import { Scenario, ScenarioRequest, Scenarios } from '../../../schemas/scenarios.ts'
import { WorldParams } from '../../../schemas/control.ts'
import { Empty } from '../../../schemas/generic.ts'
import type { Core } from '../../core.ts'
import { checkedWorldName } from '../../base/world-names.ts'

const RuleParams = Type.Object({
  ...WorldParams.properties,
  id: Type.String({ description: 'As it was answered when it was added' }),
})

/** Deciding how jobs turn out, and spoiling answers. */
export const controlScenarioRoutes =
  (core: Core, operations: () => readonly string[]): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { scenarios, faults } = core

    const scenario = { tags: ['scenarios'], response: { 200: Scenario } }
    app.post(
      '/worlds/:world/scenarios',
      {
        schema: {
          ...scenario,
          operationId: 'Emulator_AddScenario',
          summary: 'Decide how runs turn out',
          description:
            'Runs that fit all of `templateId`, `name` and `jobId` turn out as the rest says; the first scenario that fits and is not used up counts. At most one of `failIn`, `timesOut` and `neverEnds`. It holds for runs to come, until it is removed or the world is reset. Templates whose ids begin with `emulator-` are scenarios by themselves, which need no call.',
          params: WorldParams,
          body: ScenarioRequest,
        },
      },
      async (request) => scenarios.add(checkedWorldName(request.params.world), request.body),
    )
    app.get(
      '/worlds/:world/scenarios',
      {
        schema: {
          tags: ['scenarios'],
          operationId: 'Emulator_GetScenarios',
          summary: 'List scenarios, with how often each was used',
          description: 'In the order in which they were added, which is the order in which they are tried.',
          params: WorldParams,
          querystring: RulesQuery,
          response: { 200: Scenarios },
        },
      },
      async (request) => ({ scenarios: scenarios.list(checkedWorldName(request.params.world), request.query.unused) }),
    )
    app.delete(
      '/worlds/:world/scenarios/:id',
      {
        schema: {
          ...scenario,
          operationId: 'Emulator_RemoveScenario',
          summary: 'Take a scenario away',
          description: 'Jobs that it decided stay as they are.',
          params: RuleParams,
        },
      },
      async ({ params }) => scenarios.remove(checkedWorldName(params.world), params.id),
    )

    const fault = { tags: ['faults'], response: { 200: Fault } }
    app.post(
      '/worlds/:world/faults',
      {
        schema: {
          ...fault,
          operationId: 'Emulator_AddFault',
          summary: 'Spoil answers of an operation',
          description:
            'Exactly one of `status`, `connection` and `answer` says what happens to requests of the operation; `delay` may stand beside each of them, or alone. The first fault that fits and is not used up strikes: `skip` lets requests pass first, `times` bounds those that are spoilt, `persona` tells callers apart. `resetAfter` and all kinds of `answer` act on the real answer, after the act was committed. Faults last until they are removed, the world is reset, or the emulator ends.',
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
