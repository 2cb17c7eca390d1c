import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import t from 'tap'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { CreateJobRequest, JobResponse } from '../../schemas/jobs.ts'
import { ListQuery } from '../../schemas/pagination.ts'
import { AnyMessage, Double, Enum, Int64, Struct, Text, Timestamp, UInt32 } from '../../schemas/proto.ts'
import { worldTime } from '../../src/base/clock.ts'
import {
  ConfigError,
  environmentNameOf,
  flagOf,
  readSettings,
  type SettingName,
  settingNames,
} from '../../src/settings/settings.ts'
import { show } from '../../src/base/errors.ts'
import { isUuid, normaliseId, uuidFromName } from '../../src/base/ids.ts'
import { parseJson } from '../../src/wire/json.ts'
import { linkLifetime, signLink } from '../../src/domain/results/links.ts'
import { toLine } from '../../src/settings/log.ts'
import { nearest } from '../../src/base/nearest.ts'
import { paginationOf, parseOrder, sliceOf } from '../../src/wire/paging.ts'
import { compileDecoder, type UnknownField } from '../../src/wire/decode.ts'
import { compileQueryDecoder } from '../../src/wire/decode-query.ts'
import { compileOmitUnset } from '../../src/wire/omit-unset.ts'
import { parseTag, resolveTag } from '../../src/domain/templates/tags.ts'
import { formatTimestamp, parseTimestamp } from '../../src/base/timestamps.ts'

const refused = { name: 'ApiError', kind: 'invalidArgument' }

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

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

void t.test('timestamps', async (t) => {
  for (const [text, micros] of [
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T00:00:00.000001Z', 1],
    ['1970-01-01T00:00:00.1Z', 100_000],
    ['1970-01-01T00:00:00.123456789Z', 123_456],
    ['1970-01-01T01:00:00+01:00', 0],
    ['1969-12-31T23:59:59.5Z', -500_000],
    ['2024-02-29T12:00:00-00:30', Date.UTC(2024, 1, 29, 12, 30) * 1000],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000],
    ['9999-12-31T23:59:59.999999Z', 253_402_300_799_999_999],
  ] as const) {
    t.strictSame([text, parseTimestamp(text)], [text, micros])
  }
  for (const text of [
    '',
    'now',
    '2025-05-20',
    '2025-05-20T09:00:00',
    '2025-05-20 09:00:00Z',
    '2025-05-20T09:00Z',
    '2025-05-20T09:00:00z',
    '2025-05-20T09:00:00.Z',
    '2025-05-20T09:00:00.1234567890Z',
    '2025-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-05-20T25:00:00Z',
    '2025-05-20T24:00:00Z',
    '2025-05-20T09:60:00Z',
    '2025-05-20T09:00:60Z',
    '2025-05-20T09:00:00+25:00',
    '0000-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    ' 2025-05-20T09:00:00Z',
    '2025-05-20T09:00:00Z\n',
  ]) {
    t.strictSame([text, parseTimestamp(text)], [text, undefined])
  }
  for (const [micros, text] of [
    [0, '1970-01-01T00:00:00.000000Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [1_747_731_600_123_456, '2025-05-20T09:00:00.123456Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [Number.MAX_SAFE_INTEGER * 100, '9999-12-31T23:59:59.999000Z'],
  ] as const) {
    t.equal(formatTimestamp(micros), text)
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000_000 }), (at) => parseTimestamp(formatTimestamp(at)) === at),
    { seed: 1 },
  )
})

void t.test('the time of a world', async (t) => {
  t.equal(worldTime({ offset: 0, frozenAt: null }, 100), 100)
  t.equal(worldTime({ offset: 50, frozenAt: null }, 100), 150)
  t.equal(worldTime({ offset: 50, frozenAt: 70 }, 100), 70)
})

void t.test('tags', async (t) => {
  for (const [text, tag] of [
    ['a', { name: 'a', major: undefined, minor: undefined }],
    ['a@1', { name: 'a', major: 1, minor: undefined }],
    ['a-b_c.d+e@1.20', { name: 'a-b_c.d+e', major: 1, minor: 20 }],
    ['a@v0.2', { name: 'a', major: 0, minor: 2 }],
  ] as const) {
    t.strictSame(parseTag(text), tag)
  }
  for (const text of ['', '@1', 'a@', 'a@x', 'a@1.', 'a@1.2.3', 'a@-1', 'a b', 'a@1@2', 'x'.repeat(65)]) {
    t.equal(parseTag(text), undefined, text)
  }
  const known = ['a@1.2', 'a@1.10', 'a@2', 'a@v0.9', 'b', 'odd name']
  for (const [text, meant] of [
    ['a', 'a@2'],
    ['a@1', 'a@1.10'],
    ['a@1.2', 'a@1.2'],
    ['a@0.9', 'a@v0.9'],
    ['a@0', 'a@v0.9'],
    ['b', 'b'],
    ['b@1', undefined],
    ['a@3', undefined],
    ['a@2.1', undefined],
    ['odd name', 'odd name'],
    ['odd', undefined],
    ['', undefined],
  ] as const) {
    t.strictSame([text, resolveTag(text, known)], [text, meant])
  }
})

