import { type Static, Type } from '@sinclair/typebox'
import { Message, Nullable, Text, UInt32 } from './proto.ts'

/** The answer of operations that only succeed or not. */
export const GenericResponse = Message('GenericResponse', {
  ok: Type.Boolean(),
  requestId: Text(),
  message: Text(),
  error: Nullable(Type.Object({ code: UInt32(), message: Text(), description: Text() })),
})
export type GenericResponse = Static<typeof GenericResponse>

/** Success, as saved answers show it. */
export const genericOk: GenericResponse = { ok: true, requestId: '', message: '', error: null }

/** A message without fields. */
export const Empty = Message('Empty', {})
