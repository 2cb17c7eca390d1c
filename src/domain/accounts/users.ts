import { type Static, Type } from '@sinclair/typebox'
import { Nullable, Text } from '../../../schemas/proto.ts'
import { ContactInfo, type SetUserInfoRequest, type User } from '../../../schemas/users.ts'
import type { ReadonlyDeep } from '../../base/objects.ts'
import { uuidFromName } from '../../base/ids.ts'
import { formatTimestamp, type Micros } from '../../base/timestamps.ts'

/** A user's own entries. */
export const UserRecord = Type.Object({
  firstName: Text(),
  lastName: Text(),
  contactInfo: Nullable(Type.Partial(ContactInfo)),
})
export type UserRecord = ReadonlyDeep<Static<typeof UserRecord>>

/** A user who has changed nothing yet. */
export const newUser: UserRecord = { firstName: '', lastName: '', contactInfo: null }

/** The user after a change: absent fields stay, `contactInfo` is replaced as a whole (chosen). */
export const changedUser = (
  user: UserRecord,
  {
    firstName = user.firstName,
    lastName = user.lastName,
    contactInfo = user.contactInfo ?? undefined,
  }: SetUserInfoRequest,
): UserRecord => ({ firstName, lastName, contactInfo: contactInfo ?? null })

/**
 * A user as clients see them: fields and order of the SDK of June 2025 (documented).
 *
 * Chosen: an account signed up and in when its world was opened, with a confirmed address that does not exist; `customClaims` is
 * null, as last observed.
 */
export function userToWire(world: string, account: string, createdAt: Micros, user: UserRecord): User {
  const { firstName, lastName, contactInfo } = user
  return {
    id: userId(world, account),
    createdAt: formatTimestamp(createdAt),
    lastLogin: formatTimestamp(createdAt),
    displayName: `${firstName} ${lastName}`.trim() || displayName(world, account),
    email: emailOf(world, account),
    photoUrl: '',
    providerId: 'email',
    emailVerified: true,
    customClaims: null,
    role: 'ROLE_USER',
    firstName,
    lastName,
    contactInfo: contactInfo === null ? null : contactInfoToWire(contactInfo),
  }
}

const contactInfoToWire = (info: Partial<ContactInfo>): ContactInfo => ({
  company: info.company ?? '',
  jobTitle: info.jobTitle ?? '',
  phoneNumber: info.phoneNumber ?? '',
  address1: info.address1 ?? '',
  address2: info.address2 ?? '',
  city: info.city ?? '',
  state: info.state ?? '',
  zip: info.zip ?? '',
  country: info.country ?? '',
})

/** The user that an account's tokens and templates name. */
export const userId = (world: string, account: string): string => uuidFromName(`${account}@${world}`)

/** A user's address; `.example` is reserved. */
export const emailOf = (world: string, account: string): string => `${account}@${world}.example`

/** The display name of a user without a name. */
export const displayName = (world: string, account: string): string => `${account} of ${world}`
