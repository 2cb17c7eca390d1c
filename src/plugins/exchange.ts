import type { FastifyInstance } from 'fastify'
import type { Strike } from '../control/faults.ts'
import type { Persona } from '../domain/accounts/personas.ts'
import type { UnknownField } from '../wire/unknown-fields.ts'

/** An exchange under way, as plugins and routes learn about it. */
class OpenExchange {
  /** Its world and persona, which decide the journal and the faults. Unset until the caller is known. */
  party: { readonly world: string; readonly persona: Persona } | undefined = undefined
  /** The bytes of the body. */
  sentBody: Buffer | undefined = undefined
  /** Bytes of the body if it is not kept, as files are not. */
  sentBytes: number | undefined = undefined
  /** The body of the answer. */
  answeredBody = ''
  /** Bytes of the answer if they are not those of `answeredBody`. */
  answeredBytes: number | undefined = undefined
  /** Fields of the body or the query that its message does not have. */
  unknownFields: readonly UnknownField[] = []
  /** The job that it is about. */
  jobId: string | null = null
  /** The scenario that was applied to it. */
  scenario: string | null = null
  /** The fault that applies to it. */
  strike: Strike | undefined = undefined
  /** True once the faults of its world were consulted. */
  isJudged = false
  /** True for a tool that only watches: no faults, no entry in the journal, no move of a job. */
  isWatching = false
  /** The journal has it. */
  isNoted = false
  /** By the clock of durations, in milliseconds. */
  readonly began = performance.now()

  /** Milliseconds since it began. */
  age(): number {
    return performance.now() - this.began
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: OpenExchange
  }
}

/** The header of a tool that watches without being a client. It has an effect on reads only. */
const watchHeader = 'x-emulator-watch'

/** Begins the exchange of every request. Call before all that learns something of it. */
export function beginExchanges(app: FastifyInstance): void {
  app.decorateRequest('exchange')
  app.addHook('onRequest', (request, _reply, done) => {
    request.exchange = new OpenExchange()
    const { method, headers, route } = request
    if (headers[watchHeader] !== undefined && (method === 'GET' || route.config.access === 'read')) {
      request.exchange.isWatching = true
    }
    done()
  })
}
