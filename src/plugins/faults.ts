import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { RpcStatus } from '../../schemas/errors.ts'
import { errorCatalogue } from '../errors.ts'
import { groundHeader, groundText } from '../ground.ts'
import type { FaultRegistry, Strike } from '../faults.ts'
import type { KeyHolder } from '../keys.ts'
import { operationName } from '../operations.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The fault that strikes this request. */
    strike: Strike | undefined
  }
}

/**
 * Spoils answers as the faults of a world say: before the act (a status, a reset), or after it was committed (a lost reply, a
 * body that is cut, broken or slow). The body of the request has been read by then, so that the journal shows it.
 *
 * @param keyHolder who an API key in a body belongs to, for the one operation that knows its caller by that
 */
export function registerFaults(
  app: FastifyInstance,
  faults: FaultRegistry,
  keyHolder: (body: unknown) => KeyHolder | undefined,
): void {
  app.decorateRequest('strike', undefined)

  app.addHook('preValidation', (request, reply, done) => {
    const { caller, routeOptions } = request
    const holder =
      caller === undefined ? keyHolder(request.body) : { world: caller.world.name, persona: caller.persona }
    if (holder === undefined) return done()
    request.journalWorld = holder.world
    const operation = operationName(request.method, routeOptions.url ?? '')
    const strike = faults.strike(holder.world, { operation, persona: holder.persona })
    if (strike === undefined) return done()
    request.strike = strike
    void strike.delayed.then(() => {
      if (!strikeBefore(strike, reply)) done()
    })
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    const { strike } = request
    if (strike === undefined || typeof payload !== 'string') done(null, payload)
    else spoil(strike, reply, payload, (spoilt) => done(null, spoilt))
  })
}

/** Answers in place of the act. Returns false where the act is to be done. */
function strikeBefore(strike: Strike, reply: FastifyReply): boolean {
  const { status, connection } = strike.rule
  if (connection === 'resetBefore') {
    reset(reply)
    return true
  }
  if (status === undefined) return false
  answerWithStatus(reply, strike, status)
  return true
}

/** Ends the connection with a TCP reset, in place of an answer. */
function reset(reply: FastifyReply): void {
  reply.header(groundHeader, groundText('fault'))
  reply.hijack()
  reply.request.noteExchange(reply, 0)
  reply.raw.socket?.resetAndDestroy()
}

function answerWithStatus(reply: FastifyReply, { rule }: Strike, status: number): void {
  if (rule.retryAfter !== undefined) reply.header('retry-after', String(rule.retryAfter))
  void reply.code(status).header(groundHeader, groundText('fault')).type('application/json').serializer(String)
  if (rule.body !== undefined) {
    void reply.send(rule.body)
    return
  }
  const message = rule.message ?? 'the emulator was told to fail here'
  if (status === 401) reply.header('www-authenticate', message.replace(/[^\x20-\x7e]/g, '?'))
  void reply.send(JSON.stringify({ code: grpcCodeOf(status), message, details: [] } satisfies RpcStatus))
}

/** The gRPC code that the gateway would have turned into this status; 2 where there is none. */
function grpcCodeOf(status: number): number {
  const known = Object.values(errorCatalogue).find((error) => error.status === status && error.code !== 2)
  return known?.code ?? 2
}

/** Spoils an answer to an act that was done. Does not call back where nothing is left to be sent. */
function spoil(
  { rule }: Strike,
  reply: FastifyReply,
  payload: string,
  send: (payload: string | Readable) => void,
): void {
  if (rule.connection === 'resetAfter') return reset(reply)
  if (rule.answer !== undefined) reply.header(groundHeader, groundText('fault'))
  switch (rule.answer) {
    case 'cut':
      return cut(reply, payload)
    case 'brokenJson':
      return send(payload.slice(0, -1))
    case 'wrongContentType':
      void reply.header('content-type', 'text/html')
      return send(payload)
    case 'slow':
      return send(Readable.from(slowBody(Buffer.from(payload))))
    case undefined:
      return send(payload)
  }
}

/** Promises the whole body, sends half of it and closes the connection. */
function cut(reply: FastifyReply, payload: string): void {
  const bytes = Buffer.from(payload)
  reply.hijack()
  reply.request.noteExchange(reply, reply.statusCode)
  reply.raw.writeHead(reply.statusCode, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-length': bytes.length,
  })
  reply.raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => reply.raw.socket?.destroy())
}

/** A body that comes in ten parts, a tenth of a second apart. */
async function* slowBody(bytes: Buffer): AsyncGenerator<Buffer> {
  const size = Math.ceil(bytes.length / 10)
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
