import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Core } from '../core.ts'
import { normaliseId } from '../base/ids.ts'
import type { Observer } from '../control/journal.ts'
import { operationOf } from './operations.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Records the end of an exchange without a complete answer. Only the first call counts. */
    noteExchange: (reply: FastifyReply, status: number) => void
  }
}

/**
 * Notes every exchange of a world whose caller is known, just before its answer is sent: a client that has the answer can look into
 * the journal for it at once. Call after everything that changes answers.
 *
 * @param observers called with all other exchanges, too
 * @param onRefused called only with failed exchanges without a world
 */
export function registerJournal(
  app: FastifyInstance,
  core: Core,
  observers: readonly Observer[],
  onRefused: Observer | undefined,
): void {
  const { journal } = core

  app.addHook('onSend', (request, reply, payload, done) => {
    if (payload instanceof Readable) return done(null, watched(payload, request, reply))
    if (typeof payload === 'string') request.exchange.answeredBody = payload
    request.noteExchange(reply, reply.statusCode)
    done(null, payload)
  })

  /** The same file, counted as it passes. A stream of unknown length, as that of events, is noted as it begins. */
  function watched(file: Readable, request: FastifyRequest, reply: FastifyReply): Readable {
    const { exchange } = request
    const length = Number(reply.getHeader('content-length') ?? 0)
    const count = (bytes: number): void => {
      exchange.answeredBytes = (exchange.answeredBytes ?? 0) + bytes
      if (exchange.answeredBytes >= length) request.noteExchange(reply, reply.statusCode)
    }
    async function* pieces(): AsyncGenerator<Buffer> {
      for await (const piece of file as AsyncIterable<Buffer>) {
        count(piece.length)
        yield piece
      }
    }
    count(0)
    return Readable.from(pieces(), { objectMode: false }).once('close', () => file.destroy())
  }

  app.decorateRequest('noteExchange', function (this: FastifyRequest, reply: FastifyReply, status: number) {
    const { exchange } = this
    const { party } = exchange
    const isRefused = party === undefined && status >= 400 && onRefused !== undefined
    if (exchange.isNoted || exchange.isWatching) return
    if (party === undefined && observers.length === 0 && !isRefused) return
    exchange.isNoted = true
    const { jobId: named } = (this.params ?? {}) as { jobId?: string }
    const at = core.clock.now()
    const noted = {
      at,
      worldTime: this.caller === undefined ? at : core.clocks.now(this.caller.world, at),
      operation: operationOf(this),
      method: this.method,
      path: this.originalUrl,
      persona: party?.persona ?? 'owner',
      status,
      durationMs: performance.now() - exchange.began,
      headers: this.raw.rawHeaders,
      requestBody: exchange.sentBody,
      requestBytes: exchange.sentBytes,
      responseBody: exchange.answeredBody,
      responseBytes: exchange.answeredBytes,
      unknownFields: exchange.unknownFields,
      fault: exchange.strike?.id ?? null,
      scenario: exchange.scenario,
      jobId: exchange.jobId ?? (named === undefined ? null : normaliseId(named)),
      ground: String(reply.getHeader('x-emulator-ground') ?? ''),
    }
    if (party !== undefined) journal.note(party.world, noted)
    if (observers.length === 0 && !isRefused) return
    const observed = { ...noted, world: party?.world ?? null, retryAfter: secondsIn(reply.getHeader('retry-after')) }
    for (const observe of observers) observe(observed)
    if (isRefused) onRefused(observed)
  })
}

/** The seconds in `Retry-After`; the emulator sends no dates there. */
const secondsIn = (header: unknown): number | null => (/^\d+$/.test(String(header)) ? Number(header) : null)
