import type { FastifyPluginAsync } from 'fastify'
import type { Core } from '../../core.ts'
import { type AuthOptions, registerAuth } from '../../plugins/auth.ts'
import { appRoutes } from './apps.ts'
import { engineRoutes } from './engines.ts'
import { infoRoute } from '../info.ts'
import { templateRoutes } from './templates.ts'
import { appTestRoutes } from './tests.ts'
import { addRoutes } from '../add-routes.ts'

/** The Developer API. */
export const devRoutes =
  (core: Core, auth: AuthOptions): FastifyPluginAsync =>
  async (scope) => {
    registerAuth(scope, core, auth)
    await addRoutes(scope, [
      appRoutes(core),
      engineRoutes(core),
      templateRoutes(core),
      infoRoute('Developer'),
      appTestRoutes,
    ])
  }
