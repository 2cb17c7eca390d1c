import { type Static, Type } from '@sinclair/typebox'
import type { OperationName, PersonaName } from './names.ts'
import { Message, Nullable, UInt32 } from './proto.ts'

/** One request and what was answered. */
export const Exchange = Message('Exchange', {
  id: Type.Integer({ description: 'Increases with each exchange' }),
  at: Type.String({ format: 'date-time', description: 'By the wall clock' }),
  worldTime: Type.String({ format: 'date-time', description: "By the world's clock" }),
  operation: Type.Unsafe<OperationName>({ type: 'string', description: 'E.g. `GET /v1/customer/jobs/{jobId}`' }),
  method: Type.String({ description: 'E.g. `GET`' }),
  path: Type.String({ description: 'With its query; keys, tokens and signatures are masked' }),
  persona: Type.String({ description: 'Persona of the caller, e.g. `owner`' }),
  status: Type.Integer({
    description: 'Status of the answer; 0 if there was none, as the connection was reset or the client disconnected',
  }),
  durationMs: Type.Number({ description: 'Milliseconds from the request to the end of the answer' }),
  request: Type.Object(
    {
      headers: Type.Record(Type.String(), Type.String(), {
        description: 'Names in lower case; keys and tokens are masked',
      }),
      body: Type.String({ description: 'The body, cut at 64 KiB; keys and tokens are masked' }),
      bodyBytes: Type.Integer({ description: 'Number of bytes of the whole body' }),
    },
    { description: 'The request of the client' },
  ),
  response: Type.Object(
    {
      body: Type.String({
        description: 'The body, cut at 64 KiB and masked; also if the answer was lost. Files are not kept',
      }),
      bodyBytes: Type.Integer({ description: 'Number of bytes of the whole body' }),
    },
    { description: 'The answer of the emulator' },
  ),
  unknownFields: Type.Array(Type.String(), { description: 'At most a hundred fields that the service does not know' }),
  suggestions: Type.Record(Type.String(), Type.String(), {
    description: 'Known field nearest to each unknown one, by path',
  }),
  fault: Nullable(Type.String({ description: 'Id of the fault that applied, or null' })),
  scenario: Nullable(Type.String({ description: 'Id of the scenario that applied, or null' })),
  jobId: Nullable(Type.String({ description: 'Id of the job that it was about' })),
  ground: Type.String({ description: 'Evidence behind the answer, as in the header `x-emulator-ground`' }),
})
export type Exchange = Static<typeof Exchange>

/** Conditions for the exchanges to list, all of which must hold. */
const conditions = {
  operation: Type.Optional(
    Type.Unsafe<OperationName | '*'>({
      type: 'string',
      description: 'E.g. `POST /v1/customer/jobs`; `*` or absent: all',
    }),
  ),
  persona: Type.Optional(
    Type.Unsafe<PersonaName>({ type: 'string', description: 'Persona of the caller, e.g. `owner`' }),
  ),
  status: Type.Optional(UInt32({ description: 'Status of the answer; 0 if the connection was reset' })),
  jobId: Type.Optional(Type.String({ description: 'Id of the job that it was about' })),
  after: Type.Optional(UInt32({ description: 'Only exchanges with a higher id' })),
}

export const JournalQuery = Type.Object({
  ...conditions,
  limit: Type.Optional(
    UInt32({ description: 'Maximum number of exchanges, the newest ones; absent: all that are kept' }),
  ),
  wait: Type.Optional(
    Type.String({ description: 'Wait up to this time for a matching exchange, e.g. 5s; at most 60s' }),
  ),
})
export type JournalQuery = Static<typeof JournalQuery>

/** Conditions without waiting: an archive is of what is there. */
export const HarQuery = Type.Omit(JournalQuery, ['wait'])
export type HarQuery = Static<typeof HarQuery>

export const JournalResponse = Message('JournalResponse', {
  exchanges: Type.Array(Exchange, { description: 'Oldest first' }),
})
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
        description: 'Fields that the request body has at least',
      }),
    ),
    count: Type.Optional(UInt32({ description: 'Expected number of exchanges; absent: at least one' })),
  },
  { examples: [{ operation: 'POST /v1/customer/jobs', body: { name: 'Hello' }, count: 1 }] },
)
export type VerifyRequest = Static<typeof VerifyRequest>

/** Conditions on exchanges. */
export type Conditions = Omit<VerifyRequest, 'body' | 'count'>

export const VerifyResponse = Message('VerifyResponse', {
  ok: Type.Boolean({ description: 'True if the count is as expected' }),
  count: Type.Integer({ description: 'Number of matching exchanges' }),
  message: Type.String({ description: 'The expected and the actual count in a sentence' }),
  nearest: Type.Array(
    Type.Object({
      exchange: Exchange,
      differences: Type.Array(Type.String(), { description: 'Its differences from the expected request' }),
    }),
    {
      description: 'The nearest misses with their differences, if `ok` is false',
    },
  ),
})
export type VerifyResponse = Static<typeof VerifyResponse>
