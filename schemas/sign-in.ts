import { Type } from '@sinclair/typebox'
import { ApiKey } from './api-keys.ts'
import { Struct, Text, Timestamp } from './proto.ts'

/** `POST /v1/auth/signin`. */
export const SignInRequest = Type.Object({
  email: Text({ minLength: 1 }),
  isNewUser: Type.Optional(Type.Boolean()),
  firstName: Type.Optional(Text()),
  lastName: Type.Optional(Text()),
  accessCode: Type.Optional(Text()),
  contactInfo: Type.Optional(Struct()),
})
export const SignInResponse = Type.Object({
  ok: Type.Boolean(),
  sentAt: Timestamp(),
  expireAt: Timestamp(),
  nonce: Text({ description: 'To be sent with the code' }),
})

/** `POST /v1/auth/authenticate`. */
export const AuthenticateRequest = Type.Object({
  email: Text({ minLength: 1 }),
  deviceId: Type.Optional(Text()),
  code: Text({ minLength: 1, description: 'The code of the mail; here always 123456' }),
  nonce: Type.Optional(Text()),
  loginChallenge: Type.Optional(Text()),
  accessCode: Type.Optional(Text()),
})
export const AuthenticateResponse = Type.Object({ redirectTo: Text() })

/** `POST /v1/auth/api_key`. */
export const MakeApiKeyRequest = Type.Object({
  name: Type.Optional(Text()),
  code: Text({ minLength: 1, description: 'The code of the mail; here always 123456' }),
  nonce: Type.Optional(Text()),
  duration: Type.Optional(Text({ description: 'As google.protobuf.Duration: 15552000s' })),
})
export const MakeApiKeyResponse = Type.Object({ token: Text({ description: 'The key' }), apiKey: ApiKey })

export const ConnectorParams = Type.Object({ connectorName: Text() })
