import { type Static, Type } from '@sinclair/typebox'
import { Message, Nullable, Text, Timestamp } from './proto.ts'

/** An API key as lists show it; the key itself is not in it. */
export const ApiKey = Message('ApiKey', {
  id: Text({ format: 'uuid' }),
  name: Text(),
  issuedAt: Timestamp(),
  expiresAt: Nullable(Timestamp()),
  userId: Text({ format: 'uuid' }),
  revoked: Type.Boolean(),
  fingerprint: Text({ description: 'SHA-256 of the key, hexadecimal' }),
})
export type ApiKey = Static<typeof ApiKey>

/** `GET /v1/auth/api_keys`. */
export const ApiKeysResponse = Message('ApiKeysResponse', { apiKeys: Type.Array(ApiKey) })
export type ApiKeysResponse = Static<typeof ApiKeysResponse>

export const ApiKeyParams = Type.Object({ id: Text() })
