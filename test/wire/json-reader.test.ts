// The reader of bodies: where it says faults are, and how it withstands hostile ones.
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { CreateJobRequest } from '../../schemas/jobs.ts'
import { FilterRequest } from '../../schemas/filters.ts'
import { ApiError } from '../../src/base/errors.ts'
import { compileDecoder } from '../../src/wire/decode.ts'
import { compileQueryDecoder } from '../../src/wire/decode-query.ts'
import { parseJson } from '../../src/wire/json.ts'
import { JsonReader } from '../../src/wire/json-reader.ts'
import { decodeUtf8 } from '../../src/wire/json-text.ts'
import { enumReader, sortedEntries } from '../../src/wire/scalars.ts'
import { ExchangeRateQuery } from '../../schemas/wallet.ts'

const decodeJob = compileDecoder(CreateJobRequest, dataSourceTypes)
const decodeFilter = compileDecoder(FilterRequest, {})

const body = JSON.stringify({
  templateId: 'hello-é-😀',
  params: { app: { a: [1, -2.5e-3, true, null, { b: '\u2028"\\' }], b: {} } },
  dataSource: { dataSourceDescriptor: 'url', params: { '@type': 'x/bytenite.data_source.HttpDataSource', url: 'u' } },
  config: { taskTimeout: '3600', isTestJob: false },
})

/** The texts that an error of the reader may be; where one names a place, it lies in the body. */
function faultIn(error: unknown, bytes: Buffer): string | undefined {
  if (!(error instanceof ApiError) || error.httpStatus !== 400) return `no ApiError: ${String(error)}`
  const place = /\(line (\d+):(\d+)\)/.exec(error.message)
  if (place === null) {
    const known = /^(unexpected EOF|proto: unexpected EOF|exceeded max depth|invalid character |\S+ is required)/
    return known.test(error.message) ? undefined : `no place: ${error.message}`
  }
  const lines = bytes.toString('latin1').split('\n')
  const [line, column] = [Number(place[1]), Number(place[2])]
  return line <= lines.length && column <= lines[line - 1]!.length + 1 ? undefined : `outside: ${error.message}`
}

const tryDecode = (bytes: Buffer): string | undefined => {
  try {
    decodeJob(bytes, [])
    return undefined
  } catch (error) {
    return faultIn(error, bytes)
  }
}

void t.test('every prefix of a body is refused, at its end', async (t) => {
  const bytes = Buffer.from(body)
  for (let length = 1; length < bytes.length; length++) {
    t.throws(() => decodeJob(bytes.subarray(0, length), []), { message: 'unexpected EOF' }, String(length))
  }
  t.doesNotThrow(() => decodeJob(bytes, []))
})

void t.test('a fault is named with a place inside the body', async (t) => {
  const bytes = Buffer.from(body)
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 3 }), fc.nat(3))
  fc.assert(
    fc.property(change, ([at, put, taken]) => {
      const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + taken)])
      return tryDecode(changed) === undefined
    }),
    { seed: 1, numRuns: 3000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (random) => tryDecode(Buffer.from(random)) === undefined),
    { seed: 1, numRuns: 2000 },
  )
  t.pass('5000 bodies')
})

void t.test('any JSON is read as JSON.parse reads it', async (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      const padded = ` \n${text}\t\r\n`
      t.same(parseJson(Buffer.from(padded)), JSON.parse(padded))
    }),
    { seed: 1, numRuns: 300 },
  )
})

