import fc from 'fast-check'
import t from 'tap'
import { worldTime } from '../../src/base/clock.ts'
import { show } from '../../src/base/errors.ts'
import { setImmediate } from 'node:timers/promises'
import { isUuid, normaliseId, randomIds, uuidFromName } from '../../src/base/ids.ts'
import { linkLifetime, signLink } from '../../src/domain/results/links.ts'
import { nearest } from '../../src/base/nearest.ts'
import { paginationOf, parseOrder, sliceOf } from '../../src/wire/paging.ts'
import { parseTag, resolveTag } from '../../src/domain/templates/tags.ts'
import { formatTimestamp, parseTimestamp } from '../../src/base/timestamps.ts'
import { refused } from '../wire/texts.ts'

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
    [0, '1970-01-01T00:00:00Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [1_000, '1970-01-01T00:00:00.001Z'],
    [1_747_731_600_123_456, '2025-05-20T09:00:00.123456Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [Number.MAX_SAFE_INTEGER * 100, '9999-12-31T23:59:59.999Z'],
  ] as const) {
    t.equal(formatTimestamp(micros), text)
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000_000 }), (at) => parseTimestamp(formatTimestamp(at)) === at),
    { seed: 1 },
  )
})

void t.test('the time of a world', async (t) => {
  t.equal(worldTime({ offset: 0, frozenAt: null, corrected: 0 }, 100), 100)
  t.equal(worldTime({ offset: 50, frozenAt: null, corrected: 0 }, 100), 150)
  t.equal(worldTime({ offset: 50, frozenAt: 70, corrected: 0 }, 100), 70)
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

void t.test('fresh ids', async (t) => {
  const ids = randomIds()
  const turns: string[][] = []
  for (let turn = 0; turn < 20; turn++) {
    turns.push(Array.from({ length: 50 }, () => ids.uuid()))
    await setImmediate()
    await setImmediate()
  }
  const all = turns.flat()
  for (const id of all) t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.equal(new Set(all).size, all.length)
  for (const turn of turns) t.equal(new Set(turn.map((id) => id.slice(0, 3))).size, 1, 'those of one turn begin alike')
  t.ok(new Set(turns.map(([id]) => id!.slice(0, 3))).size > 10, 'those of others do not')
})
