import type { FastifyPluginAsync } from 'fastify'
import type { Core } from '../../core.ts'
import { type AuthOptions, registerAuth } from '../../plugins/auth.ts'
import { authInfoRoute } from '../info.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { secretRoutes } from './secrets.ts'
import { signInRoutes } from './sign-in.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './users.ts'

/** The Authentication API. */
export const authRoutes =
  (core: Core, auth: AuthOptions): FastifyPluginAsync =>
  async (scope) => {
    registerAuth(scope, core, auth)
    await scope.register(tokenRoutes(core, auth.ring))
    await scope.register(apiKeyRoutes(core, auth.ring))
    await scope.register(userRoutes(core))
    await scope.register(secretRoutes(core))
    await scope.register(signInRoutes(core, auth.ring))
    await scope.register(authInfoRoute)
  }
