import type { FastifyInstance } from 'fastify'
import { ApiError, invalidArgument } from '../base/errors.ts'
import { withoutEnd } from '../wire/numbers.ts'

/** Tells if an operation was one of the gateway's. */
const isGateway = (url: string): boolean => url.startsWith('/v1/')

/** Nanoseconds of each unit that a time of gRPC may have. */
const units: Readonly<Record<string, number>> = { H: 3.6e12, M: 6e10, S: 1e9, m: 1e6, u: 1e3, n: 1 }

const prefix = 'grpc-metadata-'

/** The error of a header that cannot become metadata: it has no name, or is binary and not in base64. */
function metadataFault(rawHeaders: readonly string[]): ApiError | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length < prefix.length || name.slice(0, prefix.length).toLowerCase() !== prefix) continue
    const key = name.slice(prefix.length)
    if (key === '') return new ApiError('internal', 'there is an empty key in the header', { ground: 'grpc-headers' })
    const value = rawHeaders[i + 1]!
    if (!/-bin$/i.test(key) || value === '') continue
    const bad = withoutEnd(value, '=').search(/[^A-Za-z0-9+/]/)
    const isWhole = value.includes('=') ? value.length % 4 === 0 : value.length % 4 !== 1
    if (bad >= 0 || !isWhole) {
      const at = Math.max(bad, 0)
      return invalidArgument(`invalid binary header ${name}: illegal base64 data at input byte ${at}`, 'grpc-headers')
    }
  }
  return undefined
}

/** Does what the gateway does with headers of gRPC (measured). */
export function registerGrpcHeaders(app: FastifyInstance): void {
  app.addHook('preHandler', (request, _reply, done) => {
    if (!isGateway(request.route.url ?? '')) return done()
    const fault = metadataFault(request.raw.rawHeaders)
    const sent = request.headers['grpc-timeout']
    if (fault !== undefined || sent === undefined || sent === '') return done(fault)
    const text = String(sent)
    const unit = units[text.at(-1)!]
    const number = text.slice(0, -1)
    if (unit === undefined || !/^[-+]?\d+$/.test(number)) {
      return done(invalidArgument(`invalid grpc-timeout: ${text}`, 'grpc-timeout'))
    }
    const limit = (Number(number) * unit) / 1e6
    // A time of zero is none to the gateway.
    const isOver = limit !== 0 && request.exchange.age() >= limit
    done(isOver ? new ApiError('deadlineExceeded', 'context deadline exceeded', { ground: 'grpc-timeout' }) : undefined)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode < 300 && isGateway(request.route.url ?? '')) {
      reply.header('grpc-metadata-content-type', 'application/grpc')
    }
    done(null, payload)
  })
}
