import fc from 'fast-check'
import t from 'tap'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { CreateJobRequest, JobResponse } from '../../schemas/jobs.ts'
import { ListQuery } from '../../schemas/pagination.ts'
import { ExchangeRateQuery } from '../../schemas/wallet.ts'
import { parseJson } from '../../src/wire/json.ts'
import { compileDecoder } from '../../src/wire/decode.ts'
import type { UnknownField } from '../../src/wire/unknown-fields.ts'
import { compileQueryDecoder } from '../../src/wire/decode-query.ts'
import { compileOmitUnset } from '../../src/wire/omit-unset.ts'
import { Message } from './messages.ts'
import { refused, escape } from './texts.ts'

const decodeMessage = compileDecoder(Message, dataSourceTypes)
const decode = (sent: unknown, unknown: UnknownField[]): unknown =>
  decodeMessage(sent === undefined ? undefined : JSON.stringify(sent), unknown)

void t.test('proto3 JSON on the way in', async (t) => {
  const accepted: readonly [sent: unknown, canonical: unknown][] = [
    [undefined, {}],
    [{}, {}],
    [{ aText: 'x' }, { aText: 'x' }],
    [{ a_text: 'x' }, { aText: 'x' }],
    [{ aText: '' }, { aText: '' }],
    [{ aText: null, aFlag: null, aNumber: null, aStruct: null, anAny: null, aList: null, inner: null }, {}],
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
    [{ anEnum: 2 }, { anEnum: 2 }],
    [{ aNumber: '1,000' }, { aNumber: 1 }],
    [{ aNumber: '3600 s' }, { aNumber: 3600 }],
    [{ aMoment: '2025-05-20T09:00:00Z' }, { aMoment: '2025-05-20T09:00:00Z' }],
    [{ aStruct: { snake_case: null, a: [1, { b_c: 2 }] } }, { aStruct: { snake_case: null, a: [1, { b_c: 2 }] } }],
    [{ anAny: {} }, { anAny: {} }],
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
      [null, 'proto: syntax error (line 1:1): unexpected token null'],
      [[], 'unexpected token [; the request body takes a JSON object'],
      ['x', 'unexpected token "x"'],
      [7, 'unexpected token 7'],
      [{ aText: 7 }, 'proto: (line 1:10): invalid value for string field aText: 7; aText takes a JSON string'],
      [{ a_text: true }, 'string field aText: true'],
      [{ aFlag: 'true' }, 'bool field aFlag: "true"'],
      [{ aFlag: 1 }, 'field aFlag: 1'],
      [{ aNumber: -1 }, 'uint32 field aNumber: -1; aNumber takes a whole number from 0 to 4294967295'],
      [{ aNumber: 1.5 }, 'field aNumber: 1.5'],
      [{ aNumber: 4_294_967_296 }, 'field aNumber: 4294967296'],
      [{ aNumber: '' }, 'field aNumber: ""'],
      [{ aNumber: '0x10' }, 'field aNumber: "0x10"'],
      [{ aNumber: ' 1' }, 'field aNumber: " 1"'],
      [{ aNumber: '1_000' }, 'field aNumber: "1_000"'],
      [{ aNumber: '+1' }, 'field aNumber: "+1"'],
      [{ aNumber: '01' }, 'field aNumber: "01"'],
      [{ aNumber: 'Infinity' }, 'field aNumber: "Infinity"'],
      [{ aNumber: [1] }, 'field aNumber: ['],
      [{ aLong: '9223372036854775808' }, 'int64 field aLong: "9223372036854775808"'],
      [{ aLong: 0.5 }, 'field aLong: 0.5'],
      [{ aDouble: 'x' }, 'double field aDouble: "x"'],
      [{ aDouble: true }, 'field aDouble: true'],
      [{ anEnum: 2.5 }, 'enum field anEnum: 2.5'],
      [{ anEnum: true }, 'field anEnum: true'],
      [{ aMoment: 'yesterday' }, 'invalid google.protobuf.Timestamp value "yesterday"'],
      [{ aMoment: '0000-12-31T00:00:00Z' }, 'google.protobuf.Timestamp value out of range: "0000-12-31T00:00:00Z"'],
      [{ aMoment: 0 }, 'unexpected token 0'],
      [{ aStruct: [] }, 'unexpected token [; aStruct takes a JSON object'],
      [{ aStruct: 'x' }, 'unexpected token "x"'],
      [{ anAny: [] }, 'unexpected token ['],
      [{ anAny: { '@type': 7 } }, '@type field value is not a string: 7'],
      [{ anAny: { '@type': null } }, '@type field value is not a string: null'],
      [{ anAny: { '@type': '' } }, '@type field contains empty value'],
      [{ anAny: { '@type': 'x/bytenite.data_source.S3DataSource', name: 7 } }, 'anAny.name takes a JSON string'],
      [{ anAny: { '@type': 'bytenite.data_source.S3Source' } }, 'did you mean bytenite.data_source.S3DataSource?'],
      [{ aList: {} }, 'unexpected token {; aList takes a JSON array'],
      [{ aList: [1, 'x'] }, 'field aList: "x"; aList[1] takes'],
      [{ aList: [null] }, 'field aList: null'],
      [{ aMap: [] }, 'unexpected token ['],
      [{ aMap: { k: 'x' } }, 'aMap.k takes a whole number'],
      [{ inner: 7 }, 'unexpected token 7; inner takes a JSON object'],
      [{ inner: { deep_text: 7 } }, 'string field deepText: 7; inner.deepText takes'],
      [{ aText: 'a', a_text: 'b' }, 'duplicate field "a_text"'],
      [{ aText: null, a_text: 'b' }, 'duplicate field "a_text"'],
      [{ inner: { deep_text: 'a', deepText: 'b' } }, 'proto: (line 1:27): duplicate field "deepText"'],
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
      [
        { anAny: { url: 1 } },
        [
          {
            path: 'anAny.url',
            suggestion: undefined,
            note: 'nothing of anAny is read without "@type"; add "@type": "type.googleapis.com/bytenite.data_source.HttpDataSource"',
          },
        ],
      ],
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
        const once = create(text, [])
        return (
          JSON.stringify(create(JSON.stringify(once), [])) === JSON.stringify(once) && sameJson(once, JSON.parse(text))
        )
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
    ['', {}],
    ['pagination.limit=5', { 'pagination.limit': 5 }],
    ['pagination.offset=007&&', { 'pagination.offset': 7 }],
    ['order_by=name', { orderBy: 'name' }],
    ['order%5Fby=na+me%20%C3%A9', { orderBy: 'na me é' }],
    ['orderBy=a&order_by=b', { orderBy: 'b' }],
    ['limit=5&unknown=x&%ff=1', {}],
  ] as const) {
    t.strictSame(query(sent, []), read)
  }
  for (const [sent, message] of [
    ['pagination.limit=', 'parsing field "limit": strconv.ParseUint: parsing "": invalid syntax'],
    ['pagination.limit=1.0', 'parsing field "limit"'],
    ['pagination.limit=-0', 'invalid syntax'],
    ['pagination.limit=4294967296', 'value out of range'],
    ['pagination.limit=1&pagination.limit=2', 'too many values for field "limit": 1, 2'],
    ['pagination[limit]=5', 'too many values for field "pagination": limit, 5'],
    ['orderBy[]=name', 'too many values for field "order_by": , name'],
    ['pagination=limit', 'parsing field "pagination": unsupported message type'],
    ['pagination.limit.x=1', 'invalid path: "limit" is not a message'],
    ['orderBy=100%', 'invalid URL escape "%"'],
    ['a=%zz1', 'invalid URL escape "%zz"'],
    ['a=1;b=2', 'invalid semicolon separator in query'],
  ] as const) {
    t.throws(() => query(sent, []), { ...refused, message: new RegExp(escape(message)) }, sent)
  }
  t.throws(() => query('orderBy=%ff', []), { ...refused, kind: 'internal' })
  const rate = compileQueryDecoder(ExchangeRateQuery)
  for (const [text, number] of [
    ['.5', 0.5],
    ['5.', 5],
    ['05', 5],
    ['%2B5', 5],
    ['1_000', 1000],
    ['0x1p4', 16],
    ['-0x1.8p1', -3],
    ['NaN', Number.NaN],
    ['-inf', Number.NEGATIVE_INFINITY],
  ] as const) {
    t.strictSame(rate(`currencyAmount=${text}`, []), { currencyAmount: number }, text)
  }
  for (const text of ['', '_1', '1__0', '0x10', '1e', '1e999', 'x', ' 1']) {
    t.throws(() => rate(`currencyAmount=${text}`, []), refused, text)
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
    ['{"a":1,"a":1}', 'proto: (line 1:8): duplicate map key "a"'],
    ['[{"b":1},{"a":1,"b":2,"a":3}]', /duplicate map key "a"/],
    ['{"\\"":1,"\\"":2}', /duplicate map key "\\""/],
    ['{"__proto__":1,"__proto__":1}', /duplicate map key "__proto__"/],
    ['"\\ud800"', /unexpected EOF/],
    ['"\\ud800------"', 'proto: syntax error (line 1:1): invalid escape code "------" in string'],
    ['{"\\udc00":1, "a": 1}', /invalid escape code/],
    ['1 1', /expected one JSON value; what follows line 1:2 is not read/],
    ['1e999', /invalid google.protobuf.Value: 1e999/],
    [`${'['.repeat(1001)}${']'.repeat(1001)}`, /exceeded max depth/],
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
      return sameJson(parseJson(Buffer.from(text)), JSON.parse(text))
    }),
    { seed: 1, numRuns: 500 },
  )
})