void t.test('the nearest name', async (t) => {
  const known = ['templateId', 'jobId', 'name', 'dataSource']
  for (const [name, meant] of [
    ['templteId', 'templateId'],
    ['template_id', 'templateId'],
    ['TEMPLATEID', 'templateId'],
    ['nmae', 'name'],
    ['jobd', 'jobId'],
    ['job', undefined],
    ['data_sorce', 'dataSource'],
    ['x', undefined],
    ['', undefined],
    ['somethingElse', undefined],
    ['name'.repeat(20), undefined],
  ] as const) {
    t.strictSame([name, nearest(name, known)], [name, meant])
  }
  t.equal(nearest('name', []), undefined)
})

void t.test('paging', async (t) => {
  t.strictSame(sliceOf({}), { limit: 10, offset: 0 })
  t.strictSame(sliceOf({ 'pagination.limit': 0, 'pagination.offset': 3 }), { limit: 10, offset: 3 })
  t.strictSame(sliceOf({ 'pagination.limit': 5000 }), { limit: 1000, offset: 0 })
  for (const [limit, offset, total, hasPrevious, hasNext] of [
    [10, 0, 0, false, false],
    [10, 0, 10, false, false],
    [10, 0, 11, false, true],
    [10, 10, 11, true, false],
    [10, 50, 11, true, false],
    [10, 50, 0, false, false],
  ] as const) {
    t.strictSame(paginationOf({ limit, offset }, total), { total, offset, hasPrevious, hasNext })
  }
  const fields = ['createdAt', 'name'] as const
  for (const [text, field, descending] of [
    ['name', 'name', false],
    ['createdAt desc', 'createdAt', true],
    [' created_at   DESC ', 'createdAt', true],
    ['name Asc', 'name', false],
  ] as const) {
    t.strictSame(parseOrder(text, fields), { field, descending })
  }
  for (const text of ['', 'Name', 'name,createdAt', 'name desc desc', 'name up', '-name', 'constructor']) {
    t.throws(() => parseOrder(text, fields), refused, text)
  }
})

void t.test('ids', async (t) => {
  t.equal(normaliseId('3D4F9A60-1B1E-4C53-9A59-2A3C0F1D7E11'), '3d4f9a60-1b1e-4c53-9a59-2a3c0f1d7e11')
  t.equal(normaliseId('My-Job'), 'My-Job')
  t.equal(isUuid('3d4f9a60-1b1e-4c53-9a59-2a3c0f1d7e1'), false)
  t.ok(isUuid(uuidFromName('x')))
  t.equal(uuidFromName('x'), uuidFromName('x'))
  t.not(uuidFromName('x'), uuidFromName('y'))
})

void t.test('a value in a message is cut to a readable length', async (t) => {
  t.equal(show('x'), '"x"')
  t.equal(show(undefined), 'undefined')
  t.equal(show({ a: 1 }), '{"a":1}')
  t.equal(show('x'.repeat(1000)).length, 80)
})

void t.test('a link to storage', async (t) => {
  const target = { bucket: 'bytenite-uploads-prod', world: 'w', jobId: 'a~b', file: 'dir/ä b.bin' } as const
  const at = parseTimestamp('2025-05-20T09:00:00Z')!
  const link = signLink(target, at, 'secret')
  const url = new URL(link, 'http://127.0.0.1')
  t.equal(url.pathname, '/bytenite-uploads-prod/a~b/dir/%C3%A4%20b.bin')
  t.equal(url.searchParams.get('X-Goog-Date'), '20250520T090000Z')
  t.equal(url.searchParams.get('X-Goog-Expires'), String(linkLifetime))
  t.match(url.searchParams.get('X-Goog-Credential'), /^w@.*\/20250520\/auto\/storage\/goog4_request$/)
  t.match(url.searchParams.get('X-Goog-Signature'), /^[0-9a-f]{512}$/)
  t.equal(signLink(target, at, 'secret'), link)
  t.not(signLink(target, at, 'other'), link)
  t.not(signLink({ ...target, world: 'v' }, at, 'secret').slice(-512), link.slice(-512))
})

void t.test('a log line for people', async (t) => {
  const time = Date.UTC(2025, 4, 20, 9, 0, 0, 5)
  const line = (entry: object) => toLine(JSON.stringify({ time, ...entry }))
  t.equal(line({ level: 40, msg: 'hm' }), '09:00:00.005 warn  hm\n')
  t.equal(
    line({ level: 30, msg: 'request', method: 'GET', url: '/x', status: 200, ms: 1.4 }),
    '09:00:00.005 info  GET /x 200 1.4 ms\n',
  )
  t.equal(
    line({ level: 50, msg: 'oh', err: { stack: 'Error: oh\n at x' } }),
    '09:00:00.005 error oh\nError: oh\n at x\n',
  )
})

