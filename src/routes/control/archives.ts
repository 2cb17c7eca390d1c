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
            'Contains the rows, clock, pace, uploads and results of one moment, even if the world changes during the download. Scenarios, faults, the journal and tokens are not included. The clock of the exported world keeps running, unless it was frozen. 404 for a world that was never opened.',
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
          summary: 'Create a world from an exported one; the body is the file',
          description:
            'Atomic: a file that is damaged, was changed, or comes from an emulator with another database schema is refused with 400 and changes nothing. 409 if a world of that name exists and `replace` is not set. With `replace`, the scenarios, faults and journal of that world are removed, too. The file can have any size.',
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
