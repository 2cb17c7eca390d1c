import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { KnownTemplatesQuery, KnownTemplatesResponse } from '../../../schemas/templates.ts'
import { checkedWorldName, defaultWorld } from '../../base/world-names.ts'
import type { Core } from '../../core.ts'

/** The templates that jobs of a world can be made of. */
export const templateRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/templates',
      {
        schema: {
          operationId: 'Emulator_ListTemplates',
          summary: 'The templates of a world, with what each needs and makes',
          description:
            'All that the account `owner` may use, in the order in which the vendor’s lists show them, a thousand at most: the world’s own, those of `--seed` and `--apps`, the vendor’s, and the scenarios of the emulator. Opens no world.',
          tags: ['emulator'],
          querystring: KnownTemplatesQuery,
          response: { 200: KnownTemplatesResponse },
        },
      },
      async ({ query: { world = defaultWorld } }) => ({
        templates: core.templates.known(core.worlds.find(checkedWorldName(world))),
      }),
    )
  }
