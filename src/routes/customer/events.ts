import { PassThrough } from 'node:stream'
import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox'
import { EventMessage } from '../../../schemas/events.ts'
import type { Core } from '../../core.ts'
import { createEventStream, type EventStream } from './event-stream.ts'

/** The event stream of the caller's jobs. */
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
          // The schema of one message; they are sent one by one.
          response: { 200: Type.Unsafe<PassThrough>(EventMessage) },
        },
      },
      async (request, reply) => {
        const { world, account } = request.caller
        // What happened before is news to those who listen already, and not to this one.
        await core.jobs.settle(world)
        const out = new PassThrough()
        const sse = /\btext\/event-stream\b/i.test(request.headers.accept ?? '')
        const stream = createEventStream(out, sse ? 'server-sent events' : 'lines', () => {
          open.delete(stream)
          unfollow()
        })
        const unfollow = core.events.follow(
          world,
          (transitions) => stream.push(transitions.filter((transition) => transition.account === account)),
          // A reader who went on would take the jobs of one world for those of another (chosen).
          () => stream.end(),
        )
        open.add(stream)
        if (closing) stream.end()
        void reply
          .type(sse ? 'text/event-stream' : 'application/json')
          .header('cache-control', 'no-cache')
          .send(out)
        // The head of the answer tells that the stream is open; it is not to wait for the first event. A fault may have taken
        // the answer over.
        if (!reply.sent && !reply.raw.headersSent) reply.raw.flushHeaders()
        return reply
      },
    )
  }
