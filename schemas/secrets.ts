import { type Static, Type } from '@sinclair/typebox'
import { Message, Nullable, Text, Timestamp } from './proto.ts'

const Params = () => Type.Record(Type.String(), Text(), { description: 'Extra parameters of the data source' })

/** `POST /v1/auth/secrets`. */
export const SaveSecretRequest = Message('SaveSecretRequest', {
  secret: Type.Object({
    id: Type.Optional(Text({ description: 'Absent or empty: a new one' })),
    secretType: Text({ minLength: 1, description: 's3, aws, gcp, storj or other' }),
    expiresAt: Type.Optional(Timestamp()),
    accessKey: Text({ minLength: 1 }),
    params: Type.Optional(Params()),
    name: Type.Optional(Text()),
  }),
  secretKey: Text({ minLength: 1, description: 'Kept, and never given back' }),
})
export type SaveSecretRequest = Static<typeof SaveSecretRequest>

/** A secret as lists show it; the secret key is not in it. */
export const Secret = Message('Secret', {
  id: Text(),
  secretType: Text(),
  expiresAt: Nullable(Timestamp()),
  accessKey: Text(),
  params: Params(),
  name: Text(),
})
export type Secret = Static<typeof Secret>

/** `GET /v1/auth/secrets`. */
export const SecretsQuery = Type.Object({
  secretType: Type.Optional(Text({ description: 'Secrets of this type only' })),
})

export const SecretsResponse = Message('SecretsResponse', { secrets: Type.Array(Secret) })
export type SecretsResponse = Static<typeof SecretsResponse>

export const SecretParams = Type.Object({ secretType: Text(), id: Text() })
