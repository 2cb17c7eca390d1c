import { type Static, Type } from '@sinclair/typebox'
import { Int64, Message, Text } from './proto.ts'

/** `POST /v1/auth/access_token`. */
export const AccessTokenRequest = Message('AccessTokenRequest', {
  apiKey: Text({ minLength: 1 }),
})
export type AccessTokenRequest = Static<typeof AccessTokenRequest>

export const AccessTokenResponse = Message('AccessTokenResponse', {
  token: Text(),
  expiresIn: Int64({ description: 'Seconds' }),
  scope: Text(),
})
export type AccessTokenResponse = Static<typeof AccessTokenResponse>

/** `GET /v1/auth/skip`. */
export const SkipQuery = Type.Object({ loginChallenge: Type.Optional(Text()) })

export const SkipResponse = Message('SkipResponse', { skip: Type.Boolean(), redirectTo: Text() })
export type SkipResponse = Static<typeof SkipResponse>
