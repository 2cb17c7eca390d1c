// Messages that are taken from what JSON.parse made of them: the same must come out as of reading them token by token.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { Type } from '@sinclair/typebox'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { CreateJobRequest } from '../../schemas/jobs.ts'
import { Text } from '../../schemas/proto.ts'
import { compileDecoder } from '../../src/wire/decode.ts'
import { JsonReader } from '../../src/wire/json-reader.ts'
import { compileTaking, unfit } from '../../src/wire/parsed.ts'
import { Message as EachKind } from './messages.ts'

/** A message with one field of each kind, and one that is required. */
const Message = Type.Object({ ...EachKind.properties, needed: Text({ minLength: 1 }) })

const decode = compileDecoder(Message, dataSourceTypes)

/** What comes of a text: the message, or why there is none. */
function outcome(text: string): unknown {
  try {
    return { message: decode(text, []) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

/** The same, read token by token: what follows a value is not read, but then JSON.parse does not read any of it. */
const outcomeOfReading = (text: string): unknown => outcome(`${text} ]`)

const take = compileTaking(Message, dataSourceTypes)
const isTaken = (text: string): boolean => take(JsonReader.open(text, [])!) !== unfit

void t.test('what clients mostly write is taken', async (t) => {
  const texts = [
    '{"needed":"x"}',
    ' {\n  "needed" : "x",\n  "aText": "é"\n} ',
    '{"needed":"x","aText":"","aFlag":false,"aNumber":4294967295,"anEnum":"ONE","aList":[1,2],"inner":{"deepText":"y"}}',
    '{"needed":"x","aStruct":{"b":{"z":[1,null,{"d":true,"c":"1.5"}]},"a":-7,"":{},"10":1,"9":2}}',
    '{"needed":"x","aStruct":{"__proto__":{"b":1,"a":2}}}',
    '{"needed":"x","anAny":{"url":"u","@type":"type.googleapis.com/bytenite.data_source.HttpDataSource"}}',
  ]
  for (const text of texts) {
    t.ok(isTaken(text), text)
    t.strictSame(outcome(text), outcomeOfReading(text), text)
  }
  t.strictSame(Object.keys((decode(texts[3], []) as { aStruct: object }).aStruct), ['9', '10', '', 'a', 'b'])
  t.equal(({} as { b?: number }).b, undefined, 'no prototype was changed')
})

void t.test('the create of an SDK is taken', async (t) => {
  const takeJob = compileTaking(CreateJobRequest, dataSourceTypes)
  const text = JSON.stringify({
    templateId: 'hello-world-template',
    name: 'x',
    dataSource: { dataSourceDescriptor: 'bypass' },
    params: { partitioner: {}, assembler: {}, app: { message: 'hello', repeat: 3 } },
    config: { taskTimeout: 3600, jobTimeout: 7200, isTestJob: true },
  })
  t.not(takeJob(JsonReader.open(text, [])!), unfit)
})

void t.test('whatever may mean another thing is read token by token', async (t) => {
  const texts = [
    '{"needed":"x","needed":"y"}',
    '{"needed":"x","aStruct":{"a":1,"a":2}}',
    '{"needed":"x","anAny":{"@type":"x/bytenite.data_source.HttpDataSource","url":"u","url":"v"}}',
    '{"needed":"x","aList":[1],"aList":[2]}',
    '{"needed":"x","aText":"a","aText":"b","aStruct":{"c" :1}}',
    '{"needed":"x","a_text":"y"}',
    '{"needed":"x","aNumber":"1"}',
    '{"needed":"x","aNumber":1.0000000000000000001}',
    '{"needed":"x","aNumber":1e3}',
    '{"needed":"x","aNumber":-0}',
    '{"needed":"x","aNumber":-1}',
    '{"needed":"x","aNumber":4294967296}',
    `{"needed":"x","aStruct":{"a":1${'0'.repeat(400)}}}`,
    `{"needed":"x","aStruct":{"a":${'['.repeat(100)}${']'.repeat(100)}}}`,
    '{"needed":"x","aDouble":1}',
    '{"needed":"x","aLong":1}',
    '{"needed":"x","anEnum":1}',
    '{"needed":"x","anEnum":"TWO"}',
    '{"needed":"x","aMoment":"2025-01-01T00:00:00Z"}',
    '{"needed":"x","aText":null}',
    '{"needed":"x","aStruct":null}',
    '{"needed":"x","aStruct":[]}',
    '{"needed":"x","aList":[null]}',
    '{"needed":"x","aList":{}}',
    '{"needed":"x","aMap":{"a":1}}',
    '{"needed":"x","inner":[]}',
    '{"needed":"x","unknown":1}',
    '{"needed":"x","toString":1}',
    '{"needed":"x","inner":{"@type":"x"}}',
    '{"needed":"x","anAny":{}}',
    '{"needed":"x","anAny":{"@type":1}}',
    '{"needed":"x","anAny":{"@type":"x/unknown"}}',
    '{"needed":"x","anAny":{"@type":"x/bytenite.data_source.HttpDataSource","other":1}}',
    '{"needed":"\\u0078"}',
    '{"needed":"😀"}',
    '{"needed":""}',
    '{}',
    '[]',
    'null',
    '"x"',
  ]
  for (const text of texts) {
    t.notOk(isTaken(text), text.slice(0, 80))
    t.strictSame(outcome(text), outcomeOfReading(text), text.slice(0, 80))
  }
})

void t.test('a text as deep as any body can be', async (t) => {
  const deep = `{"needed":"x","aStruct":{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`
  t.strictSame(outcome(deep), outcomeOfReading(deep))
  t.match(outcome(deep), { error: 'exceeded max depth' })
})

void t.test('any text comes out the same, taken or read', async (t) => {
  const names = [...Object.keys(Message.properties), '@type', 'a_text', 'deepText', 'url', 'a', 'b', '1', '__proto__']
  const name = fc.constantFrom(...names)
  const scalar = fc.constantFrom(
    ...[
      '"x"',
      '""',
      '":"',
      '"ONE"',
      '"1"',
      '1',
      '0',
      '-0',
      '-1',
      '1.5',
      '1e3',
      '1.0',
      'true',
      'false',
      'null',
      '"\\n"',
    ],
    '"x/bytenite.data_source.HttpDataSource"',
  )
  const { value } = fc.letrec<{ value: string; object: string }>((tie) => ({
    object: fc
      .array(fc.tuple(name, fc.constantFrom('', ' '), tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map(([key, space, of]) => `"${key}"${space}:${space}${of}`).join(',')}}`),
    value: fc.oneof(
      { depthSize: 'small' },
      scalar,
      tie('object'),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    ),
  }))
  let taken = 0
  const fitting: Record<string, string[]> = {
    aText: ['"y"'],
    aFlag: ['true'],
    aNumber: ['7'],
    anEnum: ['"ONE"'],
    aStruct: ['{"b":1,"a":[{"d":1,"c":2}]}', '{}'],
    anAny: ['{"@type":"x/bytenite.data_source.HttpDataSource","url":"u"}'],
    aList: ['[1,2]', '[]'],
    inner: ['{"deepText":"z"}', '{}'],
  }
  const member = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...Object.entries(fitting).flatMap(([key, all]) => all.map((of) => [key, of] as const)),
      ),
    },
    { weight: 1, arbitrary: fc.tuple(name, value) },
  )
  fc.assert(
    fc.property(fc.array(member, { maxLength: 5 }), (members) => {
      const text = `{"needed":"x"${members.map(([key, of]) => `,"${key}":${of}`).join('')}}`
      if (isTaken(text)) taken++
      return isDeepStrictEqual(outcome(text), outcomeOfReading(text))
    }),
    { numRuns: 3000 },
  )
  t.ok(taken > 300, 'a good part of them is taken')
})
