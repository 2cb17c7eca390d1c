import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Fault, FaultRequest, Faults, RulesQuery } from '../../schemas/faults.ts'
import { Scenario, ScenarioRequest, Scenarios } from '../../schemas/scenarios.ts'
import { WorldParams } from '../../schemas/control.ts'
import { Empty } from '../../schemas/generic.ts'
import type { Core } from '../core.ts'
import { checkedWorldName } from '../keys.ts'

const RuleParams = Type.Object({ ...WorldParams.properties, id: Type.String() })

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
        schema: { ...fault, operationId: 'Emulator_RemoveFault', summary: 'Take a fault away', params: RuleParams },
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
          params: RuleParams,
          body: Empty,
        },
      },
      async ({ params }) => faults.release(checkedWorldName(params.world), params.id),
    )
  }
