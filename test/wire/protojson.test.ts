import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import t from 'tap'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { CreateJobRequest, JobResponse } from '../../schemas/jobs.ts'
import { ListQuery } from '../../schemas/pagination.ts'
import { AnyMessage, Double, Enum, Int64, Struct, Text, Timestamp, UInt32 } from '../../schemas/proto.ts'
import { parseJson } from '../../src/wire/json.ts'
import { compileDecoder, type UnknownField } from '../../src/wire/decode.ts'
import { compileQueryDecoder } from '../../src/wire/decode-query.ts'
import { compileOmitUnset } from '../../src/wire/omit-unset.ts'
import { refused, escape } from './texts.ts'

/** A message with one field of each kind. */
const Message = Type.Object({
  aText: Type.Optional(Text()),
  aFlag: Type.Optional(Type.Boolean()),
  aNumber: Type.Optional(UInt32()),
  aLong: Type.Optional(Int64()),
  aDouble: Type.Optional(Double()),
  anEnum: Type.Optional(Enum(['ZERO', 'ONE'])),
  aMoment: Type.Optional(Timestamp()),
  aStruct: Type.Optional(Struct()),
  anAny: Type.Optional(AnyMessage()),
  aList: Type.Optional(Type.Array(UInt32())),
  aMap: Type.Optional(Type.Record(Type.String(), UInt32())),
  inner: Type.Optional(Type.Object({ deepText: Type.Optional(Text()) })),
})

const decode = compileDecoder(Message, dataSourceTypes)

