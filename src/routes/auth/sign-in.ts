import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AuthenticateRequest,
  AuthenticateResponse,
  ConnectorParams,
  MakeApiKeyRequest,
  MakeApiKeyResponse,
  SignInRequest,
  SignInResponse,
} from '../../../schemas/sign-in.ts'
import { Untyped } from '../../../schemas/unused.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { uuidFromName } from '../../base/ids.ts'
import { formatTimestamp, microsPerSecond } from '../../base/timestamps.ts'
import { defaultWorld } from '../../base/world-names.ts'
import type { Core } from '../../core.ts'
import { defaultKeyOf, type KeyRing } from '../../domain/accounts/keys.ts'

/** The code of every mail that the emulator would have sent (chosen). */
const code = '123456'

/** How long such a code would be good, in seconds (chosen). */
const codeLifetime = 600

function assertCode(sent: string): void {
  if (sent !== code)
    throw invalidArgument(
      `code ${show(sent)} is wrong: the emulator sends no mail, its code is ${code}`,
      'sign-in-code',
    )
}

/** Sign-in by mail, and the making of keys. Sign-in asks for no key and acts in the world `default`. */
export const signInRoutes =
  (core: Core, ring: KeyRing): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['auth']
    app.addHook('onRequest', (request, _reply, done) => {
      if (request.route.config.open === true) {
        request.exchange.party = { world: defaultWorld, persona: 'owner' }
      }
      done()
    })
    app.post(
      '/signin',
      {
        config: { open: true },
        schema: {
          operationId: 'Auth_Signin',
          summary: 'Request a code by mail; no mail is sent, the code is 123456',
          tags,
          body: SignInRequest,
          response: { 200: SignInResponse },
        },
      },
      async (request) => {
        const now = core.clock.now()
        request.log.info(`the code for a sign-in is ${code}`)
        return {
          ok: true,
          sentAt: formatTimestamp(now),
          expireAt: formatTimestamp(now + codeLifetime * microsPerSecond),
          nonce: uuidFromName(`nonce of ${request.body.email}`),
        }
      },
    )
    app.post(
      '/authenticate',
      {
        config: { open: true },
        schema: {
          operationId: 'Auth_Authenticate',
          summary: 'Sign in with the code from the mail',
          tags,
          body: AuthenticateRequest,
          response: { 200: AuthenticateResponse },
        },
      },
      async ({ body }) => {
        assertCode(body.code)
        return { redirectTo: `/callback?code=${uuidFromName(`code for ${body.email}`)}` }
      },
    )
    app.post(
      '/api_key',
      {
        schema: {
          operationId: 'Auth_CreateApiKey',
          summary: 'Create an API key; always the key of the world',
          tags: ['api keys'],
          body: MakeApiKeyRequest,
          response: { 200: MakeApiKeyResponse },
        },
      },
      async ({ caller, body }) => {
        assertCode(body.code)
        const [apiKey] = core.apiKeys.list(caller, ring)
        const { world, persona } = caller
        const token = defaultKeyOf(world.name) + (persona === 'owner' ? '' : `:${persona}`)
        return { token, apiKey: { ...apiKey!, ...(body.name === undefined ? {} : { name: body.name }) } }
      },
    )
    app.get(
      '/connector_credentials/:connectorName',
      {
        schema: {
          operationId: 'Auth_GetConnectorCredentials',
          summary: 'Get the credentials of a connector; always empty',
          tags,
          params: ConnectorParams,
          response: { 200: Untyped },
        },
      },
      async () => ({}),
    )
  }
