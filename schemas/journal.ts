import { type Static, Type } from '@sinclair/typebox'
import { Nullable, UInt32 } from './proto.ts'

/** One request and what was answered. */
export const Exchange = Type.Object({
  id: Type.Integer({ description: 'Rises from exchange to exchange' }),
  at: Type.String({ format: 'date-time', description: 'By the wall clock' }),
  worldTime: Type.String({ format: 'date-time', description: "By the world's clock" }),
  operation: Type.String({ description: 'E.g. `GET /v1/customer/jobs/{jobId}`' }),
  method: Type.String(),
  path: Type.String({ description: 'With its query' }),
  persona: Type.String(),
  status: Type.Integer({ description: '0 where the connection was reset' }),
  durationMs: Type.Number(),
  request: Type.Object({
    headers: Type.Record(Type.String(), Type.String()),
    body: Type.String({ description: 'As it was sent, cut at 64 KiB; keys and tokens are masked' }),
    bodyBytes: Type.Integer(),
  }),
  response: Type.Object({
    body: Type.String({ description: 'As it was sent, cut at 64 KiB; tokens are masked' }),
    bodyBytes: Type.Integer(),
  }),
  unknownFields: Type.Array(Type.String()),
  fault: Nullable(Type.String({ description: 'Id of the fault that struck' })),
  scenario: Nullable(Type.String({ description: 'Id of the scenario that was applied' })),
  jobId: Nullable(Type.String()),
  ground: Type.String({ description: 'Why it was answered so, as the header `x-emulator-ground` says' }),
})
export type Exchange = Static<typeof Exchange>

/** Which exchanges: every condition that is given must hold. */
const conditions = {
  operation: Type.Optional(Type.String({ description: 'E.g. `POST /v1/customer/jobs`' })),
  persona: Type.Optional(Type.String({ description: 'Who called, e.g. `owner`' })),
  status: Type.Optional(UInt32({ description: 'What was answered; 0 where the connection was reset' })),
  jobId: Type.Optional(Type.String({ description: 'The job that it was about' })),
  after: Type.Optional(UInt32({ description: 'Only exchanges with a higher id' })),
}

export const JournalQuery = Type.Object({
  ...conditions,
  wait: Type.Optional(Type.String({ description: 'Wait up to this long for a first one, e.g. 5s; at most 60s' })),
})
export type JournalQuery = Static<typeof JournalQuery>

export const JournalResponse = Type.Object({ exchanges: Type.Array(Exchange) })
export type JournalResponse = Static<typeof JournalResponse>

/** `POST /_emulator/worlds/{world}/journal/verify`. */
export const VerifyRequest = Type.Object(
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

export const VerifyResponse = Type.Object({
  ok: Type.Boolean(),
  count: Type.Integer(),
  message: Type.String(),
  nearest: Type.Array(Type.Object({ exchange: Exchange, differences: Type.Array(Type.String()) }), {
    description: 'The exchanges that came closest, where it is not ok',
  }),
})
export type VerifyResponse = Static<typeof VerifyResponse>