void t.test('proto3 JSON on the way in', async (t) => {
  const accepted: readonly [sent: unknown, canonical: unknown][] = [
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ aText: 'x' }, { aText: 'x' }],
    [{ a_text: 'x' }, { aText: 'x' }],
    [{ aText: '' }, { aText: '' }],
    [{ aText: null, aFlag: null, aNumber: null, aStruct: null, anAny: null, aList: null, inner: null }, {}],
    [{ aText: null, a_text: 'x' }, { aText: 'x' }],
    [{ aFlag: false }, { aFlag: false }],
    [{ aNumber: 0 }, { aNumber: 0 }],
    [{ aNumber: '4294967295' }, { aNumber: 4_294_967_295 }],
    [{ aNumber: '3.6e3' }, { aNumber: 3600 }],
    [{ aNumber: '3600.0' }, { aNumber: 3600 }],
    [{ aLong: 5 }, { aLong: '5' }],
    [{ aLong: '-5' }, { aLong: '-5' }],
    [{ aLong: '9223372036854775807' }, { aLong: '9223372036854775807' }],
    [{ aLong: '-9223372036854775808' }, { aLong: '-9223372036854775808' }],
    [{ aLong: 1e15 }, { aLong: '1000000000000000' }],
    [{ aLong: '1e3' }, { aLong: '1000' }],
    [{ aDouble: 1.5 }, { aDouble: 1.5 }],
    [{ aDouble: '-1.5e-3' }, { aDouble: -0.0015 }],
    [{ anEnum: 'ONE' }, { anEnum: 'ONE' }],
    [{ anEnum: 1 }, { anEnum: 'ONE' }],
    [{ anEnum: 'TWO' }, {}],
    [{ aMoment: '2025-05-20T09:00:00Z' }, { aMoment: '2025-05-20T09:00:00Z' }],
    [{ aStruct: { snake_case: null, a: [1, { b_c: 2 }] } }, { aStruct: { snake_case: null, a: [1, { b_c: 2 }] } }],
    [{ anAny: {} }, { anAny: {} }],
    [{ anAny: { '@type': null } }, { anAny: {} }],
    [
      { anAny: { bucket_name: 'b', '@type': 'x/y/bytenite.data_source.S3DataSource', nope: 1 } },
      { anAny: { '@type': 'x/y/bytenite.data_source.S3DataSource', bucketName: 'b' } },
    ],
    [{ aList: [1, '2'] }, { aList: [1, 2] }],
    [{ aMap: { some_key: '7' } }, { aMap: { some_key: 7 } }],
    [{ inner: { deep_text: 'x', nope: 1 } }, { inner: { deepText: 'x' } }],
    [{ nope: { any: 'thing' } }, {}],
  ]
  for (const [sent, canonical] of accepted) t.strictSame(decode(sent, []), canonical, JSON.stringify(sent))

  await t.test('what is of the wrong kind is refused, by field and value', async (t) => {
    for (const [sent, message] of [
      [[], 'request body: []'],
      ['x', 'request body: "x"'],
      [7, 'request body: 7'],
      [{ aText: 7 }, 'string field aText: 7'],
      [{ a_text: true }, 'field aText: true'],
      [{ aFlag: 'true' }, 'bool field aFlag: "true"'],
      [{ aFlag: 1 }, 'field aFlag: 1'],
      [{ aNumber: -1 }, 'uint32 field aNumber: -1'],
      [{ aNumber: 1.5 }, 'field aNumber: 1.5'],
      [{ aNumber: 4_294_967_296 }, 'field aNumber: 4294967296'],
      [{ aNumber: '' }, 'field aNumber: ""'],
      [{ aNumber: '0x10' }, 'field aNumber: "0x10"'],
      [{ aNumber: ' 1' }, 'field aNumber: " 1"'],
      [{ aNumber: '1_000' }, 'field aNumber: "1_000"'],
      [{ aNumber: '+1' }, 'field aNumber: "+1"'],
      [{ aNumber: '01' }, 'field aNumber: "01"'],
      [{ aNumber: 'Infinity' }, 'field aNumber: "Infinity"'],
      [{ aNumber: [1] }, 'field aNumber: [1]'],
      [{ aLong: '9223372036854775808' }, 'int64 field aLong: "9223372036854775808"'],
      [{ aLong: 0.5 }, 'field aLong: 0.5'],
      [{ aDouble: 'x' }, 'double field aDouble: "x"'],
      [{ aDouble: true }, 'field aDouble: true'],
      [{ anEnum: 2 }, 'enum field anEnum: 2'],
      [{ anEnum: -1 }, 'field anEnum: -1'],
      [{ anEnum: true }, 'field anEnum: true'],
      [{ aMoment: 'yesterday' }, 'google.protobuf.Timestamp field aMoment: "yesterday"'],
      [{ aMoment: 0 }, 'field aMoment: 0'],
      [{ aStruct: [] }, 'google.protobuf.Struct field aStruct: []'],
      [{ aStruct: 'x' }, 'field aStruct: "x"'],
      [{ anAny: [] }, 'google.protobuf.Any field anAny: []'],
      [{ anAny: { '@type': 7 } }, 'field anAny.@type: 7'],
      [{ anAny: { '@type': 'x/bytenite.data_source.S3DataSource', name: 7 } }, 'field anAny.name: 7'],
      [{ anAny: { '@type': 'bytenite.data_source.S3Source' } }, 'did you mean bytenite.data_source.S3DataSource?'],
      [{ aList: {} }, 'repeated field aList: {}'],
      [{ aList: [1, 'x'] }, 'field aList[1]: "x"'],
      [{ aList: [null] }, 'field aList[0]: null'],
      [{ aMap: [] }, 'map field aMap: []'],
      [{ aMap: { k: 'x' } }, 'field aMap.k: "x"'],
      [{ inner: 7 }, 'message field inner: 7'],
      [{ inner: { deep_text: 7 } }, 'field inner.deepText: 7'],
      [{ aText: 'a', a_text: 'b' }, 'duplicate field "a_text"'],
      [{ inner: { deep_text: 'a', deepText: 'b' } }, 'duplicate field "inner.deepText"'],
    ] as const) {
      t.throws(() => decode(sent, []), { ...refused, message: new RegExp(escape(message)) }, JSON.stringify(sent))
    }
  })

  await t.test('unknown fields are told with their place and the field that was meant', async (t) => {
    for (const [sent, fields] of [
      [{ aTxt: 1 }, [{ path: 'aTxt', suggestion: 'aText' }]],
      [{ inner: { deep_txt: 1 } }, [{ path: 'inner.deep_txt', suggestion: 'deepText' }]],
      [{ quiteDifferent: 1 }, [{ path: 'quiteDifferent', suggestion: undefined }]],
      [{ anEnum: 'ONNE' }, [{ path: 'anEnum="ONNE"', suggestion: 'ONE', known: ['ZERO', 'ONE'] }]],
      [{ anAny: { url: 1 } }, [{ path: 'anAny.url', suggestion: '@type' }]],
      [{ aStruct: { anything: 1 } }, []],
    ] as const) {
      const unknown: UnknownField[] = []
      decode(sent, unknown)
      t.strictSame(unknown, fields)
    }
  })

  await t.test('what is canonical stays as it is, whatever a Struct holds', async (t) => {
    const create = compileDecoder(CreateJobRequest, dataSourceTypes)
    const struct = fc.dictionary(fc.string(), fc.jsonValue())
    const request = fc.record(
      {
        templateId: fc.string({ minLength: 1 }),
        name: fc.string(),
        params: fc.record({ app: struct, partitioner: struct }, { requiredKeys: [] }),
        config: fc.record({ taskTimeout: fc.nat(), isTestJob: fc.boolean() }, { requiredKeys: [] }),
      },
      { requiredKeys: ['templateId'] },
    )
    fc.assert(
      fc.property(request, (sent) => {
        const text = JSON.stringify(sent)
        const once = create(parseJson(Buffer.from(text)), [])
        return JSON.stringify(create(once, [])) === JSON.stringify(once) && sameJson(once, JSON.parse(text))
      }),
      { seed: 1, numRuns: 200 },
    )
    t.pass('200 requests')
  })
})

