import type { FastifyInstance } from 'fastify'
import type { Core } from '../core.ts'
import { operationName } from '../operations.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The world whose journal notes this request; unset while nobody knows who calls. */
    journalWorld: string | undefined
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
  app.decorateRequest('sentBody', undefined)
  app.decorateRequest('answeredBody', '')
  app.decorateRequest('unknownFields')
  app.decorateRequest('jobId', null)
  app.decorateRequest('scenario', null)

  app.addHook('onSend', (request, _reply, payload, done) => {
    if (typeof payload === 'string') request.answeredBody = payload
    done(null, payload)
  })

  app.addHook('onResponse', (request, reply, done) => {
    const { journalWorld, raw, strike } = request
    if (journalWorld !== undefined) {
      const { jobId } = (request.params ?? {}) as { jobId?: string }
      journal.note(journalWorld, {
        at: core.clock.now(),
        worldTime: request.caller === undefined ? core.clock.now() : core.worlds.now(request.caller.world),
        operation: operationName(request.method, request.routeOptions.url ?? ''),
        method: request.method,
        path: request.url,
        persona: request.caller?.persona ?? 'owner',
        status: reply.statusCode,
        durationMs: Number(reply.elapsedTime.toFixed(3)),
        headers: raw.headers,
        requestBody: request.sentBody,
        responseBody: request.answeredBody,
        unknownFields: request.unknownFields ?? [],
        fault: strike?.id ?? null,
        scenario: request.scenario,
        jobId: request.jobId ?? jobId ?? null,
        ground: String(reply.getHeader('x-emulator-ground') ?? ''),
      })
    }
    done()
  })
  app.addHook('preClose', async () => journal.close())
}
