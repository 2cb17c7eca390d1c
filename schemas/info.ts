import { type Static, Type } from '@sinclair/typebox'
import { Message, Text, UInt32 } from './proto.ts'

export const Version = Message('Version', { major: UInt32(), minor: UInt32(), tag: Text() })
export type Version = Static<typeof Version>

/** `GET /v1/auth/info`. */
export const AuthInfo = Message('AuthInfo', { version: Version })
export type AuthInfo = Static<typeof AuthInfo>

/** `GET /info` of the other bases. */
export const ServerInfo = Message('ServerInfo', {
  version: Version,
  messages: Type.Record(Type.String(), Text()),
})
export type ServerInfo = Static<typeof ServerInfo>
