import type { Writable } from 'node:stream'
import type { RpcStatus } from '../../../schemas/errors.ts'
import type { JobStateEvent } from '../../../schemas/events.ts'
import { ApiError } from '../../base/errors.ts'
import type { Transition } from '../../domain/jobs/job.ts'
import { formatTimestamp } from '../../base/timestamps.ts'

/** How messages are set apart. */
export type Framing = 'lines' | 'server-sent events'

/** Events that may wait for a slow reader (chosen). What waits is shared by all streams of a world. */
const maxWaiting = 100_000

/** Events written in one go. */
const batch = 100

/** A transition, with an id if its reader can come back for those after it. */
type Told = Transition & { readonly id?: string }

export interface EventStream {
  push(transitions: readonly Told[]): void
  /** Shows a reader of Server-Sent Events, and all that stands between, that the connection is alive. */
  beat(): void
  /** Ends the stream, and drops waiting events. */
  end(): void
}

/**
 * Writes events to one reader, as fast as it reads. A reader that falls too far behind gets an error as its last message.
 *
 * Sources: `{"result": …}` a line, `{"error": …}` as the last one, `data:` lines for Server-Sent Events (inferred from
 * grpc-gateway); the name `job.state` and what it holds (chosen).
 *
 * @param onEnd called once, when the stream takes no more
 */
export function createEventStream(
  out: Writable,
  framing: Framing,
  onEnd: () => void,
  limit: number = maxWaiting,
): EventStream {
  const frame = (message: object, id?: string): string =>
    framing === 'lines'
      ? `${JSON.stringify(message)}\n`
      : `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
  let waiting: Told[] = []
  let written = 0
  let blocked = false
  let ended = false

  function flush(): void {
    while (!blocked && written < waiting.length) {
      const next = waiting.slice(written, written + batch)
      written += next.length
      blocked = !out.write(next.map((transition) => frame(toMessage(transition), transition.id)).join(''))
    }
    // Cutting the front off at every batch would move what waits again and again.
    if (written === waiting.length || written > limit) {
      waiting = waiting.slice(written)
      written = 0
    }
  }

  function end(last = ''): void {
    if (ended) return
    ended = true
    waiting = []
    written = 0
    out.off('drain', drained)
    out.end(last)
    onEnd()
  }

  function drained(): void {
    blocked = false
    flush()
  }

  out.on('drain', drained)
  out.once('close', () => end())
  return {
    push(transitions) {
      if (ended) return
      for (const transition of transitions) waiting.push(transition)
      flush()
      if (waiting.length - written > limit) {
        const { grpcCode, message } = new ApiError(
          'resourceExhausted',
          `more than ${limit} events wait to be read; read faster, or open the stream again`,
        )
        end(frame({ error: { code: grpcCode, message, details: [] } satisfies RpcStatus }))
      }
    },
    beat() {
      if (framing === 'server-sent events' && !ended && !out.writableNeedDrain) out.write(': idle\n\n')
    },
    end: () => end(),
  }
}

const toMessage = ({ jobId, state, at }: Transition) => ({
  result: {
    event: 'job.state',
    data: {
      '@type': 'type.googleapis.com/bytenite.customer.JobStateEvent',
      jobId,
      state,
      timestamp: formatTimestamp(at),
    } satisfies JobStateEvent,
  },
})
