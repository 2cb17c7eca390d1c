import { Type } from '@sinclair/typebox'
import { ApiKey } from './api-keys.ts'
import { Message, Struct, Text, Timestamp } from './proto.ts'

/** `POST /v1/auth/signin`. */
export const SignInRequest = Message('SignInRequest', {
  email: Text({ minLength: 1 }),
  isNewUser: Type.Optional(Type.Boolean()),
  firstName: Type.Optional(Text()),
  lastName: Type.Optional(Text()),
  accessCode: Type.Optional(Text()),
  contactInfo: Type.Optional(Struct()),
})
export const SignInResponse = Message('SignInResponse', {
  ok: Type.Boolean(),
  sentAt: Timestamp(),
  expireAt: Timestamp(),
  nonce: Text({ description: 'To be sent with the code' }),
})

/** `POST /v1/auth/authenticate`. */
export const AuthenticateRequest = Message('AuthenticateRequest', {
  email: Text({ minLength: 1 }),
  deviceId: Type.Optional(Text()),
  code: Text({ minLength: 1, description: 'The code of the mail; here always 123456' }),
  nonce: Type.Optional(Text()),
  loginChallenge: Type.Optional(Text()),
  accessCode: Type.Optional(Text()),
})
export const AuthenticateResponse = Message('AuthenticateResponse', { redirectTo: Text() })

/** `POST /v1/auth/api_key`. */
export const MakeApiKeyRequest = Message('MakeApiKeyRequest', {
  name: Type.Optional(Text()),
  code: Text({ minLength: 1, description: 'The code of the mail; here always 123456' }),
  nonce: Type.Optional(Text()),
  duration: Type.Optional(Text({ description: 'As google.protobuf.Duration: 15552000s' })),
})
export const MakeApiKeyResponse = Message('MakeApiKeyResponse', {
  token: Text({ description: 'The key' }),
  apiKey: ApiKey,
})

export const ConnectorParams = Type.Object({ connectorName: Text() })
