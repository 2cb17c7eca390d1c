import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError, invalidArgument } from '../base/errors.ts'
import { withoutEnd } from '../wire/numbers.ts'

/** Tells if an operation was one of the gateway's. */
const isGateway = (url: string): boolean => url.startsWith('/v1/')

/** Nanoseconds of each unit that a time of gRPC may have. */
const units: Readonly<Record<string, bigint>> = {
  H: 3_600_000_000_000n,
  M: 60_000_000_000n,
  S: 1_000_000_000n,
  m: 1_000_000n,
  u: 1000n,
  n: 1n,
}

const prefix = 'grpc-metadata-'

/** A name of a header as Go's HTTP server passes it on: `Grpc-Metadata-X-Bin`. */
const canonical = (name: string): string =>
  name.toLowerCase().replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** Nanoseconds of a text such as `10S`, or undefined if it is not a time. One too long for 64 bits runs over, as in Go. */
function timeoutIn(text: string): bigint | undefined {
  const unit = units[text.at(-1)!]
  const number = text.slice(0, -1)
  if (unit === undefined || !/^[-+]?\d{1,19}$/.test(number)) return undefined
  const count = BigInt(number.replace('+', ''))
  return count === BigInt.asIntN(64, count) ? BigInt.asIntN(64, count * unit) : undefined
}

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
      const sent = canonical(name)
      return invalidArgument(`invalid binary header ${sent}: illegal base64 data at input byte ${at}`, 'grpc-headers')
    }
  }
  return undefined
}

/** The time that a client gives its request, in nanoseconds; zero is none to the gateway, undefined a text that is not a time. */
function timeoutOf(request: FastifyRequest): bigint | undefined {
  const { 'grpc-timeout': sent = '' } = request.headers
  return sent === '' ? 0n : timeoutIn(String(sent))
}

/** Does what the gateway does with headers of gRPC: reads them before the message, and looks at the time after it (measured). */
export function registerGrpcHeaders(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, done) => {
    if (!isGateway(request.route.url ?? '')) return done()
    done(
      timeoutOf(request) === undefined
        ? invalidArgument(`invalid grpc-timeout: ${String(request.headers['grpc-timeout'])}`, 'grpc-timeout')
        : metadataFault(request.raw.rawHeaders),
    )
  })
  app.addHook('preHandler', (request, _reply, done) => {
    const timeout = isGateway(request.route.url ?? '') ? (timeoutOf(request) ?? 0n) : 0n
    const isOver = timeout !== 0n && request.exchange.age() >= Number(timeout) / 1e6
    done(isOver ? new ApiError('deadlineExceeded', 'context deadline exceeded', { ground: 'grpc-timeout' }) : undefined)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode < 300 && isGateway(request.route.url ?? '')) {
      reply.header('grpc-metadata-content-type', 'application/grpc')
    }
    done(null, payload)
  })
}
