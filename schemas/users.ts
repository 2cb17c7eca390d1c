import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message, Nullable, Struct, Text, Timestamp } from './proto.ts'

const roles = ['ROLE_NONE', 'ROLE_USER', 'ROLE_DEVELOPER', 'ROLE_ADMIN'] as const

/** How to reach a user, as it comes back. */
export const ContactInfo = Message('ContactInfo', {
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

export const User = Message('User', {
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
export const UserResponse = Message('UserResponse', { user: User })
export type UserResponse = Static<typeof UserResponse>

/** `PATCH /v1/auth/user`: what a user may change. */
export const SetUserInfoRequest = Message('SetUserInfoRequest', {
  contactInfo: Type.Optional(Type.Partial(ContactInfo, { title: 'ContactInfoInput' })),
  firstName: Type.Optional(Text()),
  lastName: Type.Optional(Text()),
})
export type SetUserInfoRequest = Static<typeof SetUserInfoRequest>
