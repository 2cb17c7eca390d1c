import { type Static, Type } from '@sinclair/typebox'
import { Text, UInt32 } from './proto.ts'

export const Version = Type.Object({ major: UInt32(), minor: UInt32(), tag: Text() })
export type Version = Static<typeof Version>

/** `GET /v1/auth/info`. */
export const AuthInfo = Type.Object({ version: Version })
export type AuthInfo = Static<typeof AuthInfo>

/** `GET /info` of the other bases. */
export const ServerInfo = Type.Object({
  version: Version,
  messages: Type.Record(Type.String(), Text()),
})
export type ServerInfo = Static<typeof ServerInfo>
