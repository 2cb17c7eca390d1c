import { type Static, Type } from '@sinclair/typebox'
import { Enum, Nullable, Struct, Text, Timestamp } from './proto.ts'

const roles = ['ROLE_NONE', 'ROLE_USER', 'ROLE_DEVELOPER', 'ROLE_ADMIN'] as const

/** How to reach a user, as it comes back. */
export const ContactInfo = Type.Object({
  company: Text(),
  jobTitle: Text(),
  phoneNumber: Text(),
  address1: Text(),
  address2: Text(),
  city: Text(),
  state: Text(),
  zip: Text(),
  country: Text(),
})
export type ContactInfo = Static<typeof ContactInfo>

export const User = Type.Object({
  id: Text({ format: 'uuid' }),
  createdAt: Timestamp(),
  lastLogin: Timestamp(),
  displayName: Text(),
  email: Text(),
  photoUrl: Text(),
  providerId: Text(),
  emailVerified: Type.Boolean(),
  customClaims: Nullable(Struct()),
  role: Enum(roles),
  firstName: Text(),
  lastName: Text(),
  contactInfo: Nullable(ContactInfo),
})
export type User = Static<typeof User>

/** `GET` and `PATCH /v1/auth/user`. */
export const UserResponse = Type.Object({ user: User })
export type UserResponse = Static<typeof UserResponse>

/** `PATCH /v1/auth/user`: what a user may change. */
export const SetUserInfoRequest = Type.Object({
  contactInfo: Type.Optional(Type.Partial(ContactInfo)),
  firstName: Type.Optional(Text()),
  lastName: Type.Optional(Text()),
})
export type SetUserInfoRequest = Static<typeof SetUserInfoRequest>
