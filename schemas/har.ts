import { type Static, Type } from '@sinclair/typebox'
import { Message, Nullable } from './proto.ts'

const pairs = Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))
const unknownSize = Type.Integer({ description: '-1: not known' })
/** Cookies play no part here. */
const cookies = Type.Array(Type.Never(), { maxItems: 0 })

/** An exchange of the journal as an entry of HAR 1.2. */
const HarEntry = Message('HarEntry', {
  startedDateTime: Type.String({ format: 'date-time' }),
  time: Type.Number({ description: 'Milliseconds' }),
  request: Type.Object({
    method: Type.String(),
    url: Type.String(),
    httpVersion: Type.String(),
    cookies,
    headers: pairs,
    queryString: pairs,
    postData: Type.Optional(Type.Object({ mimeType: Type.String(), text: Type.String() })),
    headersSize: unknownSize,
    bodySize: Type.Integer(),
  }),
  response: Type.Object({
    status: Type.Integer({ description: '0 where no answer came through' }),
    statusText: Type.String(),
    httpVersion: Type.String(),
    cookies,
    headers: pairs,
    content: Type.Object({ size: Type.Integer(), mimeType: Type.String(), text: Type.String() }),
    redirectURL: Type.String(),
    headersSize: unknownSize,
    bodySize: Type.Integer(),
  }),
  cache: Type.Object({}),
  timings: Type.Object({ send: Type.Number(), wait: Type.Number(), receive: Type.Number() }),
  comment: Type.Optional(Type.String({ description: 'What the emulator did about it' })),
  _operation: Type.String(),
  _persona: Type.String(),
  _worldTime: Type.String({ format: 'date-time' }),
  _jobId: Nullable(Type.String()),
  _ground: Type.String(),
})
export type HarEntry = Static<typeof HarEntry>

/** `GET /_emulator/worlds/{world}/journal.har`: HTTP Archive 1.2. */
export const Har = Message('Har', {
  log: Type.Object({
    version: Type.Literal('1.2'),
    creator: Type.Object({ name: Type.String(), version: Type.String() }),
    entries: Type.Array(HarEntry),
    comment: Type.String(),
  }),
})
export type Har = Static<typeof Har>