void t.test('what is hostile costs no more than its length', async (t) => {
  const bodies: Record<string, (size: number) => string | Buffer> = {
    digits: (size) => `{"templateId":"t","config":{"taskTimeout":${'1'.repeat(size)}}}`,
    'digits of a Struct': (size) => `{"templateId":"t","params":{"app":{"a":0.${'1'.repeat(size)}}}}`,
    brackets: (size) => `{"zzz":${'['.repeat(size)}`,
    'a string': (size) => `{"templateId":"${'é'.repeat(size / 2)}"}`,
    'a string that does not end': (size) => `{"templateId":"${'x'.repeat(size)}`,
    escapes: (size) => `{"name":"${'\\u00e9'.repeat(size / 6)}","templateId":"t"}`,
    backslashes: (size) => `{"name":"${'\\\\'.repeat(size / 2)}","templateId":1}`,
    'zeros behind a point': (size) => `{"templateId":"t","config":{"taskTimeout":0.${'0'.repeat(size)}1}}`,
    'zeros and an exponent': (size) => `{"templateId":"t","config":{"taskTimeout":1${'0'.repeat(size)}e-3}}`,
    'spaces in a string': (size) => `{"templateId":"t","config":{"taskTimeout":"1${' '.repeat(size)}x"}}`,
    'bytes of no character': (size) => Buffer.concat([Buffer.from('{"name":"'), Buffer.alloc(size, 0xff)]),
    'halves of characters': (size) => Buffer.concat([Buffer.from('{"name":"'), Buffer.alloc(size, 'é').subarray(1)]),
    'unknown names': (size) => `{"templateId":"t"${',"a":1'.repeat(size / 6)}}`,
    'line ends': (size) => `{"templateId":${'\n'.repeat(size)}1}`,
  }
  for (const [name, make] of Object.entries(bodies)) {
    const cost = (size: number): number => {
      const made = make(size)
      const bytes = typeof made === 'string' ? Buffer.from(made) : made
      const began = process.cpuUsage().user
      try {
        decodeJob(bytes, [])
      } catch (error) {
        t.equal(faultIn(error, bytes), undefined, name)
      }
      return process.cpuUsage().user - began
    }
    cost(100_000)
    // Twenty times the length: a cost by its square would be four hundred times as much.
    const [short, long] = [cost(100_000), cost(2_000_000)]
    t.ok(long < Math.max(short, 5000) * 120, `${name}: ${short} and ${long} microseconds`)
  }
})

void t.test('bytes are told from characters as isUtf8 does', async (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom('é', '\u0800', '\ud7ff', '\ue000', '😀', '\u{10ffff}').map((text) => Buffer.from(text)),
    fc.constantFrom(
      [0xed, 0xa0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xc1, 0x80],
    ),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const bytes = Buffer.concat(pieces.map((each) => Buffer.from(each)))
      const text = decodeUtf8(bytes)
      // Back again: a lone surrogate is its byte.
      const back = Buffer.concat(
        [...text].map((character) => {
          const code = character.codePointAt(0)!
          return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(character)
        }),
      )
      return back.equals(bytes) && text.isWellFormed() === isUtf8(bytes)
    }),
    { seed: 1, numRuns: 3000 },
  )
  t.pass('3000 bodies')
})

void t.test('a hostile query costs no more than its length', async (t) => {
  const rate = compileQueryDecoder(ExchangeRateQuery)
  for (const [name, make] of Object.entries({
    brackets: (size: number) => `${'['.repeat(size)}=1`,
    digits: (size: number) => `currencyAmount=${'1'.repeat(size)}x`,
    'hexadecimal digits': (size: number) => `currencyAmount=0x${'a'.repeat(size)}x`,
    underscores: (size: number) => `currencyAmount=1${'_'.repeat(size)}`,
    escapes: (size: number) => `currency=${'%41'.repeat(size / 3)}`,
    names: (size: number) => 'a.'.repeat(size / 2),
  })) {
    const cost = (size: number): number => {
      const began = process.cpuUsage().user
      try {
        rate(make(size), [])
      } catch (error) {
        t.ok(error instanceof ApiError, name)
      }
      return process.cpuUsage().user - began
    }
    cost(10_000)
    const [short, long] = [cost(50_000), cost(1_000_000)]
    t.ok(long < Math.max(short, 5000) * 120, `${name}: ${short} and ${long} microseconds`)
  }
})

void t.test('nesting', async (t) => {
  const nested = (depth: number, open = '[', close = ']') => `${open.repeat(depth)}${close.repeat(depth)}`
  const read = (value: string) => () => decodeJob(`{"templateId":"t","zzz":${value}}`, [])
  t.doesNotThrow(read(nested(9_999)), 'unknown fields are skipped')
  t.throws(read(nested(10_001)), { message: 'exceeded max depth' })
  t.throws(() => decodeJob(`${nested(10_001)}x`, []), { message: 'exceeded max depth' })
  t.throws(() => decodeJob(`{"params":{"app":{"a":${nested(1000)}}}}`, []), { message: 'exceeded max depth' })
  t.throws(() => decodeFilter(`{"filters":[{"field":"a","value":${nested(1000)}}]}`, []), {
    message: 'exceeded max depth',
  })
})

void t.test('a member of a map that counts as not sent may come again, any other may not', async (t) => {
  const read = (text: string) =>
    sortedEntries(JsonReader.open(text, [])!, enumReader(['EXECUTION_PRIORITY_UNDEFINED', 'EXECUTION_PRIORITY_LOW']))
  const low = 'EXECUTION_PRIORITY_LOW'
  t.strictSame(read(`{"b":"${low}","a":"NONE","a":"${low}"}`), [
    ['a', low],
    ['b', low],
  ])
  t.throws(() => read(`{"a":"${low}","a":"NONE"}`), { message: /duplicate map key "a"/ })
})