void t.test('settings', async (t) => {
  const defaults = readSettings({}, {})
  t.strictSame(defaults, {
    port: 2983,
    host: '127.0.0.1',
    data: './.bytenite-emulator',
    inMemory: false,
    seed: undefined,
    init: undefined,
    templates: 'closed',
    strict: false,
    pace: { by: 'time', total: 3_000_000 },
    unset: 'emit',
    era: '2025',
    apiKey: new Map(),
    keys: 'closed',
    logLevel: undefined,
    logFormat: 'line',
    silent: false,
    portFile: undefined,
  })
  t.equal(flagOf('inMemory'), '--in-memory')
  t.equal(environmentNameOf('inMemory'), 'BYTENITE_EMULATOR_IN_MEMORY')

  // Name, text, value; each by flag and by environment.
  const good: readonly [name: SettingName, text: string, value: unknown][] = [
    ['port', '0', 0],
    ['port', '65535', 65535],
    ['host', '0.0.0.0', '0.0.0.0'],
    ['data', '/data', '/data'],
    ['seed', 'seed.json', 'seed.json'],
    ['templates', 'open', 'open'],
    ['unset', 'omit', 'omit'],
    ['apiKey', 'k=w', new Map([['k', 'w']])],
    ['apiKey', 'eyJ==w', new Map([['eyJ=', 'w']])],
    ['logLevel', 'silent', 'silent'],
    ['logFormat', 'json', 'json'],
    ['portFile', 'p', 'p'],
  ]
  for (const [name, text, value] of good) {
    t.strictSame(readSettings({ [name]: text }, {}), { ...defaults, [name]: value }, `${name} ${text}`)
    const environment = { [environmentNameOf(name)]: text }
    t.strictSame(readSettings({}, environment), { ...defaults, [name]: value })
  }
  for (const name of ['inMemory', 'strict', 'silent'] as const) {
    t.equal(readSettings({ [name]: true }, {})[name], true)
    for (const [text, value] of [
      ['true', true],
      ['1', true],
      ['YES', true],
      ['on', true],
      ['false', false],
      ['0', false],
      ['no', false],
      ['', false],
    ] as const) {
      t.equal(readSettings({}, { [environmentNameOf(name)]: text })[name], value, `${name} ${text}`)
    }
    t.equal(readSettings({ [name]: true }, { [environmentNameOf(name)]: 'false' })[name], true, 'the flag wins')
  }
  t.equal(readSettings({ port: '1' }, { BYTENITE_EMULATOR_PORT: '2' }).port, 1, 'the flag wins')
  t.equal(readSettings({}, { BYTENITE_EMULATOR_PORT: '' }).port, 2983, 'an empty variable is none')
  t.strictSame(
    [...readSettings({ apiKey: ['a=x', 'b=y', 'a=z'] }, {}).apiKey],
    [
      ['a', 'z'],
      ['b', 'y'],
    ],
  )
  t.strictSame(
    [...readSettings({}, { BYTENITE_EMULATOR_API_KEY: 'a=x,b=y' }).apiKey],
    [
      ['a', 'x'],
      ['b', 'y'],
    ],
  )

  const bad: readonly [name: SettingName, text: string][] = [
    ['port', ''],
    ['port', 'x'],
    ['port', '-1'],
    ['port', '1.5'],
    ['port', '65536'],
    ['host', ' '],
    ['data', ''],
    ['templates', 'Open'],
    ['unset', 'none'],
    ['apiKey', 'k'],
    ['apiKey', '=w'],
    ['apiKey', 'k='],
    ['apiKey', 'k=a/b'],
    ['logLevel', 'loud'],
    ['logFormat', 'xml'],
  ]
  for (const [name, text] of bad) {
    const said = (source: string) => ({
      name: 'ConfigError',
      message: new RegExp(`^${source} ${escape(JSON.stringify(text))}: expected`),
    })
    t.throws(() => readSettings({ [name]: text }, {}), said(flagOf(name)))
    if (text !== '')
      t.throws(() => readSettings({}, { [environmentNameOf(name)]: text }), said(environmentNameOf(name)))
  }
  for (const name of settingNames) {
    const misspelt = `${environmentNameOf(name)}S`
    t.throws(
      () => readSettings({}, { [misspelt]: '1' }),
      new ConfigError(
        `unknown environment variable ${misspelt}; known are ${settingNames.map(environmentNameOf).join(', ')}`,
      ),
    )
  }
  t.doesNotThrow(() => readSettings({}, { BYTENITE_OTHER: '1', PORT: 'x' }), 'other names are none of ours')
})
