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
          summary: 'List the templates of a world, with what each needs and makes',
          description:
            'At most a thousand templates that the account `owner` may use, in the order of the vendor’s lists: the world’s own, those of `--seed` and `--apps`, the vendor’s, and the scenarios of the emulator. Does not open the world.',
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
