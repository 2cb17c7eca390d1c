import { type Static, Type } from '@sinclair/typebox'
import { Int64, Text } from './proto.ts'

/** `POST /v1/auth/access_token`. */
export const AccessTokenRequest = Type.Object({
  apiKey: Text({ minLength: 1 }),
})
export type AccessTokenRequest = Static<typeof AccessTokenRequest>

export const AccessTokenResponse = Type.Object({
  token: Text(),
  expiresIn: Int64({ description: 'Seconds' }),
  scope: Text(),
})
export type AccessTokenResponse = Static<typeof AccessTokenResponse>

/** `GET /v1/auth/skip`. */
export const SkipQuery = Type.Object({ loginChallenge: Type.Optional(Text()) })

export const SkipResponse = Type.Object({ skip: Type.Boolean(), redirectTo: Text() })
export type SkipResponse = Static<typeof SkipResponse>
