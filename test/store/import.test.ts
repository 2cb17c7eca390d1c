import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { tarEnd, tarHeader, tarPadding } from '../../src/store/archives/tar.ts'
import { client, emulator } from '../emulator.ts'
import { made, furnish, everythingOf, type Part, unpacked } from './archive-files.ts'

/** An archive of these parts whose checksums fit, as somebody who wants to be believed would make it. */
function packed(parts: readonly Part[]): Buffer {
  const files = parts.filter(({ name }) => name !== 'SHA256SUMS')
  const sums = files.map(({ name, bytes }) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`)
  return Buffer.concat([
    ...[...files, { name: 'SHA256SUMS', bytes: Buffer.from(sums.join('')) }].flatMap(({ name, bytes }) => [
      tarHeader(name, bytes.length, 0),
      bytes,
      tarPadding(bytes.length),
    ]),
    tarEnd,
  ])
}

/** The archive with one part changed, taken away or added. */
type Change = (parts: readonly Part[]) => readonly Part[]

const edit =
  (name: string, change: (text: string) => string | Buffer): Change =>
  (parts) =>
    parts.map((part) => (part.name === name ? { name, bytes: Buffer.from(change(part.bytes.toString('utf8'))) } : part))

const editJson = (name: string, changes: object): Change =>
  edit(name, (text) => JSON.stringify({ ...JSON.parse(text), ...changes }))

/** Changes the first row of a table. */
const editRow = (table: string, change: (row: any) => object): Change =>
  edit(`rows/${table}.ndjson`, (text) => {
    const [first = '', ...rest] = text.split('\n')
    return [JSON.stringify(change(JSON.parse(first))), ...rest].join('\n')
  })

const editDoc = (table: string, change: (doc: any) => object): Change =>
  editRow(table, (row) => ({ ...row, doc: JSON.stringify(change(JSON.parse(row.doc))) }))

const add =
  (name: string, text = ''): Change =>
  (parts) => [...parts, { name, bytes: Buffer.from(text) }]

const remove =
  (name: string): Change =>
  (parts) =>
    parts.filter((part) => part.name !== name)

const run = (changes: object) => editDoc('jobs', (doc) => ({ ...doc, run: { ...doc.run, ...changes } }))

const refused: readonly (readonly [title: string, change: Change, reason: RegExp])[] = [
  ['another format', editJson('world.json', { format: 'zip' }), /world\.json: format "zip": expected/],
  [
    'a newer format',
    editJson('world.json', { version: 2 }),
    /version 2 of the format: this emulator reads version 1 only/,
  ],
  [
    'a newer schema',
    editJson('world.json', { schema: 999 }),
    /schema 999 is newer than this emulator.*use bytenite-emulator \d/,
  ],
  [
    'an older schema',
    editJson('world.json', { schema: 1 }),
    /schema 1 is older than 4, the oldest.*import the file with .*export again/,
  ],
  ['no clock', editJson('world.json', { clock: undefined }), /world\.json\.clock is missing/],
  [
    'a clock of the wrong type',
    editJson('world.json', { clock: { offset: '1', frozenAt: null } }),
    /clock\.offset "1": expected integer/,
  ],
  ['a clock beyond time', editJson('world.json', { clock: { offset: 0, frozenAt: 1e18 } }), /clock\.frozenAt/],
  ['a pace that is none', editJson('world.json', { pace: 'warp' }), /pace "warp"/],
  [
    'a pace of a job that is none',
    editDoc('jobs', (doc) => ({ ...doc, pace: 'warp' })),
    /rows\/jobs\.ndjson, row 1: pace "warp": expected/,
  ],
  ['no JSON', edit('world.json', () => '{"format":'), /world\.json: .*unexpected EOF/],
  ['no version', editJson('world.json', { version: undefined }), /world\.json\.version is missing/],
  ['no manifest', remove('world.json'), /does not begin with world\.json/],
  ['two manifests', (parts) => [parts[0]!, ...parts], /world\.json is in the wrong place/],
  ['a table missing', remove('rows/secrets.ndjson'), /rows\/secrets\.ndjson is missing/],
  ['an unknown table', add('rows/settings.ndjson'), /there is no table "settings"; known are jobs/],
  ['the tokens of others', add('rows/revoked_tokens.ndjson'), /there is no table "revoked_tokens"/],
  ['a table twice', add('rows/jobs.ndjson'), /rows\/jobs\.ndjson occurs twice/],
  [
    'an unknown column',
    editRow('jobs', (row) => ({ ...row, world: 1 })),
    /rows\/jobs\.ndjson, row 1: unknown column "world"/,
  ],
  ['a column missing', editRow('jobs', ({ name: _name, ...row }) => row), /row 1: name is missing/],
  [
    'a wrong type',
    editRow('jobs', (row) => ({ ...row, created_at: '1' })),
    /row 1: created_at "1": expected a whole number/,
  ],
  ['a moment before time', editRow('jobs', (row) => ({ ...row, created_at: -1 })), /created_at -1: expected/],
  [
    'a moment after time',
    editRow('jobs', (row) => ({ ...row, created_at: 1e18 })),
    /created_at 1000000000000000000: expected/,
  ],
  ['a nested value', editRow('secrets', (row) => ({ ...row, name: {} })), /name \{\}: expected a text/],
  [
    'no number',
    edit('rows/wallets.ndjson', (text) => text.replace(/"balance":[\d.]+/, '"balance":1e999')),
    /invalid google.protobuf.Value: 1e999; balance/,
  ],
  ['a row that is no object', edit('rows/jobs.ndjson', (text) => `[]\n${text}`), /expected a JSON object/],
  ['a row that is no JSON', edit('rows/jobs.ndjson', (text) => `{"id"\n${text}`), /rows\/jobs\.ndjson, row 1: /],
  ['half a row', edit('rows/jobs.ndjson', (text) => text.slice(0, -2)), /the last line does not end/],
  ['the same id twice', edit('rows/jobs.ndjson', (text) => text + text), /row 5: a row with its key exists already/],
  ['an id that no job can have', editRow('jobs', (row) => ({ ...row, id: '../x' })), /row 1: .*jobId "\.\.\/x"/],
  ['a document that is no JSON', editRow('jobs', (row) => ({ ...row, doc: '{' })), /row 1: doc: unexpected EOF/],
  ['a document missing', editRow('jobs', ({ doc: _doc, ...row }) => row), /row 1: doc is missing/],
  [
    'a document of another kind',
    editRow('jobs', (row) => ({ ...row, doc: '{}' })),
    /row 1: doc\.description is missing/,
  ],
  [
    'a timeline out of order',
    run({
      timeline: [
        ['JOB_STATE_STARTED', 2],
        ['JOB_STATE_UPLOADING', 1],
      ],
    }),
    /timeline\[1\]/,
  ],
  [
    'a moment too many',
    run({ timeline: [['JOB_STATE_STARTED', 1, 2]] }),
    /timeline\[0\] .*\]: must NOT have more than 2 items/,
  ],
  [
    'an account that no world has',
    editRow('wallets', (row) => ({ ...row, account: '../x' })),
    /rows\/wallets\.ndjson, row 1: account "\.\.\/x": expected one of owner, stranger/,
  ],
  [
    'a transaction of no type',
    editRow('transactions', (row) => ({ ...row, type: 'constructor' })),
    /row 1: type "constructor": expected one of payment, topup, coupon/,
  ],
  [
    'a coupon that is none',
    editRow('transactions', (row) => ({ ...row, type: 'coupon', cause: 'MUCH' })),
    /rows\/transactions\.ndjson, row 1: coupon "MUCH" does not exist/,
  ],
  ['a state that is none', run({ pending: ['JOB_STATE_DREAMING'] }), /doc\.run\.pending\[0\] "JOB_STATE_DREAMING"/],
  ['a number of tasks that is none', run({ tasks: -1 }), /doc\.run\.tasks -1/],
  [
    'a template of another name',
    editDoc('templates', (doc) => ({ ...doc, id: 'x' })),
    /doc\.id is not the id of its row/,
  ],
  [
    'parameters that are no texts',
    editRow('secrets', (row) => ({ ...row, params: '{"a":1}' })),
    /params\.a 1: expected string/,
  ],
  ['a path that leads out', add('../../evil', 'x'), /has no file "\.\.\/\.\.\/evil"/],
  ['a path from the root', add('/etc/evil', 'x'), /has no file "\/etc\/evil"/],
  ['a path that leads out of a job', add(`files/${made}/../evil`, 'x'), /has no file/],
  ['files of a job whose name leads out', add('files/../upload.bin', 'x'), /has no file "files\/\.\.\/upload\.bin"/],
  ['files of no job', add('files/nobody/upload.bin', 'x'), /files\/nobody: the world has no such job/],
  ['files of a job that is gone', add('files/gone/upload.bin', 'x'), /files\/gone: the world has no such job/],
  [
    'files of a deleted job, which exports of earlier versions hold',
    editRow('jobs', (row) => ({ ...row, deleted_at: row['created_at'] })),
    /was deleted, but has files/,
  ],
  ['another upload', edit('files/fed/upload.bin', () => 'x'), /job fed: upload\.bin has 1 bytes, expected 8/],
  ['another result', edit(`files/${made}/results/0`, () => 'ALPHA'), /the files are not those of index\.json/],
  ['a result missing', remove(`files/${made}/results/1`), /the files are not those of index\.json/],
  ['an index missing', remove(`files/${made}/results/index.json`), /the files are not those of index\.json/],
  [
    'a result whose name leads out',
    edit(`files/${made}/results/index.json`, (text) => text.replace('b.bin', '../b')),
    /name "\.\.\/b"/,
  ],
  [
    'a type that splits headers',
    edit(`files/${made}/results/index.json`, (text) => text.replace('text/plain', 'a\\r\\nb')),
    /contentType/,
  ],
  ['a result numbered beyond', add(`files/${made}/results/999999999`, 'x'), /the files are not those/],
]

void t.test('a file that is not as it should be is refused, and changes nothing', async (t) => {
  const data = t.testdir()
  const started = await emulator(t, { data })
  await furnish(started)
  const world = started.world('full')
  const before = await everythingOf(started.url, 'full')
  const archive = Buffer.from(await world.export())
  const parts = unpacked(archive)
  const send = async (name: string, bytes: Uint8Array) => {
    const path = `/_emulator/worlds/${name}/import?replace=true`
    return client(started.url, null)('POST', path, bytes, { 'content-type': 'application/x-tar' })
  }
  t.equal((await send('full', packed(parts))).status, 200, 'what is packed again without a change is taken')

  for (const [index, [title, change, reason]] of refused.entries()) {
    const { status, body } = await send(index % 2 === 0 ? 'full' : 'fresh', packed(change(parts)))
    t.strictSame([title, status, body.code], [title, 400, 3], body.message)
    t.match(body.message, reason, title)
  }

  await t.test('cut, damaged, foreign', async (t) => {
    const lengths = [0, 1, 511, 512, 513, 1500, archive.length >> 1, archive.length - 1024, archive.length - 1]
    for (const length of lengths) t.match(await send('full', archive.subarray(0, length)), { status: 400 }, `${length}`)
    for (let at = 0; at < archive.length; at += Math.max(1, Math.floor(archive.length / 41))) {
      const flipped = Buffer.from(archive)
      flipped[at]! ^= 0x10
      t.match(await send('full', flipped), { status: 400, body: { code: 3 } }, `a bit at ${at}`)
    }
    t.match(await send('full', Buffer.concat([archive, Buffer.from('more')])), { status: 400 }, 'more behind the end')
    for (const bytes of [
      Buffer.from('{"rows":{}}'),
      Buffer.from('PK\x03\x04'.padEnd(2000, 'x')),
      Buffer.alloc(5000, 7),
    ]) {
      t.match(await send('full', bytes), { status: 400, body: { message: /not an exported world|ends before/ } })
    }
    const link = Buffer.from(archive)
    link.write('2', 156, 'latin1')
    t.match(await send('full', link), { status: 400 }, 'a link')
    const endless = Buffer.concat([tarHeader('world.json', 2 ** 50, 0), Buffer.alloc(512)])
    t.match(await send('full', endless), { status: 400, body: { message: /more than 65536/ } }, 'a size beyond reason')
  })

  t.strictSame(await everythingOf(started.url, 'full'), before)
  t.strictSame(await started.worlds(), ['full'], 'no world was begun')
  t.strictSame(readdirSync(join(data, 'files', 'incoming')), [], 'nothing is left on disk')
  t.equal(readdirSync(join(data, 'files', 'worlds')).length, 1)
})

void t.test('wallets follow from transactions and reservations', async (t) => {
  const started = await emulator(t)
  await furnish(started)
  const call = client(started.url, 'test_full')
  // Runs, so that a part of the balance is reserved.
  await call('POST', '/v1/customer/jobs/new/run')
  const balance = async (key: string) => (await client(started.url, key)('GET', '/v1/wallet/balance')).body
  const before = await balance('test_full')
  t.ok(before.availableBalance < before.totalBalance, 'a part is reserved')
  const parts = unpacked(await started.world('full').export())
  const changes: readonly Change[] = [
    edit('rows/wallets.ndjson', () => ''),
    editRow('wallets', (row) => ({ ...row, account: 'stranger' })),
    editRow('wallets', (row) => ({ ...row, balance: -5, reserved: 1e9, transactions: 99 })),
  ]
  for (const [index, change] of changes.entries()) {
    await started.world('copy').import(packed(change(parts)), { replace: true })
    const { accountId } = await balance('test_copy')
    t.strictSame(await balance('test_copy'), { ...before, accountId }, `change ${index}`)
    const { body } = await client(started.url, 'test_copy')('GET', '/v1/wallet/transactions')
    t.equal(body.pagination.total, body.data.length)
    t.match(await client(started.url, 'test_copy:stranger')('GET', '/v1/wallet/balance'), { status: 200 })
  }
})
