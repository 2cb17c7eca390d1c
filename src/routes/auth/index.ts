import type { FastifyPluginAsync } from 'fastify'
import type { Core } from '../../core.ts'
import { type AuthOptions, registerAuth } from '../../plugins/auth.ts'
import { authInfoRoute } from '../info.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { secretRoutes } from './secrets.ts'
import { signInRoutes } from './sign-in.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './users.ts'
import { addRoutes } from '../add-routes.ts'

/** The Authentication API. */
export const authRoutes =
  (core: Core, auth: AuthOptions): FastifyPluginAsync =>
  async (scope) => {
    registerAuth(scope, core, auth)
    await addRoutes(scope, [
      tokenRoutes(core, auth.ring),
      apiKeyRoutes(core, auth.ring),
      userRoutes(core),
      secretRoutes(core),
      authInfoRoute,
    ])
    await scope.register(signInRoutes(core, auth.ring))
  }
