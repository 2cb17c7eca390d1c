import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { SetUserInfoRequest, UserResponse } from '../../../schemas/users.ts'
import type { Core } from '../../core.ts'

/** The user of the token. */
export const userRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const common = { tags: ['user'], response: { 200: UserResponse } }

    app.get(
      '/user',
      { schema: { ...common, operationId: 'Auth_GetUserInfo', summary: 'Get the user' } },
      async (request) => ({ user: core.users.get(request.caller) }),
    )

    const setUser = {
      ...common,
      operationId: 'Auth_SetUserInfo',
      summary: 'Change the user; absent fields stay',
      body: SetUserInfoRequest,
    }
    app.patch('/user', { schema: setUser }, async (request) => ({
      user: await core.users.update(request.caller, request.body),
    }))
    // The console of September 2025 sends POST.
    app.post('/user', { schema: { ...setUser, hide: true } }, async (request) => ({
      user: await core.users.update(request.caller, request.body),
    }))
  }
