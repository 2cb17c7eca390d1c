import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Core } from '../core.ts'
import { normaliseId } from '../ids.ts'
import type { Observer } from '../journal.ts'
import { operationOf } from '../operations.ts'
import type { Persona } from '../personas.ts'
import type { UnknownField } from '../protojson.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is, by name: whose journal notes it and whose faults strike it. Unset while nobody knows. */
    party: { readonly world: string; readonly persona: Persona } | undefined
    /** Tells the journal how an exchange ended that has no answer of its own, or one without an end. Counts once. */
    noteExchange: (reply: FastifyReply, status: number) => void
    /** The journal has it. */
    isNoted: boolean
    /** The bytes of the body. */
    sentBody: Buffer | undefined
    /** Bytes of the body where it is not kept, as files are not. */
    sentBytes: number | undefined
    /** The body of the answer. */
    answeredBody: string
    /** Bytes of the answer where they are not those of `answeredBody`. */
    answeredBytes: number | undefined
    /** Fields of the body that its message does not have. */
    unknownFields: readonly UnknownField[]
    /** The job that the request is about. */
    jobId: string | null
    /** The scenario that was applied to it. */
    scenario: string | null
  }
}

/**
 * Notes every exchange of a world whose caller is known. Writing it out is left to whoever reads the journal.
 *
 * @param observer is told of all others, too
 */
export function registerJournal(app: FastifyInstance, core: Core, observer?: Observer): void {
  const { journal } = core
  app.decorateRequest('party', undefined)
  app.decorateRequest('sentBody', undefined)
  app.decorateRequest('sentBytes', undefined)
  app.decorateRequest('answeredBody', '')
  app.decorateRequest('answeredBytes', undefined)
  app.decorateRequest('unknownFields')
  app.decorateRequest('jobId', null)
  app.decorateRequest('isNoted', false)
  app.decorateRequest('scenario', null)

  app.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload === 'string') request.answeredBody = payload
    const isFile = payload instanceof Readable && request.party !== undefined
    done(null, isFile ? watched(payload, request, reply) : payload)
  })

  /**
   * The same file, counted as it passes. It is noted before its last piece goes out, since whoever has that may look into the
   * journal for it at once. A stream of unknown length, as that of events, is noted as it begins.
   */
  function watched(file: Readable, request: FastifyRequest, reply: FastifyReply): Readable {
    const length = Number(reply.getHeader('content-length') ?? 0)
    const count = (bytes: number): void => {
      request.answeredBytes = (request.answeredBytes ?? 0) + bytes
      if (request.answeredBytes >= length) request.noteExchange(reply, reply.statusCode)
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
    const { party, raw, strike, caller } = this
    if (this.isNoted || (party === undefined && observer === undefined)) return
    this.isNoted = true
    const { jobId: named } = (this.params ?? {}) as { jobId?: string }
    const at = core.clock.now()
    const noted = {
      at,
      worldTime: caller === undefined ? at : core.worlds.now(caller.world),
      operation: operationOf(this),
      method: this.method,
      path: this.url,
      persona: party?.persona ?? 'owner',
      status,
      durationMs: reply.elapsedTime,
      headers: raw.rawHeaders,
      requestBody: this.sentBody,
      requestBytes: this.sentBytes,
      responseBody: this.answeredBody,
      responseBytes: this.answeredBytes,
      unknownFields: this.unknownFields ?? [],
      fault: strike?.id ?? null,
      scenario: this.scenario,
      jobId: this.jobId ?? (named === undefined ? null : normaliseId(named)),
      ground: String(reply.getHeader('x-emulator-ground') ?? ''),
    }
    if (party !== undefined) journal.note(party.world, noted)
    observer?.({ ...noted, world: party?.world ?? null, retryAfter: secondsIn(reply.getHeader('retry-after')) })
  })

  app.addHook('onResponse', (request, reply, done) => {
    request.noteExchange(reply, reply.statusCode)
    done()
  })
}

/** What `Retry-After` says, where it is a number of seconds; the emulator sends no dates there. */
const secondsIn = (header: unknown): number | null => (/^\d+$/.test(String(header)) ? Number(header) : null)
