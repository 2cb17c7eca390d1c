import { Type } from '@sinclair/typebox'
import { Message, Struct, Text } from './proto.ts'

// Messages of operations without a known user.

export const IdParams = Type.Object({ id: Text() })
export const SchemaQuery = Type.Object({ version: Type.Optional(Text()) })
export const JobSchema = Message('JobSchema', { id: Text(), name: Text(), version: Text(), schema: Struct() })

/** `POST /v1/dev/tests`. */
export const TestAppRequest = Message('TestAppRequest', { id: Type.Optional(Text()) })

/** The reference gives these answers no type: an object without members. */
export const Untyped = Message('Untyped', {})
