import type { FastifyInstance } from 'fastify'
import type { Core } from './core.ts'
import { type CheckedOptions, defaults } from './settings/options.ts'
import { accessLog, logTransitions } from './plugins/access-log.ts'
import { registerBaseUrl } from './plugins/base-url.ts'
import { registerErrors } from './plugins/errors.ts'
import { beginExchanges } from './plugins/exchange.ts'
import { registerFaults } from './plugins/faults.ts'
import { registerFidelity } from './plugins/fidelity.ts'
import { registerFrontPage } from './plugins/front-page.ts'
import { registerGrpcHeaders } from './plugins/grpc-headers.ts'
import { registerServiceGuard } from './plugins/guards.ts'
import { answerOddRequests, createHttpServer } from './plugins/http-server.ts'
import { registerJournal } from './plugins/journal.ts'
import { collectOperations, nameOperations } from './plugins/operations.ts'
import { registerProtoJson } from './plugins/protojson.ts'
import { registerRoutes } from './routes/index.ts'

/** The options of `startEmulator()`; those that do not concern HTTP have no effect here. */
export type AppOptions = Partial<CheckedOptions>

/**
 * Builds the server: the plugins that every request passes, in their order, then the scopes with their routes. Opens no port.
 *
 * @param prepare called before the first route, for plugins that watch routes being made
 */
export function buildApp(
  core: Core,
  options: AppOptions = {},
  prepare: (app: FastifyInstance) => void = () => undefined,
): FastifyInstance {
  const { apiKeys, keys, strict, unset, era, logger, inForce = [], onExchange, ...others } = { ...defaults, ...options }
  const ring = { configured: apiKeys, open: keys === 'open' }
  const { app, methodsOf, refused } = createHttpServer(logger)
  prepare(app)
  nameOperations(app)
  beginExchanges(app)
  const operations = collectOperations(app)
  const grounds = registerFidelity(app)
  registerErrors(app, methodsOf)
  answerOddRequests(app, refused)
  registerServiceGuard(app, others)
  registerBaseUrl(app, others.publicUrl)
  registerFrontPage(app)
  registerProtoJson(app, { strict, omitUnset: unset === 'omit', era })
  registerGrpcHeaders(app)
  registerFaults(app, core.faults, ring)
  const log = accessLog(app, onExchange !== undefined)
  const observers = [onExchange, log?.ofAll].filter((observer) => observer !== undefined)
  registerJournal(app, core, observers, log?.ofRefusals)
  logTransitions(app, core)

  // Waiting requests would delay the end.
  app.addHook('preClose', async () => core.wake())

  registerRoutes(app, core, {
    auth: { ring, strict },
    guard: others,
    answers: { unset, era },
    operations,
    grounds,
    inForce,
    openApiApp: (watch) => buildApp(core, { ...options, logger: false }, watch),
  })
  return app
}
