import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RpcStatus } from '../../schemas/errors.ts'
import { errorCatalogue } from '../base/errors.ts'
import { groundHeader, groundText } from '../fidelity/fidelity.ts'
import type { FaultRegistry, Strike } from '../control/faults.ts'
import { holderOfKeyIn, type KeyRing } from '../domain/accounts/keys.ts'
import { tryJson } from '../wire/json.ts'
import { operationOf } from './operations.ts'
import { changeAnswer, reset } from './fault-effects.ts'

/**
 * Applies the faults of a world: before the act (a status, a reset), or after it was committed (a lost reply, a
 * body that is cut, broken or slow). The body of the request has been read by then, so that the journal shows it; but files are
 * not read before.
 *
 * A fault applies to every request of its world, also to one that would be refused for its persona, an expired token or a body that
 * cannot be read; then it replaces the error. A request without valid credentials has no world, so no fault applies (chosen).
 *
 * @param ring the keys, for the one operation whose caller is known by a key in the body
 */
export function registerFaults(app: FastifyInstance, faults: FaultRegistry, ring: KeyRing): void {
  /** The fault that applies to a request; computed once. */
  function judge(request: FastifyRequest): Strike | undefined {
    const { exchange } = request
    const { party } = exchange
    if (party === undefined || exchange.isJudged || exchange.isWatching) return undefined
    exchange.isJudged = true
    if (!faults.isArmed(party.world)) return undefined
    exchange.strike = faults.strike(party.world, { operation: operationOf(request), persona: party.persona })
    return exchange.strike
  }

  app.addHook('preValidation', (request, reply, done) => {
    request.exchange.party ??= holderOfKeyIn(tryJson(request.body), ring)
    const strike = judge(request)
    if (strike === undefined) return done()
    afterDelay(strike, reply, () => {
      const { status, connection } = strike.rule
      if (connection === 'resetBefore') reset(reply)
      else if (status === undefined) done()
      else void reply.serializer(String).send(prepareStatus(strike, status, reply))
    })
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    // What was refused before its act came up meets its fault here.
    const late = judge(request)
    const { strike } = request.exchange
    if (strike === undefined) return done(null, payload)
    const send = (changed: unknown): void => done(null, changed)
    if (late !== undefined) {
      afterDelay(late, reply, () => {
        const { status, connection } = late.rule
        if (connection === 'resetBefore') reset(reply)
        else if (status === undefined) changeAnswer(late, reply, payload, send)
        else send(prepareStatus(late, status, reply))
      })
    } else if (strike.rule.status !== undefined) done(null, payload)
    else changeAnswer(strike, reply, payload, send)
  })
}

/** Continues after the delay of a fault, unless the client has disconnected (chosen). */
function afterDelay(strike: Strike, reply: FastifyReply, goOn: () => void): void {
  if (!strike.isDelayed) return goOn()
  const { raw, request } = reply
  const held = strike.hold(() => {
    raw.off('close', leave)
    goOn()
  })
  function leave(): void {
    held.cancel()
    reply.hijack()
    request.noteExchange(reply, 0)
  }
  raw.once('close', leave)
}

/** Sets status and headers, and returns the body. */
function prepareStatus({ rule }: Strike, status: number, reply: FastifyReply): string {
  for (const name of ['content-length', 'content-range', 'retry-after', 'www-authenticate']) reply.removeHeader(name)
  if (rule.retryAfter !== undefined) reply.header('retry-after', String(rule.retryAfter))
  void reply
    .code(status)
    .header(groundHeader, groundText('fault'))
    .type(rule.contentType ?? 'application/json')
  const message = rule.message ?? 'the emulator was told to fail here'
  if (status === 401) reply.header('www-authenticate', message.replace(/[^\x20-\x7e]/g, '?'))
  return rule.body ?? JSON.stringify({ code: grpcCodeOf(status), message, details: [] } satisfies RpcStatus)
}

/** The gRPC code that the gateway would have turned into this status; 2 if there is none. */
function grpcCodeOf(status: number): number {
  const known = Object.values(errorCatalogue).find((error) => error.status === status && error.code !== 2)
  return known?.code ?? 2
}
