import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { create } from 'content-disposition'
import { ImportQuery, WorldName, WorldParams } from '../../schemas/control.ts'
import type { Core } from '../core.ts'
import { checkedWorldName } from '../keys.ts'

/** Worlds as files. They may be large, so they pass through as streams, and the limit of other bodies is not theirs. */
export const controlArchiveRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    const one = { tags: ['worlds'], params: WorldParams }

    app.get(
      '/worlds/:world/export',
      {
        schema: {
          ...one,
          operationId: 'Emulator_ExportWorld',
          summary: 'Export a world as one file, a tar archive',
          produces: ['application/x-tar'],
        },
      },
      async ({ params }, reply) => {
        const world = checkedWorldName(params.world)
        const { size, bytes, discard } = core.archives.export(world)
        const stream = Readable.from(bytes, { objectMode: false }).once('close', () => void discard())
        void reply.headers({
          'content-type': 'application/x-tar',
          'content-length': size,
          'content-disposition': create(`${world}.tar`),
        })
        return reply.send(stream)
      },
    )

    app.post(
      '/worlds/:world/import',
      {
        schema: {
          ...one,
          operationId: 'Emulator_ImportWorld',
          summary: 'Make a world of an exported one; the body is the file',
          consumes: ['application/x-tar'],
          querystring: ImportQuery,
          response: { 200: WorldName },
        },
      },
      async ({ params, query, body }) => {
        const world = checkedWorldName(params.world)
        const stream = body instanceof Readable ? body : Readable.from([])
        try {
          // The request must outlive a file that is refused, so that it can be answered.
          await core.archives.import(world, stream.iterator({ destroyOnReturn: false }), query.replace ?? false)
        } catch (error) {
          stream.resume()
          throw error
        }
        return { world }
      },
    )
  }
