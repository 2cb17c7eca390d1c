import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Core } from '../core.ts'
import { operationName } from '../operations.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The world whose journal notes this request; unset while nobody knows who calls. */
    journalWorld: string | undefined
    /** The type of the body as it was sent, before it was read as JSON all the same. */
    sentContentType: string | undefined
    /** Tells the journal how an exchange ended that has no answer of its own, or one without an end. Counts once. */
    noteExchange: (reply: FastifyReply, status: number) => void
    /** The journal has it. */
    isNoted: boolean
    /** The bytes of the body. */
    sentBody: Buffer | undefined
    /** The body of the answer. */
    answeredBody: string
    /** Fields of the body that its message does not have. */
    unknownFields: readonly string[]
    /** The job that the request is about. */
    jobId: string | null
    /** The scenario that was applied to it. */
    scenario: string | null
  }
}

/** Notes every exchange of a world whose caller is known. Writing it out is left to whoever reads the journal. */
export function registerJournal(app: FastifyInstance, core: Core): void {
  const { journal } = core
  app.decorateRequest('journalWorld', undefined)
  app.decorateRequest('sentContentType', undefined)
  app.decorateRequest('sentBody', undefined)
  app.decorateRequest('answeredBody', '')
  app.decorateRequest('unknownFields')
  app.decorateRequest('jobId', null)
  app.decorateRequest('isNoted', false)
  app.decorateRequest('scenario', null)

  app.addHook('onSend', (request, _reply, payload, done) => {
    if (typeof payload === 'string') request.answeredBody = payload
    done(null, payload)
  })

  app.decorateRequest('noteExchange', function (this: FastifyRequest, reply: FastifyReply, status: number) {
    const { journalWorld, raw, strike, caller, sentContentType } = this
    if (journalWorld === undefined || this.isNoted) return
    this.isNoted = true
    const { jobId } = (this.params ?? {}) as { jobId?: string }
    const at = core.clock.now()
    journal.note(journalWorld, {
      at,
      worldTime: caller === undefined ? at : core.worlds.now(caller.world),
      operation: operationName(this.method, this.routeOptions.url ?? ''),
      method: this.method,
      path: this.url,
      persona: caller?.persona ?? 'owner',
      status,
      durationMs: Number(reply.elapsedTime.toFixed(3)),
      headers: sentContentType === undefined ? raw.headers : { ...raw.headers, 'content-type': sentContentType },
      requestBody: this.sentBody,
      responseBody: this.answeredBody,
      unknownFields: this.unknownFields ?? [],
      fault: strike?.id ?? null,
      scenario: this.scenario,
      jobId: this.jobId ?? jobId ?? null,
      ground: String(reply.getHeader('x-emulator-ground') ?? ''),
    })
  })

  app.addHook('onResponse', (request, reply, done) => {
    request.noteExchange(reply, reply.statusCode)
    done()
  })
}
