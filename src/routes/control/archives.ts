import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { create } from 'content-disposition'
import { Archive, ImportQuery, WorldName, WorldParams } from '../../../schemas/control.ts'
import type { Core } from '../../core.ts'
import { checkedWorldName } from '../../base/world-names.ts'

/** Worlds as files. They may be large, so they pass through as streams, and the limit of other bodies is not theirs. */
export const archiveRoutes =
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
          description:
            'Its rows, clock, pace, uploads and the results that were made so far, as they are at one moment, whatever happens while the file is read. Scenarios, faults, the journal and tokens are not in it. The clock goes on while the world lies in the file, unless it was frozen. 404 for a world that was never opened.',
          produces: ['application/x-tar'],
          response: { 200: Archive },
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
          description:
            'All of it or nothing: a file that is broken, was changed, or comes from an emulator with another schema of its database is refused with 400 and changes nothing. 409 if a world of that name exists, unless it is to be replaced; then its scenarios, faults and journal go, too. A file of any size will do.',
          consumes: ['application/x-tar'],
          body: Archive,
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
