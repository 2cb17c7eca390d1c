import type { FastifyPluginAsync } from 'fastify'
import type { Core } from '../../core.ts'
import { type AuthOptions, registerAuth } from '../../plugins/auth.ts'
import { appRoutes } from './apps.ts'
import { engineRoutes } from './engines.ts'
import { infoRoute } from '../info.ts'
import { templateRoutes } from './templates.ts'
import { appTestRoutes } from './tests.ts'

/** The Developer API. */
export const devRoutes =
  (core: Core, auth: AuthOptions): FastifyPluginAsync =>
  async (scope) => {
    registerAuth(scope, core, auth)
    await scope.register(appRoutes(core))
    await scope.register(engineRoutes(core))
    await scope.register(templateRoutes(core))
    await scope.register(infoRoute('Developer'))
    await scope.register(appTestRoutes)
  }
