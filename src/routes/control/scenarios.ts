import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RulesQuery } from '../../../schemas/faults.ts'
import { Scenario, ScenarioRequest, Scenarios } from '../../../schemas/scenarios.ts'
import { RuleParams, WorldParams } from '../../../schemas/control.ts'
import type { Core } from '../../core.ts'
import { checkedWorldName } from '../../base/world-names.ts'

/** Routes of scenarios, which decide how runs end. */
export const scenarioRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { scenarios } = core

    const scenario = { tags: ['scenarios'], response: { 200: Scenario } }
    app.post(
      '/worlds/:world/scenarios',
      {
        schema: {
          ...scenario,
          operationId: 'Emulator_AddScenario',
          summary: 'Decide how runs end',
          description:
            '`templateId`, `name` and `jobId` select the runs; the other fields decide how they end. The first scenario that matches and is not used up applies. At most one of `failIn`, `timesOut` and `neverEnds` is allowed. A scenario applies to later runs, until it is removed, the world is reset, or the emulator ends. Templates whose ids begin with `emulator-` are scenarios that need no call.',
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
          description: 'In the order in which they were added and are tried.',
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
          summary: 'Remove a scenario',
          description: 'Runs that it decided do not change.',
          params: RuleParams,
        },
      },
      async ({ params }) => scenarios.remove(checkedWorldName(params.world), params.id),
    )
  }
