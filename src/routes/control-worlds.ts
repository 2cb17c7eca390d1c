import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  Explanation,
  ForkRequest,
  PaceRequest,
  ResetResponse,
  SeedResponse,
  World,
  WorldJobParams,
  WorldName,
  WorldParams,
  WorldsQuery,
  WorldsResponse,
} from '../../schemas/control.ts'
import { Empty } from '../../schemas/generic.ts'
import { Seed } from '../../schemas/seed.ts'
import type { Core } from '../core.ts'
import { explain } from '../explain.ts'
import { checkedWorldName, defaultKeyOf } from '../keys.ts'
import { formatPace } from '../pace.ts'
import { maxLimit } from '../paging.ts'
import type { WorldRecord } from '../store/worlds.ts'
import { formatTimestamp } from '../timestamps.ts'

/** Worlds as a whole. */
export const controlWorldRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { worlds } = core
    const one = { tags: ['worlds'], params: WorldParams }

    async function look(world: WorldRecord): Promise<World> {
      const byState = await worlds.countJobs(world)
      const { frozenAt } = worlds.clock(world)
      return {
        world: world.name,
        apiKey: defaultKeyOf(world.name),
        createdAt: formatTimestamp(world.createdAt),
        now: formatTimestamp(worlds.now(world)),
        frozen: frozenAt !== null,
        pace: world.pace ?? formatPace(core.pace),
        jobs: { total: Object.values(byState).reduce((sum, count) => sum + count, 0), byState },
        scenarios: core.scenarios.list(world.name).length,
        faults: core.faults.list(world.name).length,
        exchanges: core.journal.count(world.name),
      }
    }

    app.get(
      '/worlds',
      {
        schema: {
          tags: ['worlds'],
          operationId: 'Emulator_GetWorlds',
          summary: 'List worlds by name',
          querystring: WorldsQuery,
          response: { 200: WorldsResponse },
        },
      },
      async ({ query: { limit, offset = 0 } }) => ({
        total: worlds.count(),
        worlds: worlds
          .list({ limit: Math.min(limit || maxLimit, maxLimit), offset })
          .map(({ name, createdAt }) => ({ world: name, createdAt: formatTimestamp(createdAt) })),
      }),
    )

    app.get(
      '/worlds/:world',
      {
        schema: { ...one, operationId: 'Emulator_GetWorld', summary: 'Look at a world', response: { 200: World } },
      },
      async ({ params }) => look(worlds.get(checkedWorldName(params.world))),
    )

    app.delete(
      '/worlds/:world',
      {
        schema: {
          ...one,
          operationId: 'Emulator_DropWorld',
          summary: 'Take a world away, with everything in it',
          response: { 200: WorldName },
        },
      },
      async ({ params }) => {
        const world = checkedWorldName(params.world)
        await worlds.drop(world)
        return { world }
      },
    )

    app.post(
      '/worlds/:world/reset',
      {
        schema: {
          ...one,
          operationId: 'Emulator_ResetWorld',
          summary: 'Put a world back to the seed, in one act',
          body: Empty,
          response: { 200: ResetResponse },
        },
      },
      async ({ params }) => {
        const world = checkedWorldName(params.world)
        return { world, ...(await worlds.reset(world)) }
      },
    )

    app.post(
      '/worlds/:world/seed',
      {
        schema: {
          ...one,
          operationId: 'Emulator_SeedWorld',
          summary: 'Add the templates and jobs of a seed to a world; all of them or none',
          body: Seed,
          response: { 200: SeedResponse },
        },
      },
      async ({ params, body }) => {
        const world = await worlds.open(checkedWorldName(params.world))
        return { world: world.name, ...(await core.seeds.add(world, body)) }
      },
    )

    app.post(
      '/worlds/:world/fork',
      {
        schema: {
          ...one,
          operationId: 'Emulator_ForkWorld',
          summary: 'Copy a world: jobs, templates, files, clock',
          body: ForkRequest,
          response: { 200: World },
        },
      },
      async ({ params, body: { into, replace = false } }) =>
        look(await worlds.fork(checkedWorldName(params.world), checkedWorldName(into), replace)),
    )

    app.put(
      '/worlds/:world/pace',
      {
        schema: {
          ...one,
          operationId: 'Emulator_SetPace',
          summary: 'Set the pace of runs to come',
          body: PaceRequest,
          response: { 200: World },
        },
      },
      async ({ params, body: { pace } }) => {
        const world = await worlds.open(checkedWorldName(params.world))
        await worlds.setPace(world, pace === '' ? null : pace)
        return look(worlds.get(world.name))
      },
    )

    app.get(
      '/worlds/:world/jobs/:jobId',
      {
        schema: {
          tags: ['jobs'],
          operationId: 'Emulator_ExplainJob',
          summary: 'Why a job is where it is, and what moves it on',
          params: WorldJobParams,
          response: { 200: Explanation },
        },
      },
      async ({ params }) => {
        const world = worlds.get(checkedWorldName(params.world))
        const job = core.jobs.look(world, params.jobId)
        return explain(job, worlds.now(world), core.journal.list(world.name, { jobId: job.id }))
      },
    )
  }
