// The journal as an HTTP Archive, held against the structure of HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/).
import { type TSchema, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import t from 'tap'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'

/** An object that may have a comment, and custom fields behind an underscore, but nothing else beyond its fields. */
const object = (properties: Record<string, TSchema>, optional: Record<string, TSchema> = {}) =>
  Type.Object(
    {
      ...properties,
      ...Object.fromEntries(Object.entries(optional).map(([name, schema]) => [name, Type.Optional(schema)])),
      comment: Type.Optional(Type.String()),
    },
    { patternProperties: { '^_': {} }, additionalProperties: false },
  )
const text = Type.String()
const size = Type.Integer({ minimum: -1 })
const time = Type.Number({ minimum: -1 })
const named = object({ name: text, value: text })
const cookie = object(
  { name: text, value: text },
  { path: text, domain: text, expires: text, httpOnly: Type.Boolean(), secure: Type.Boolean() },
)
const har = object({
  log: object(
    {
      version: Type.Literal('1.2'),
      creator: object({ name: text, version: text }),
      entries: Type.Array(
        object(
          {
            startedDateTime: Type.String({
              pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$',
            }),
            time: Type.Number({ minimum: 0 }),
            request: object(
              {
                method: text,
                url: Type.String({ pattern: '^https?://[^/]+/' }),
                httpVersion: text,
                cookies: Type.Array(cookie),
                headers: Type.Array(named),
                queryString: Type.Array(named),
                headersSize: size,
                bodySize: size,
              },
              { postData: object({ mimeType: text }, { text, params: Type.Array(object({ name: text })) }) },
            ),
            response: object({
              status: Type.Integer(),
              statusText: text,
              httpVersion: text,
              cookies: Type.Array(cookie),
              headers: Type.Array(named),
              content: object({ size, mimeType: text }, { compression: size, text, encoding: text }),
              redirectURL: text,
              headersSize: size,
              bodySize: size,
            }),
            cache: object({}, { beforeRequest: Type.Any(), afterRequest: Type.Any() }),
            timings: object({ send: time, wait: time, receive: time }, { blocked: time, dns: time, ssl: time }),
          },
          { pageref: text, serverIPAddress: text, connection: text },
        ),
      ),
    },
    { browser: object({ name: text, version: text }), pages: Type.Array(Type.Any()) },
  ),
})

void t.test('the journal as HAR 1.2, masked as the journal is', async (t) => {
  const { url, world: open } = await emulator(t)
  const world = open('w')
  const call = client(url, world.apiKey)
  const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds', tempalteId: 'x' })).body.job
  await call('GET', `${jobs}?pagination.limit=2&filter=%C3%A9`)
  await call('GET', jobs, undefined, { host: 'a b' }).catch(() => undefined)
  await call('POST', '/v1/auth/access_token', { apiKey: world.apiKey })
  await world.fault({ operation: 'GET /v1/customer/jobs', connection: 'resetBefore', times: 1 })
  await fetch(url + jobs, { headers: { authorization: world.apiKey } }).catch(() => undefined)

  const archive = await world.har()
  const ajv = new Ajv({ strict: false })
  t.ok(ajv.validate(har, archive), ajv.errorsText())
  const journal = await world.requests()
  t.equal(archive.log.entries.length, journal.length)
  t.notMatch(JSON.stringify(archive), /test_w/)
  const { entries } = archive.log
  t.match(entries[0], {
    request: {
      method: 'POST',
      url: url + jobs,
      postData: { mimeType: /^text\/plain/, text: /emulator-succeeds/ },
      headers: [{ name: String, value: String }],
    },
    response: {
      status: 200,
      statusText: 'OK',
      content: { mimeType: 'application/json', text: new RegExp(id) },
      headers: [{ name: 'content-type' }, { name: 'x-emulator-ground', value: /; / }],
    },
    comment: 'unknown fields: tempalteId',
    _operation: 'POST /v1/customer/jobs',
    _jobId: id,
  })
  t.match(entries[1]?.request.queryString, [
    { name: 'pagination.limit', value: '2' },
    { name: 'filter', value: 'é' },
  ])
  t.match(entries.at(-1), { response: { status: 0, bodySize: -1 }, comment: /^met fault \S+; no answer came through$/ })

  t.equal((await world.har({ operation: 'GET /v1/customer/jobs', limit: 1 })).log.entries.length, 1)
  const plain = await call('GET', '/_emulator/worlds/w/journal.har')
  t.match(plain.headers.get('content-disposition'), 'attachment; filename=w.har')
  t.match(await call('GET', '/_emulator/worlds/w/journal.har?operation=GET%20/nothing'), { status: 400 })
  t.match(await call('GET', '/_emulator/worlds/w/journal.har?wait=1s'), { status: 400 })
  t.strictSame((await open('never').har()).log.entries, [])
})
