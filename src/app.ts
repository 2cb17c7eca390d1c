import fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Core } from './core.ts'
import { answerOf2023, type Era } from './wire/era-2023.ts'
import type { Observer } from './control/journal.ts'
import { holderOfKeyIn, type KeyRing } from './domain/accounts/keys.ts'
import type { LoggerOptions } from './settings/log.ts'
import { collectOperations, nameOperations } from './plugins/operations.ts'
import { registerAccessLog } from './plugins/access-log.ts'
import { registerAuth } from './plugins/auth.ts'
import { registerControlGuard } from './plugins/control-guard.ts'
import { answerBrokenHttp, answerFrameworkError, bodyLimit, registerErrors } from './plugins/errors.ts'
import { registerFaults } from './plugins/faults.ts'
import { registerGround } from './plugins/fidelity.ts'
import { registerJournal } from './plugins/journal.ts'
import { beginExchanges } from './plugins/exchange.ts'
import { registerProtoJson } from './plugins/protojson.ts'
import { absentRoutes } from './routes/absent.ts'
import { apiKeyRoutes } from './routes/auth/api-keys.ts'
import { authRoutes } from './routes/auth/tokens.ts'
import { controlArchiveRoutes } from './routes/control/archives.ts'
import { controlClockRoutes } from './routes/control/clock.ts'
import { controlFidelityRoutes } from './routes/control/fidelity.ts'
import { controlJobRoutes } from './routes/control/jobs.ts'
import { controlJournalRoutes } from './routes/control/journal.ts'
import { controlScenarioRoutes } from './routes/control/scenarios.ts'
import { controlWorldRoutes } from './routes/control/worlds.ts'
import { controlRoutes } from './routes/control/health.ts'
import { dataSourceRoutes } from './routes/customer/datasource.ts'
import { docsRoutes } from './routes/docs.ts'
import { eventRoutes } from './routes/customer/events.ts'
import { authInfoRoute, infoRoute } from './routes/info.ts'
import { jobManagementRoutes } from './routes/customer/job-management.ts'
import { jobQueryRoutes } from './routes/customer/job-queries.ts'
import { jobUpdateRoutes } from './routes/customer/job-updates.ts'
import { jobRoutes } from './routes/customer/jobs.ts'
import { resultRoutes } from './routes/customer/results.ts'
import { storageRoutes } from './routes/storage.ts'
import { logRoutes } from './routes/customer/logs.ts'
import { secretRoutes } from './routes/auth/secrets.ts'
import { devTemplateRoutes } from './routes/templates.ts'
import { customerTemplateRoutes } from './routes/customer/templates.ts'
import { userRoutes } from './routes/auth/users.ts'
import { walletRoutes } from './routes/wallet.ts'

export interface AppOptions {
  /** Keys beside `test_<world>`, with the world each opens. */
  readonly apiKeys?: ReadonlyMap<string, string>
  /** `open`: any other key will do, too. */
  readonly keys?: 'closed' | 'open'
  /** Refuse what the service merely ignored. */
  readonly strict?: boolean
  /** Whether answers show unset fields. */
  readonly unset?: 'emit' | 'omit'
  /** Whose answers clients get. */
  readonly era?: Era
  readonly logger?: LoggerOptions | false
  /** Is told of every exchange. */
  readonly onExchange?: Observer
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
  const {
    apiKeys = new Map<string, string>(),
    keys = 'closed',
    strict = false,
    unset = 'emit',
    era = '2025',
    logger = false,
  } = options
  const ring: KeyRing = { configured: apiKeys, open: keys === 'open' }
  const app = fastify({
    logger,
    bodyLimit,
    logController: new LogController({ disableRequestLogging: true }),
    // The gateway knows no HEAD; it answers 501.
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4096 },
    // The gateway finds its routes in the decoded path, where %2F divides segments (inferred).
    rewriteUrl: ({ url = '/' }) =>
      url.includes('%') ? url.replace(/^[^?]*/, (path) => path.replace(/%2f/gi, '/')) : url,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerBrokenHttp,
  })

  prepare(app)
  beginExchanges(app)
  const operations = collectOperations(app)
  nameOperations(app)
  const grounds = registerGround(app)
  registerErrors(app)
  registerProtoJson(app, { strict, omitUnset: unset === 'omit' })
  registerAccessLog(app)
  registerFaults(app, core.faults, (body) => holderOfKeyIn(body, ring))
  registerJournal(app, core, options.onExchange)

  // Requests that wait for something would hold up the end.
  app.addHook('preClose', async () => core.wake())

  const asks = (scope: FastifyInstance) => registerAuth(scope, core, { ring, strict })

  void app.register(docsRoutes((watch) => buildApp(core, { ...options, logger: false }, watch)))
  // The vendor announced `/v1/computing` in September 2025 as the new name of `/v1/customer`, and kept the old one.
  for (const prefix of ['/v1/customer', '/v1/computing']) {
    void app.register(
      async (scope) => {
        asks(scope)
        if (era === '2023') scope.addHook('preSerialization', async (_request, _reply, answer) => answerOf2023(answer))
        await scope.register(jobRoutes(core))
        await scope.register(jobUpdateRoutes(core))
        await scope.register(jobManagementRoutes(core))
        await scope.register(resultRoutes(core, era))
        await scope.register(jobQueryRoutes(core))
        await scope.register(logRoutes(core))
        await scope.register(eventRoutes(core))
        await scope.register(dataSourceRoutes)
        await scope.register(customerTemplateRoutes(core))
        await scope.register(infoRoute('Customer'))
        await scope.register(absentRoutes('/v1/customer'))
      },
      { prefix },
    )
  }
  void app.register(
    async (scope) => {
      asks(scope)
      await scope.register(authRoutes(core, ring))
      await scope.register(apiKeyRoutes(core, ring))
      await scope.register(userRoutes(core))
      await scope.register(secretRoutes(core))
      await scope.register(authInfoRoute)
      await scope.register(absentRoutes('/v1/auth'))
    },
    { prefix: '/v1/auth' },
  )
  void app.register(
    async (scope) => {
      asks(scope)
      await scope.register(devTemplateRoutes(core))
      await scope.register(infoRoute('Developer'))
      await scope.register(absentRoutes('/v1/dev'))
    },
    { prefix: '/v1/dev' },
  )
  void app.register(
    async (scope) => {
      asks(scope)
      await scope.register(walletRoutes(core))
      await scope.register(infoRoute('Wallet'))
      await scope.register(absentRoutes('/v1/wallet'))
    },
    { prefix: '/v1/wallet' },
  )
  // Where the wallet was in 2023.
  void app.register(
    async (scope) => {
      asks(scope)
      scope.addHook('onRoute', (route) => {
        route.schema = { ...route.schema, hide: true }
      })
      await scope.register(walletRoutes(core))
    },
    { prefix: '/v1/customer/wallet' },
  )
  void app.register(
    async (scope) => {
      registerControlGuard(scope)
      await scope.register(controlRoutes(core))
      await scope.register(controlWorldRoutes(core))
      await scope.register(controlArchiveRoutes(core))
      await scope.register(controlClockRoutes(core))
      await scope.register(controlJobRoutes(core))
      await scope.register(controlScenarioRoutes(core, operations))
      await scope.register(controlJournalRoutes(core, operations))
      await scope.register(controlFidelityRoutes(grounds))
    },
    { prefix: '/_emulator' },
  )
  void app.register(storageRoutes(core))
  return app
}
