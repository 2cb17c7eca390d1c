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
      description: 'Only requests of this persona; links to storage are the owner',
    }),
  ),
  nth: Type.Optional(UInt32({ description: 'Only the n-th matching request, from 1; instead of skip and times' })),
  skip: Type.Optional(UInt32({ description: 'Matching requests to let pass first; absent: 0' })),
  times: Type.Optional(UInt32({ description: 'Matching requests to spoil; absent: all' })),
  status: Type.Optional(UInt32({ description: 'Answer with this status instead of acting' })),
  message: Type.Optional(Type.String({ description: 'Message of the error body that goes with `status`' })),
  body: Type.Optional(
    Type.String({ description: 'The whole body that goes with `status`, in place of the error body' }),
  ),
  contentType: Type.Optional(Type.String({ description: 'Of `body`; absent: application/json' })),
  retryAfter: Type.Optional(UInt32({ description: 'Seconds, for the header Retry-After' })),
  connection: Type.Optional(
    Type.Unsafe<'resetBefore' | 'resetAfter'>({
      type: 'string',
      enum: ['resetBefore', 'resetAfter'],
      'x-proto': 'enum',
      description: 'resetBefore: the act is not done; resetAfter: it is done, the reply is lost',
    }),
  ),
  answer: Type.Optional(
    Type.Unsafe<'cut' | 'brokenJson' | 'wrongContentType' | 'slow'>({
      type: 'string',
      enum: ['cut', 'brokenJson', 'wrongContentType', 'slow'],
      'x-proto': 'enum',
      description: 'What to do to the body of the real answer',
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

/** A fault and what became of it. */
export const Fault = Message('Fault', {
  id: Type.String({ description: 'By which it can be removed or released' }),
  ...FaultRule,
  matched: Type.Integer({ description: 'Requests that fitted' }),
  used: Type.Integer({ description: 'Requests that were spoilt' }),
  waiting: Type.Integer({ description: 'Requests that wait to be released' }),
})
export type Fault = Static<typeof Fault>

/** Which rules to list. */
export const RulesQuery = Type.Object({
  unused: Type.Optional(Type.Boolean({ description: 'true: only those that were never used; false: only the others' })),
})
export type RulesQuery = Static<typeof RulesQuery>

export const Faults = Message('Faults', { faults: Type.Array(Fault) })