const sortKeys = (value: any): any =>
  Array.isArray(value)
    ? value.map(sortKeys)
    : typeof value === 'object' && value !== null
      ? Object.keys(value)
          .sort()
          .map((key) => [key, sortKeys(value[key])])
      : value

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b))

void t.test('a query', async (t) => {
  const query = compileQueryDecoder(ListQuery)
  for (const [sent, read] of [
    [{}, {}],
    [undefined, {}],
    [{ 'pagination.limit': '5' }, { 'pagination.limit': 5 }],
    [{ 'pagination.offset': '007' }, { 'pagination.offset': 7 }],
    [{ order_by: 'name' }, { orderBy: 'name' }],
    [{ limit: '5', unknown: 'x' }, {}],
  ] as const) {
    t.strictSame(query(sent, []), read)
  }
  for (const sent of [
    { 'pagination.limit': '' },
    { 'pagination.limit': '1.0' },
    { 'pagination.limit': '-0' },
    { 'pagination.limit': '4294967296' },
    { 'pagination.limit': ['1', '2'] },
    { orderBy: 'a', order_by: 'b' },
  ]) {
    t.throws(() => query(sent, []), refused, JSON.stringify(sent))
  }
})

void t.test('leaving out what is unset', async (t) => {
  const omit = compileOmitUnset(JobResponse)
  const job = { id: 'x', name: '', numChunks: 0, numUnitsEstimation: '0', startAt: null, state: 'JOB_STATE_NEW' }
  t.strictSame(omit({ job, templateInfo: null }), { job: { id: 'x', state: 'JOB_STATE_NEW' } })
  t.strictSame(omit({ job: { stateTimestamps: {}, config: { isTestJob: false } } }), { job: { config: {} } })
  const params = { preset: '', app: { a: null, b: 0, c: '' }, assembler: {}, partitioner: null }
  t.strictSame(omit({ job: { params } }), { job: { params: { app: { a: null, b: 0, c: '' }, assembler: {} } } })
})

void t.test('JSON', async (t) => {
  t.equal(parseJson(Buffer.alloc(0)), undefined)
  for (const text of [
    'null',
    '[]',
    '"a\\u0000\\ud83d\\ude00"',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":"\\"a\\":"}]}',
    ' 1 ',
  ]) {
    t.strictSame(parseJson(Buffer.from(text)), JSON.parse(text))
  }
  for (const [text, message] of [
    ['{"a":1,"a":1}', 'proto: duplicate field "a"'],
    ['[{"b":1},{"a":1,"b":2,"a":3}]', 'proto: duplicate field "a"'],
    ['{"\\"":1,"\\"":2}', 'proto: duplicate field "\\""'],
    ['{"__proto__":1,"__proto__":1}', 'proto: duplicate field "__proto__"'],
    ['"\\ud800"', /surrogate/],
    ['{"\\udc00":1}', /surrogate/],
    [`${'['.repeat(1001)}${']'.repeat(1001)}`, /recursion depth/],
    ['', undefined],
  ] as const) {
    if (message !== undefined) t.throws(() => parseJson(Buffer.from(text)), { ...refused, message })
  }
  t.doesNotThrow(() => parseJson(Buffer.from(`${'['.repeat(1000)}${']'.repeat(1000)}`)))
  t.doesNotThrow(() => parseJson(Buffer.from(JSON.stringify('[{'.repeat(5000)))), 'brackets in a string do not nest')
  t.throws(() => parseJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), refused)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      return JSON.stringify(parseJson(Buffer.from(text))) === JSON.stringify(JSON.parse(text))
    }),
    { seed: 1, numRuns: 500 },
  )
})
