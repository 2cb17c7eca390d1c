import { type Static, Type } from '@sinclair/typebox'
import type { OperationName, PersonaName } from './names.ts'
import { Message, Nullable, UInt32 } from './proto.ts'

/** One request and what was answered. */
export const Exchange = Message('Exchange', {
  id: Type.Integer({ description: 'Rises from exchange to exchange' }),
  at: Type.String({ format: 'date-time', description: 'By the wall clock' }),
  worldTime: Type.String({ format: 'date-time', description: "By the world's clock" }),
  operation: Type.Unsafe<OperationName>({ type: 'string', description: 'E.g. `GET /v1/customer/jobs/{jobId}`' }),
  method: Type.String({ description: 'E.g. `GET`' }),
  path: Type.String({ description: 'With its query; keys, tokens and signatures are masked' }),
  persona: Type.String({ description: 'Who called, e.g. `owner`' }),
  status: Type.Integer({
    description: '0 where no answer came through: the connection was reset, or the client went away',
  }),
  durationMs: Type.Number({ description: 'Milliseconds from the request to the end of the answer' }),
  request: Type.Object(
    {
      headers: Type.Record(Type.String(), Type.String(), {
        description: 'With names in small letters; keys and tokens are masked',
      }),
      body: Type.String({ description: 'As it was sent, cut at 64 KiB; keys and tokens are masked' }),
      bodyBytes: Type.Integer({ description: 'Its whole length' }),
    },
    { description: 'What the client sent' },
  ),
  response: Type.Object(
    {
      body: Type.String({
        description:
          'As it was sent, or would have been where the reply was lost; cut at 64 KiB and masked. Files are not kept',
      }),
      bodyBytes: Type.Integer({ description: 'Its whole length' }),
    },
    { description: 'What it got' },
  ),
  unknownFields: Type.Array(Type.String(), { description: 'Fields that the service does not know, a hundred at most' }),
  suggestions: Type.Record(Type.String(), Type.String(), {
    description: 'For unknown fields, by their paths: the name that was probably meant',
  }),
  fault: Nullable(Type.String({ description: 'Id of the fault that struck' })),
  scenario: Nullable(Type.String({ description: 'Id of the scenario that was applied' })),
  jobId: Nullable(Type.String({ description: 'The job that it was about' })),
  ground: Type.String({ description: 'Why it was answered so, as the header `x-emulator-ground` says' }),
})
export type Exchange = Static<typeof Exchange>

/** Which exchanges: every condition that is given must hold. */
const conditions = {
  operation: Type.Optional(
    Type.Unsafe<OperationName | '*'>({ type: 'string', description: 'E.g. `POST /v1/customer/jobs`' }),
  ),
  persona: Type.Optional(Type.Unsafe<PersonaName>({ type: 'string', description: 'Who called, e.g. `owner`' })),
  status: Type.Optional(UInt32({ description: 'What was answered; 0 where the connection was reset' })),
  jobId: Type.Optional(Type.String({ description: 'The job that it was about' })),
  after: Type.Optional(UInt32({ description: 'Only exchanges with a higher id' })),
}

export const JournalQuery = Type.Object({
  ...conditions,
  limit: Type.Optional(UInt32({ description: 'At most so many, the newest ones; absent: all that are kept' })),
  wait: Type.Optional(Type.String({ description: 'Wait up to this long for a first one, e.g. 5s; at most 60s' })),
})
export type JournalQuery = Static<typeof JournalQuery>

/** Conditions without waiting: an archive is of what is there. */
export const HarQuery = Type.Omit(JournalQuery, ['wait'])
export type HarQuery = Static<typeof HarQuery>

export const JournalResponse = Message('JournalResponse', { exchanges: Type.Array(Exchange) })
export type JournalResponse = Static<typeof JournalResponse>

/** `POST /_emulator/worlds/{world}/journal/verify`. */
export const VerifyRequest = Message(
  'VerifyRequest',
  {
    ...conditions,
    body: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        additionalProperties: true,
        'x-proto': 'struct',
        description: 'The request body holds at least this',
      }),
    ),
    count: Type.Optional(UInt32({ description: 'Exactly so many; absent: at least one' })),
  },
  { examples: [{ operation: 'POST /v1/customer/jobs', body: { name: 'Hello' }, count: 1 }] },
)
export type VerifyRequest = Static<typeof VerifyRequest>

/** Conditions on exchanges. */
export type Conditions = Omit<VerifyRequest, 'body' | 'count'>

export const VerifyResponse = Message('VerifyResponse', {
  ok: Type.Boolean({ description: 'There were as many as asked for' }),
  count: Type.Integer({ description: 'How many there were' }),
  message: Type.String({ description: 'What was asked for, and what was found' }),
  nearest: Type.Array(Type.Object({ exchange: Exchange, differences: Type.Array(Type.String()) }), {
    description: 'The exchanges that came closest, where it is not ok',
  }),
})
export type VerifyResponse = Static<typeof VerifyResponse>
