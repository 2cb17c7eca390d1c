import { maskedUrl } from '../control/masking.ts'
import type { FastifyInstance } from 'fastify'

/** One line a request, at level info. Without that level there is no hook, as it costs a tenth of the throughput. */
export function registerAccessLog(app: FastifyInstance): void {
  if (!(['info', 'debug', 'trace'] as const).some((level) => level === app.log.level)) return
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        url: maskedUrl(request.url),
        status: reply.statusCode,
        ms: Number(reply.elapsedTime.toFixed(1)),
      },
      'request',
    )
    done()
  })
}
