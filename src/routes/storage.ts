import { Readable } from 'node:stream'
import { create } from 'content-disposition'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Core } from '../core.ts'
import { ApiError, invalidArgument, notFound, permissionDenied } from '../base/errors.ts'
import { uploadName } from '../domain/results/file-names.ts'
import { groundHeader, groundText } from '../fidelity/fidelity.ts'
import { assertCurrent, type Link, readLink } from '../domain/results/links.ts'
import { evaluateConditions, rangeCounts } from '../domain/results/conditions.ts'
import { parseRange } from '../domain/results/ranges.ts'
import { unlessMissing } from '../store/failures.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The link to storage that was asked for; set in the scope of storage. */
    link: Link
  }
}

/**
 * The targets of signed links. The signature in the link is the permission; no token is asked for (observed).
 *
 * Errors have the vendor's JSON body, like all others here, though the service's storage answered in XML (chosen). An upload
 * link is good for PUT only, a result's link for GET and HEAD; anything else is 403, as a signature covers the method.
 */
export const storageRoutes =
  (core: Core): FastifyPluginAsync =>
  async (app) => {
    // Bodies are files of any size and type: nothing is parsed, and the handler gets the stream.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

    app.decorateRequest('link')
    // Before anything else, since the link alone says whose request it is: whose faults strike it, whose journal notes it.
    // It names no persona, so it counts as the owner (chosen).
    app.addHook('onRequest', (request, reply, done) => {
      request.link = readLink(request.raw.url ?? '', core.linkSecret)
      request.exchange.party = { world: request.link.world, persona: 'owner' }
      if (request.link.bucket !== 'bytenite-blocks-prod') request.exchange.jobId = request.link.jobId
      // A client that breaks off a download gets no answer that could be noted.
      reply.raw.once('close', () => request.noteExchange(reply, 0))
      done()
    })

    const route = { schema: { hide: true }, config: { anyPage: true } }
    for (const bucket of ['/bytenite-uploads-prod/*', '/bytenite-results-prod/*']) {
      app.put(bucket, route, receive)
      app.route({ method: ['GET', 'HEAD'], url: bucket, ...route, handler: send })
    }

    app.route({ method: ['GET', 'HEAD'], url: '/bytenite-blocks-prod/*', ...route, handler: sendBlock })

    async function sendBlock(request: FastifyRequest, reply: FastifyReply) {
      const { link } = request
      if (link.bucket !== 'bytenite-blocks-prod') throw permissionDenied('the signature of this link is not for GET')
      const world = await core.worlds.open(link.world)
      assertCurrent(link, core.clocks.now(world))
      const bytes = core.blocks.archive(world.key, link.jobId)
      void reply.headers({
        'content-type': bytes[0] === 0x1f ? 'application/gzip' : 'application/x-tar',
        'content-disposition': create(link.file),
        'content-length': bytes.length,
      })
      return request.method === 'HEAD' ? reply.send() : reply.send(Readable.from([bytes]))
    }

    async function receive(request: FastifyRequest, reply: FastifyReply) {
      const { headers } = request
      if (headers['content-range'] !== undefined) {
        throw invalidArgument('Content-Range is not taken: put the whole file in one request', 'part-of-a-file')
      }
      const bytes = request.body instanceof Readable ? request.body : Readable.from([])
      request.exchange.sentBytes = await core.storage.receive(
        request.link,
        uploadName(headers['content-disposition']),
        bytes,
      )
      return reply.code(200).send()
    }

    async function send(request: FastifyRequest, reply: FastifyReply) {
      // If a fork or an import replaces the job between the look and the opening, the second look finds its file.
      const found = (await prepare(request)) ?? (await prepare(request))
      if (found === undefined) throw notFound('the file was removed')
      const { file, lastModified, outcome, range, bytes } = found
      void reply.headers({
        'accept-ranges': 'bytes',
        'content-disposition': create(file.name.slice(file.name.lastIndexOf('/') + 1)),
        'content-type': file.contentType,
        etag: file.etag,
        'last-modified': lastModified,
      })
      if (outcome === 'failed') {
        throw new ApiError('preconditionFailed', `the file is another version: its ETag is ${file.etag}`)
      }
      if (outcome === 'unchanged') {
        return reply.code(304).header(groundHeader, groundText('result-unchanged')).send()
      }
      if (range === 'unsatisfiable') {
        throw new ApiError(
          'outOfRange',
          `range ${request.headers.range} lies beyond the end: the file has ${file.size} bytes`,
          { headers: { 'content-range': `bytes */${file.size}` } },
        )
      }
      if (range !== undefined) {
        void reply.code(206).headers({
          'content-range': `bytes ${range.start}-${range.end}/${file.size}`,
          [groundHeader]: groundText('result-range'),
        })
      }
      void reply.header('content-length', range === undefined ? file.size : range.end - range.start + 1)
      return reply.send(bytes)
    }

    /** Looks for a result and opens it, if its bytes are to be sent. Undefined if it was removed in between. */
    async function prepare({ link, headers, method }: FastifyRequest) {
      const { file, madeAt } = await core.storage.find(link)
      const version = { etag: file.etag, lastModified: new Date(Math.floor(madeAt / 1000)).toUTCString() }
      const outcome = evaluateConditions(headers, version)
      const range = rangeCounts(headers['if-range'], version) ? parseRange(headers.range, file.size) : undefined
      const answer = { file, lastModified: version.lastModified, outcome, range, bytes: undefined }
      if (outcome === 'failed' || outcome === 'unchanged' || range === 'unsatisfiable' || method === 'HEAD')
        return answer
      const bytes = await unlessMissing(() => file.read(range))
      return bytes && { ...answer, bytes }
    }
  }
