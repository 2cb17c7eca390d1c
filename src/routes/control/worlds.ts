import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ForkRequest,
  PaceRequest,
  ResetResponse,
  SeedResponse,
  World,
  WorldName,
  WorldParams,
  WorldsQuery,
  WorldsResponse,
} from '../../../schemas/control.ts'
import { Empty } from '../../../schemas/generic.ts'
import { Seed } from '../../../schemas/seed.ts'
import type { Core } from '../../core.ts'
import { defaultKeyOf } from '../../domain/accounts/keys.ts'
import { checkedWorldName } from '../../base/world-names.ts'
import { formatPace } from '../../domain/jobs/pace.ts'
import { maxLimit } from '../../wire/paging.ts'
import type { WorldRecord } from '../../store/worlds.ts'
import { formatTimestamp } from '../../base/timestamps.ts'

/** Worlds as a whole. */
export const worldRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { worlds, clocks } = core
    const one = { tags: ['worlds'], params: WorldParams }

    async function worldToWire(world: WorldRecord): Promise<World> {
      const byState = await worlds.countJobs(world)
      const { frozenAt } = clocks.position(world)
      return {
        world: world.name,
        apiKey: defaultKeyOf(world.name),
        createdAt: formatTimestamp(world.createdAt),
        now: formatTimestamp(clocks.now(world)),
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
          description: 'Worlds that were opened and not dropped, at most a thousand. Use `offset` for the others.',
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
        schema: {
          ...one,
          operationId: 'Emulator_GetWorld',
          summary: 'Get a world',
          description:
            'Its clock, its pace, its jobs by state, and its numbers of scenarios, faults and exchanges. 404 for a world that was never opened.',
          response: { 200: World },
        },
      },
      async ({ params }) => worldToWire(worlds.get(checkedWorldName(params.world))),
    )

    app.delete(
      '/worlds/:world',
      {
        schema: {
          ...one,
          operationId: 'Emulator_DropWorld',
          summary: 'Delete a world with everything in it',
          description:
            'Deletes its jobs, templates, secrets, wallets, files, clock, scenarios, faults and journal. A request with its key opens it again, from the seed. 404 for a world that was never opened.',
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
          summary: 'Put a world back to the seed, atomically',
          description:
            'The world is as if it had just been opened: the jobs and templates of the seed, a clock that shows the time of the machine, and no scenarios, faults or exchanges. Concurrent requests see the world before or after the reset, never in between. Tokens stay valid, and revoked API keys are valid again.',
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
          summary: 'Add the templates and jobs of a seed to a world, atomically',
          description:
            'The body has the format of a seed file; jobs can have a `state`. A template replaces the one with its id. A job whose id exists already is refused with 409. Results of templates are for `--seed` only. 400 names the invalid entry.',
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
          description:
            'The copy has its own name and key, and is independent of the original. Scenarios, faults and the journal are not copied. A fork that no client uses is a snapshot. To restore it, fork it back with `replace`. 409 if the name is taken.',
          body: ForkRequest,
          response: { 200: World },
        },
      },
      async ({ params, body: { into, replace = false } }) =>
        worldToWire(await worlds.fork(checkedWorldName(params.world), checkedWorldName(into), replace)),
    )

    app.put(
      '/worlds/:world/pace',
      {
        schema: {
          ...one,
          operationId: 'Emulator_SetPace',
          summary: 'Set the pace of later runs',
          description:
            'A duration from run to COMPLETE (`3s`), times in states (`PARTITIONED=5s,MERGING=2s`), `polls:N` (COMPLETE when a client reads the job, its results, logs or running tasks, or a list with it, for the N-th time), or `manual` (gates that are released one by one). Running jobs keep their pace.',
          body: PaceRequest,
          response: { 200: World },
        },
      },
      async ({ params, body: { pace } }) => {
        const world = await worlds.open(checkedWorldName(params.world))
        await worlds.setPace(world, pace === '' ? null : pace)
        return worldToWire(worlds.get(world.name))
      },
    )
  }
