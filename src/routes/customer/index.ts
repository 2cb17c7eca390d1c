import type { FastifyPluginAsync } from 'fastify'
import type { Core } from '../../core.ts'
import { type AuthOptions, registerAuth } from '../../plugins/auth.ts'
import type { Era } from '../../wire/era-2023.ts'
import { infoRoute } from '../info.ts'
import { dataSourceRoutes } from './datasource.ts'
import { deprecatedRoutes } from './deprecated.ts'
import { eventRoutes } from './events.ts'
import { jobQueryRoutes } from './job-queries.ts'
import { jobRoutes } from './jobs.ts'
import { logRoutes } from './logs.ts'
import { resultRoutes } from './results.ts'
import { templateRoutes } from './templates.ts'
import { addRoutes } from '../add-routes.ts'

/** The Customer API. */
export const customerRoutes =
  (core: Core, auth: AuthOptions, era: Era): FastifyPluginAsync =>
  async (scope) => {
    registerAuth(scope, core, auth)
    await addRoutes(scope, [
      jobRoutes(core, era),
      jobQueryRoutes(core),
      resultRoutes(core, era),
      logRoutes(core),
      eventRoutes(core),
      dataSourceRoutes,
      templateRoutes(core),
      infoRoute('Customer'),
      deprecatedRoutes,
    ])
  }
