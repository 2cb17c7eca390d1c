import { type Static, Type } from '@sinclair/typebox'
import type { OperationName, PersonaName } from './names.ts'
import { Duration, Message, UInt32 } from './proto.ts'

/** The effect of a fault on the requests it matches: exactly one of the kinds, with or without a `delay`. */
const FaultRule = {
  operation: Type.Unsafe<OperationName | '*'>({
    type: 'string',
    minLength: 1,
    description:
      'As the reference writes it, e.g. `GET /v1/customer/jobs/{jobId}`, or `PUT /bytenite-uploads-prod/*`; `*`: every one',
  }),
  persona: Type.Optional(
    Type.Unsafe<PersonaName>({
      type: 'string',
      description: 'Only requests of this persona; requests to storage links count as the owner',
    }),
  ),
  nth: Type.Optional(UInt32({ description: 'Only the n-th matching request, from 1; instead of skip and times' })),
  skip: Type.Optional(UInt32({ description: 'Number of matching requests to let pass first; absent: 0' })),
  times: Type.Optional(UInt32({ description: 'Number of matching requests to fault; absent: all' })),
  status: Type.Optional(UInt32({ description: 'Answer with this status, without performing the request' })),
  message: Type.Optional(Type.String({ description: 'Message in the error body, with `status`' })),
  body: Type.Optional(Type.String({ description: 'The whole body, instead of the error body, with `status`' })),
  contentType: Type.Optional(Type.String({ description: 'Content type of `body`; absent: application/json' })),
  retryAfter: Type.Optional(UInt32({ description: 'Seconds, for the header Retry-After' })),
  connection: Type.Optional(
    Type.Unsafe<'resetBefore' | 'resetAfter'>({
      type: 'string',
      enum: ['resetBefore', 'resetAfter'],
      'x-proto': 'enum',
      description: 'resetBefore: the request is not performed; resetAfter: it is performed, but the answer is lost',
    }),
  ),
  answer: Type.Optional(
    Type.Unsafe<'cut' | 'brokenJson' | 'wrongContentType' | 'slow'>({
      type: 'string',
      enum: ['cut', 'brokenJson', 'wrongContentType', 'slow'],
      'x-proto': 'enum',
      description: 'Change to the body of the real answer',
    }),
  ),
  delay: Type.Optional(
    Duration({ description: 'A duration such as 200ms of real time, or `until-released`; then as without it' }),
  ),
}

/** `POST /_emulator/worlds/{world}/faults`. */
export const FaultRequest = Message('FaultRequest', FaultRule, {
  examples: [{ operation: 'GET /v1/customer/jobs/{jobId}', times: 2, status: 503, retryAfter: 1 }],
})
export type FaultRequest = Static<typeof FaultRequest>

/** A fault and its use. */
export const Fault = Message('Fault', {
  id: Type.String({ description: 'Id of the fault' }),
  ...FaultRule,
  matched: Type.Integer({ description: 'Number of matching requests' }),
  used: Type.Integer({ description: 'Number of faulted requests' }),
  waiting: Type.Integer({ description: 'Number of requests that wait to be released' }),
})
export type Fault = Static<typeof Fault>

/** Which rules to list. */
export const RulesQuery = Type.Object({
  unused: Type.Optional(Type.Boolean({ description: 'true: only those that were never used; false: only the others' })),
})
export type RulesQuery = Static<typeof RulesQuery>

export const Faults = Message('Faults', {
  faults: Type.Array(Fault, { description: 'In the order in which they are tried' }),
})
