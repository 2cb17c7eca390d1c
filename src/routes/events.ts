import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EventMessage } from '../../schemas/events.ts'
import type { Core } from '../core.ts'
import { createEventStream, type EventStream } from '../event-stream.ts'

/** What happens to the caller's jobs, as it happens. */
export const eventRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const open = new Set<EventStream>()
    let closing = false
    // Streams never end by themselves, and the server waits for its answers before it closes.
    app.addHook('preClose', async () => {
      closing = true
      for (const stream of open) stream.end()
    })

    app.get(
      '/events',
      {
        schema: {
          operationId: 'Customer_Events',
          summary:
            'Listen to states that jobs enter: a JSON object a line, or Server-Sent Events where Accept asks for them',
          tags: ['events'],
          response: { 200: EventMessage },
        },
      },
      async (request, reply) => {
        const { world, account } = request.caller
        // What happened before is news to those who listen already, and not to this one.
        await core.jobs.settle(world)
        reply.hijack()
        const { raw } = reply
        if (raw.destroyed) return

        const sse = /\btext\/event-stream\b/i.test(request.headers.accept ?? '')
        const stream = createEventStream(raw, sse ? 'server-sent events' : 'lines', () => {
          open.delete(stream)
          unfollow()
        })
        const unfollow = core.events.follow(world, (transitions) =>
          stream.push(transitions.filter((transition) => transition.account === account)),
        )
        open.add(stream)
        raw.writeHead(200, {
          ...(reply.getHeaders() as OutgoingHttpHeaders),
          'content-type': sse ? 'text/event-stream' : 'application/json',
          'cache-control': 'no-cache',
        })
        raw.flushHeaders()
        // A stream has no end to be noted at where its reader leaves.
        request.noteExchange(reply, 200)
        if (closing) stream.end()
      },
    )
  }
