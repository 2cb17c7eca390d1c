import { type Static, Type } from '@sinclair/typebox'
import { Message, Nullable } from './proto.ts'

const pairs = (description: string) =>
  Type.Array(
    Type.Object({
      name: Type.String({ description: 'Its name' }),
      value: Type.String({ description: 'Its value, masked as in the journal' }),
    }),
    { description },
  )
const headersSize = Type.Integer({ description: 'Always -1: not known' })
const bodySize = Type.Integer({ description: 'Number of bytes of the whole body; -1 if there was no answer' })
const httpVersion = Type.String({ description: 'Always HTTP/1.1' })
const cookies = Type.Array(Type.Never(), { maxItems: 0, description: 'Always empty' })

/** An exchange of the journal as an entry of HAR 1.2. */
export const HarEntry = Message('HarEntry', {
  startedDateTime: Type.String({ format: 'date-time', description: 'By the clock of the machine' }),
  time: Type.Number({ description: 'Milliseconds' }),
  request: Type.Object(
    {
      method: Type.String({ description: 'E.g. `GET`' }),
      url: Type.String({ description: 'Whole URL, masked as in the journal' }),
      httpVersion,
      cookies,
      headers: pairs('Headers of the request'),
      queryString: pairs('Query parameters'),
      postData: Type.Optional(
        Type.Object(
          {
            mimeType: Type.String({ description: 'Content type of the body' }),
            text: Type.String({ description: 'The body, cut at 64 KiB and masked' }),
          },
          { description: 'The body; absent if there is none' },
        ),
      ),
      headersSize,
      bodySize,
    },
    { description: 'The request of the client' },
  ),
  response: Type.Object(
    {
      status: Type.Integer({ description: 'Status of the answer; 0 if there was none' }),
      statusText: Type.String({ description: 'Text of the status' }),
      httpVersion,
      cookies,
      headers: pairs('Response headers that the journal keeps'),
      content: Type.Object(
        {
          size: Type.Integer({ description: 'Number of bytes' }),
          mimeType: Type.String({ description: 'Content type of the body' }),
          text: Type.String({ description: 'The body, cut at 64 KiB and masked' }),
        },
        { description: 'The body of the answer' },
      ),
      redirectURL: Type.String({ description: 'Always empty' }),
      headersSize,
      bodySize,
    },
    { description: 'The answer of the emulator' },
  ),
  cache: Type.Object({}, { description: 'Always empty' }),
  timings: Type.Object(
    {
      send: Type.Number({ description: 'Always 0' }),
      wait: Type.Number({ description: 'Milliseconds from the request to the end of the answer' }),
      receive: Type.Number({ description: 'Always 0' }),
    },
    { description: 'Parts of `time`' },
  ),
  comment: Type.Optional(Type.String({ description: 'Faults, scenarios and unknown fields of the exchange' })),
  _operation: Type.String({ description: 'E.g. `GET /v1/customer/jobs/{jobId}`' }),
  _persona: Type.String({ description: 'Persona of the caller' }),
  _worldTime: Type.String({ format: 'date-time', description: "By the world's clock" }),
  _jobId: Nullable(Type.String({ description: 'Id of the job that it was about' })),
  _ground: Type.String({ description: 'Evidence behind the answer' }),
})
export type HarEntry = Static<typeof HarEntry>

/** `GET /_emulator/worlds/{world}/journal.har`: HTTP Archive 1.2. */
export const Har = Message('Har', {
  log: Type.Object(
    {
      version: Type.Literal('1.2', { description: 'Version of the format' }),
      creator: Type.Object(
        {
          name: Type.String({ description: 'bytenite-emulator' }),
          version: Type.String({ description: 'Version of the emulator' }),
        },
        { description: 'The program that wrote the file' },
      ),
      entries: Type.Array(HarEntry, { description: 'Exchanges, oldest first' }),
      comment: Type.String({ description: 'The world of the requests' }),
    },
    { description: 'The archive' },
  ),
})
export type Har = Static<typeof Har>
