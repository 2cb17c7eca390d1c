import { PassThrough } from 'node:stream'
import { clearInterval, setInterval } from '../../base/timers.ts'
import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox'
import { EventMessage } from '../../../schemas/events.ts'
import type { Core } from '../../core.ts'
import type { Transition } from '../../domain/jobs/job.ts'
import { createEventHistories } from './event-history.ts'
import { createEventStream, type EventStream } from './event-stream.ts'

/** Milliseconds between two signs of life to readers of Server-Sent Events. */
const heartbeat = 15_000

/** The event stream of the caller's jobs. */
export const eventRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const open = new Set<EventStream>()
    const historyOf = createEventHistories(core.transitions)
    let heart: NodeJS.Timeout | undefined
    const beat = (): void => {
      for (const stream of open) stream.beat()
    }
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
          summary: 'Follow the states that jobs enter, as lines of JSON, or as Server-Sent Events if Accept names them',
          description:
            'Server-Sent Events have ids: with the last one in `Last-Event-ID`, a reader gets the events since then that are kept. A comment every 15 seconds keeps the connection open.',
          tags: ['events'],
          // The schema of one message; they are sent one by one.
          response: { 200: Type.Unsafe<PassThrough>(EventMessage) },
        },
      },
      async (request, reply) => {
        const { world, account } = request.caller
        // What happened before is news to those who listen already, and not to this one.
        const sse = /\btext\/event-stream\b/i.test(request.headers.accept ?? '')
        const history = sse ? historyOf(world, core.clock.now()) : undefined
        let isEmptied = false
        const unwatch = core.transitions.listen(
          world.key,
          () => undefined,
          () => {
            isEmptied = true
          },
        )
        await core.jobs.settle(world).finally(unwatch)
        const out = new PassThrough()
        const stream = createEventStream(out, sse ? 'server-sent events' : 'lines', () => {
          open.delete(stream)
          unlisten?.()
          unfollow()
          if (open.size === 0) clearInterval(heart)
        })
        const push = (transitions: readonly Transition[]): void =>
          stream.push(transitions.filter((transition) => transition.account === account))
        const unlisten = history?.listen(push)
        const unfollow = core.events.follow(
          world,
          (transitions) => (history === undefined ? push(transitions) : undefined),
          // A reader who went on would take the jobs of one world for those of another (chosen).
          () => stream.end(),
        )
        if (history !== undefined) push(history.after(String(request.headers['last-event-id'] ?? '')))
        if (open.size === 0) heart = setInterval(beat, heartbeat).unref()
        open.add(stream)
        // So does a stream whose world went before it was open, in the act that was waited for.
        if (closing || isEmptied || core.worlds.find(world.name)?.key !== world.key) stream.end()
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
