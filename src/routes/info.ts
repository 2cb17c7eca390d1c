import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuthInfo, ServerInfo, type Version } from '../../schemas/info.ts'
import { version } from '../base/package.ts'

const [major, minor] = version.split('.').map(Number)

/** The emulator's own version, since no answer of the service was saved (chosen). */
const ownVersion: Version = { major: major ?? 0, minor: minor ?? 0, tag: `bytenite-emulator ${version}` }

const common = { summary: 'Get the version of the server', tags: ['info'] }

/** `GET /info` of the Authentication API. */
export const authInfoRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/info',
    { schema: { ...common, operationId: 'Auth_GetServerInfo', response: { 200: AuthInfo } } },
    async () => ({ version: ownVersion }),
  )
}

/** `GET /info` of another API; the service's messages are unknown, so there are none (chosen). */
export const infoRoute =
  (api: 'Customer' | 'Developer' | 'Wallet'): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/info',
      { schema: { ...common, operationId: `${api}_GetServerInfo`, response: { 200: ServerInfo } } },
      async () => ({ version: ownVersion, messages: {} }),
    )
  }
