import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Health } from '../../../schemas/control.ts'
import { microsPerSecond } from '../../base/timestamps.ts'
import type { Core } from '../../core.ts'
import { ApiError } from '../../base/errors.ts'
import { version } from '../../base/package.ts'

/** The emulator's own API. */
export const healthRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/health',
      {
        schema: {
          operationId: 'Emulator_GetHealth',
          summary: 'Check the health of the emulator',
          description:
            'For health checks, and for scripts that wait until the emulator is ready. 503 if the database was removed or replaced while it was open: then nothing is stored.',
          tags: ['emulator'],
          response: { 200: Health },
        },
      },
      async () => {
        const problem = core.database.problem()
        if (problem !== undefined) throw new ApiError('unavailable', `the emulator stores nothing: ${problem}`)
        const worldsAhead = core.worlds.ahead()
        return {
          status: 'ok' as const,
          version,
          uptime: core.clock.elapsed() / microsPerSecond,
          database: { location: core.database.location, schema: core.database.schema },
          worlds: core.worlds.count(),
          ahead: (worldsAhead[0]?.by ?? 0) / microsPerSecond,
          worldsAhead: worldsAhead.map(({ name, by }) => ({ world: name, seconds: by / microsPerSecond })),
        }
      },
    )
  }
