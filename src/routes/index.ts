import type { FastifyInstance } from 'fastify'
import type { OperationGround } from '../fidelity/fidelity.ts'
import type { SettingInForce } from '../../schemas/settings.ts'
import type { Core } from '../core.ts'
import type { AuthOptions } from '../plugins/auth.ts'
import type { GuardSettings } from '../plugins/guards.ts'
import { authRoutes } from './auth/index.ts'
import { controlRoutes } from './control/index.ts'
import { customerRoutes } from './customer/index.ts'
import { devRoutes } from './dev/index.ts'
import { docsRoutes } from './docs.ts'
import type { AnswerSettings } from './openapi.ts'
import { storageRoutes } from './storage.ts'
import { walletRoutes, walletRoutesOf2023 } from './wallet.ts'

export interface RouteOptions {
  readonly auth: AuthOptions
  readonly guard: GuardSettings
  readonly answers: AnswerSettings
  /** The operations of the service that there are, once all routes are made. */
  readonly operations: () => readonly string[]
  readonly grounds: () => readonly OperationGround[]
  readonly inForce: readonly SettingInForce[]
  /** Builds an app with the same routes, from which the OpenAPI documents are made; `prepare` runs before the first route. */
  readonly openApiApp: (prepare: (app: FastifyInstance) => void) => FastifyInstance
}

/** Registers the scopes by their bases. Each protects its own routes. */
export function registerRoutes(app: FastifyInstance, core: Core, options: RouteOptions): void {
  const { auth, guard, answers, operations, grounds, inForce, openApiApp } = options
  void app.register(customerRoutes(core, auth, answers.era), { prefix: '/v1/customer' })
  void app.register(authRoutes(core, auth), { prefix: '/v1/auth' })
  void app.register(devRoutes(core, auth), { prefix: '/v1/dev' })
  void app.register(walletRoutes(core, auth), { prefix: '/v1/wallet' })
  void app.register(walletRoutesOf2023(core, auth), { prefix: '/v1/customer/wallet' })
  void app.register(storageRoutes(core))
  void app.register(controlRoutes(core, operations, grounds, guard, inForce), { prefix: '/_emulator' })
  void app.register(docsRoutes(openApiApp, answers, guard))
}
