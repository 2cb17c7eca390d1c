import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RulesQuery } from '../../../schemas/faults.ts'
import { Scenario, ScenarioRequest, Scenarios } from '../../../schemas/scenarios.ts'
import { RuleParams, WorldParams } from '../../../schemas/control.ts'
import type { Core } from '../../core.ts'
import { checkedWorldName } from '../../base/world-names.ts'

/** Deciding how jobs turn out. */
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
  }
