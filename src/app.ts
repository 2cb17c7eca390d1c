import fastify, { type FastifyInstance, LogController } from 'fastify'
import type { SettingInForce } from '../schemas/settings.ts'
import type { Core } from './core.ts'
import type { Observer } from './control/journal.ts'
import { tryJson } from './wire/json.ts'
import { holderOfKeyIn, type KeyRing } from './domain/accounts/keys.ts'
import type { LoggerOptions } from './settings/log.ts'
import { serviceDefaults, type ServiceSettings, settings } from './settings/settings.ts'
import { collectOperations, nameOperations } from './plugins/operations.ts'
import { registerBaseUrl } from './plugins/base-url.ts'
import { registerServiceGuard } from './plugins/guards.ts'
import { isLoopbackAddress } from './base/address.ts'
import { accessLog, logTransitions, refusalLog } from './plugins/access-log.ts'
import {
  answerBrokenHttp,
  answerFrameworkError,
  answerOddRequests,
  headerLimit,
  registerErrors,
} from './plugins/errors.ts'
import { registerFaults } from './plugins/faults.ts'
import { registerFidelity } from './plugins/fidelity.ts'
import { registerFrontPage } from './plugins/front-page.ts'
import { registerGrpcHeaders } from './plugins/grpc-headers.ts'
import { registerJournal } from './plugins/journal.ts'
import { collectMethods, undisguise } from './plugins/methods.ts'
import { beginExchanges } from './plugins/exchange.ts'
import { keepQuery, registerProtoJson } from './plugins/protojson.ts'
import { registerRoutes } from './routes/index.ts'

export interface AppOptions extends Partial<ServiceSettings> {
  /** Keys besides `test_<world>`, with the world each opens. */
  readonly apiKeys?: ReadonlyMap<string, string>
  /** The address that is listened on. */
  readonly host?: string
  readonly logger?: LoggerOptions | false
  /** The settings, as the control API shows them; absent: none. */
  readonly inForce?: readonly SettingInForce[]
  /** Called after every request, with what was sent and answered. */
  readonly onExchange?: Observer
}

/**
 * In place of Fastify's compilers of validators and serializers: `registerProtoJson` sets its own before there is a route. Without
 * these, Fastify would load Ajv and more, for a twentieth of the time that a start takes.
 */
const noCompiler = (): never => {
  throw new Error('a route was made before registerProtoJson()')
}

/**
 * The map of the server: what happens to every request, then the scopes and their routes. Opens no port.
 *
 * @param prepare called before the first route, for plugins that watch routes being made
 */
export function buildApp(
  core: Core,
  options: AppOptions = {},
  prepare: (app: FastifyInstance) => void = () => undefined,
): FastifyInstance {
  const { keys, strict, unset, era, ...access } = { ...serviceDefaults, ...options }
  const { apiKeys = settings.apiKey.default, host = settings.host.default, logger = false } = options
  const guard = { ...access, onLoopback: isLoopbackAddress(host) }
  const ring: KeyRing = { configured: apiKeys, open: keys === 'open' }
  const app = fastify({
    logger,
    // `readBody` has the limit; this one would close the connection before it.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    logController: new LogController({ disableRequestLogging: true }),
    // The gateway knows no HEAD; it answers 501.
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4096, querystringParser: keepQuery },
    // The gateway finds its routes in the decoded path, where %2F divides segments (inferred).
    rewriteUrl(request) {
      const { url = '/' } = request
      undisguise(request, methodsOf)
      return url.includes('%') ? url.replace(/^[^?]*/, (path) => path.replace(/%2f/gi, '/')) : url
    },
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Answered by the hook of `answerOddRequests`, with a body.
    http: { requireHostHeader: false, maxHeaderSize: headerLimit },
    frameworkErrors: answerFrameworkError(
      () => methodsOf,
      () => refused,
    ),
    clientErrorHandler: answerBrokenHttp(
      () => methodsOf,
      () => refused,
    ),
  })

  const refused = refusalLog(app)
  const methodsOf = collectMethods(app)
  prepare(app)
  beginExchanges(app)
  const operations = collectOperations(app)
  nameOperations(app)
  const grounds = registerFidelity(app)
  registerErrors(app, methodsOf)
  answerOddRequests(app, refused)
  registerServiceGuard(app, guard)
  registerBaseUrl(app, access.publicUrl)
  registerFrontPage(app)
  registerProtoJson(app, { strict, omitUnset: unset === 'omit', era })
  registerGrpcHeaders(app)
  registerFaults(app, core.faults, (body) => holderOfKeyIn(tryJson(body), ring))
  const { onExchange } = options
  const log = accessLog(app, onExchange !== undefined)
  const observers = [onExchange, log?.ofAll].filter((observer) => observer !== undefined)
  registerJournal(app, core, observers, log?.ofRefusals)
  logTransitions(app, core)

  // Requests that wait for something would hold up the end.
  app.addHook('preClose', async () => core.wake())

  registerRoutes(app, core, {
    auth: { ring, strict },
    guard,
    answers: { unset, era },
    operations,
    grounds,
    inForce: options.inForce ?? [],
    build: (watch) => buildApp(core, { ...options, logger: false }, watch),
  })
  return app
}
