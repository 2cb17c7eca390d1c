import { PassThrough } from 'node:stream'
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../../base/timers.ts'
import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox'
import { StreamQuery } from '../../../schemas/activity.ts'
import type { Exchange } from '../../../schemas/journal.ts'
import { ApiError } from '../../base/errors.ts'
import { formatTimestamp } from '../../base/timestamps.ts'
import { checkedWorldName } from '../../base/world-names.ts'
import type { Core } from '../../core.ts'
import type { Transition } from '../../domain/jobs/job.ts'

/** Readers at once. */
const maxReaders = 50

/** Milliseconds in which what happens is gathered, so that a load of requests costs a write now and then. */
const gathering = 50

/**
 * Exchanges that a reader is sent at most: so many at once, and so many a second on and on. Ordinary tests are seen whole, and a
 * load costs no more than this. The newest events are sent, with the number of those left out.
 */
const budget = { atOnce: 300, perSecond: 200 } as const

/** Transitions of one write at most, the newest. */
const maxTransitions = 50

/** Milliseconds between two comments, by which both ends notice that the other has gone. */
const heartbeat = 15_000

const idle = ': idle\n\n'

const frame = (event: string, data: object, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/**
 * Exchanges and states of jobs as they happen, as Server-Sent Events. Written here, as a library for them (`@fastify/sse`) knows
 * neither gathering nor readers that are slow.
 */
export const streamRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const readers = new Set<() => void>()
    let closing = false
    app.addHook('preClose', async () => {
      closing = true
      for (const end of readers) end()
    })

    app.get(
      '/stream',
      {
        schema: {
          tags: ['journal'],
          operationId: 'Emulator_Stream',
          summary: 'Watch exchanges and jobs as Server-Sent Events',
          description:
            'Events: `exchange` (`{world, exchange}`, as in the journal), `transition` (`{world, jobId, state, at}`) and `missed` (`{exchanges, transitions}`, the number of events left out). A reader gets at most 300 exchanges at once and 200 a second; the journal has the others. Exchanges have ids: with the last one in `Last-Event-ID`, a reader gets the exchanges since then that the journal still has. Comments every 15 seconds keep the connection open. 429 if there are fifty readers already.',
          querystring: StreamQuery,
          response: { 200: Type.Unsafe<PassThrough>(Type.String({ description: 'text/event-stream' })) },
        },
      },
      async (request, reply) => {
        if (readers.size >= maxReaders) {
          throw new ApiError('resourceExhausted', `${maxReaders} readers watch already; close one of them`)
        }
        const only = request.query.world === undefined ? undefined : checkedWorldName(request.query.world)
        const out = new PassThrough()
        void reply.type('text/event-stream').header('cache-control', 'no-store').send(out)
        out.write(`retry: 1000\n${idle}`)
        const since = Number(request.headers['last-event-id'] ?? request.query.after)
        // Ids start from 1 with each run: a higher id is of an earlier run.
        if (since >= 0) out.write(replay(only, since > core.journal.lastId() ? 0 : since))
        const end = watch(only, out)
        readers.add(end)
        reply.raw.once('close', () => {
          readers.delete(end)
          end()
        })
        if (closing) end()
        return reply
      },
    )

    /** The exchanges after one, of one world or of all. */
    function replay(only: string | undefined, after: number): string {
      const names = only === undefined ? core.journal.worlds() : [only]
      return names
        .flatMap((world) => core.journal.list(world, { after }).map((exchange) => ({ world, exchange })))
        .sort((a, b) => a.exchange.id - b.exchange.id)
        .slice(-1000)
        .map(({ world, exchange }) => frame('exchange', { world, exchange }, exchange.id))
        .join('')
    }

    /** Writes what happens from now on. Returns what ends it. */
    function watch(only: string | undefined, out: PassThrough): () => void {
      let exchanges: { readonly world: string; readonly id: number; readonly make: () => Exchange }[] = []
      let transitions: { readonly world: string; readonly transition: Transition }[] = []
      let missed = { exchanges: 0, transitions: 0 }
      let timer: NodeJS.Timeout | undefined
      let left: number = budget.atOnce
      let filledAt = performance.now()

      /** Of the exchanges that are gathered, leaves as many as the reader may be sent now. */
      function spend(): void {
        const now = performance.now()
        left = Math.min(budget.atOnce, left + ((now - filledAt) * budget.perSecond) / 1000)
        filledAt = now
        const over = exchanges.length - Math.floor(left)
        if (over > 0) {
          exchanges = exchanges.slice(over)
          missed.exchanges += over
        }
        left -= exchanges.length
      }

      function flush(): void {
        timer = undefined
        // A reader that is slow gets the newest once it has read; nothing piles up meanwhile.
        if (out.writableNeedDrain) {
          out.once('drain', gather)
          return
        }
        spend()
        const text = [
          ...(missed.exchanges + missed.transitions > 0 ? [frame('missed', missed)] : []),
          ...exchanges.map(({ world, id, make }) => frame('exchange', { world, exchange: make() }, id)),
          ...transitions.map(({ world, transition: { jobId, state, at } }) =>
            frame('transition', { world, jobId, state, at: formatTimestamp(at) }),
          ),
        ].join('')
        ;[exchanges, transitions, missed] = [[], [], { exchanges: 0, transitions: 0 }]
        if (text !== '') out.write(text)
      }
      function gather(): void {
        timer ??= setTimeout(flush, gathering).unref()
      }

      let unfollow: (() => void) | undefined
      /** Lets due jobs of the world enter their states; a world may be opened, or opened again, later. */
      function follow(): void {
        const world = only === undefined || unfollow !== undefined ? undefined : core.worlds.find(only)
        if (world === undefined) return
        unfollow = core.events.follow(
          world,
          () => undefined,
          () => {
            unfollow?.()
            unfollow = undefined
          },
        )
      }

      follow()
      const unwatch = core.journal.watch((world, id, make) => {
        if (only !== undefined && world !== only) return
        follow()
        exchanges.push({ world, id, make })
        if (exchanges.length > budget.atOnce) {
          exchanges.shift()
          missed.exchanges++
        }
        gather()
      })
      const unlisten = core.transitions.listenToAll((key, happened) => {
        const world = core.worlds.nameOf(key)
        if (world === undefined || (only !== undefined && world !== only)) return
        for (const transition of happened) transitions.push({ world, transition })
        const over = transitions.length - maxTransitions
        if (over > 0) {
          transitions = transitions.slice(over)
          missed.transitions += over
        }
        gather()
      })
      const beat = setInterval(() => {
        if (!out.writableNeedDrain) out.write(idle)
      }, heartbeat).unref()
      let ended = false
      return () => {
        if (ended) return
        ended = true
        clearTimeout(timer)
        clearInterval(beat)
        unwatch()
        unlisten()
        unfollow?.()
        out.end()
      }
    }
  }
