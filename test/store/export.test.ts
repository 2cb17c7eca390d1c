import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { connect } from '../../src/client.ts'
import type { Emulator } from '../../src/index.ts'
import { openFiles } from '../../src/store/files/files.ts'
import { tarEnd, tarHeader, tarPadding } from '../../src/store/archives/tar.ts'
import { client, emulator, steadyClock } from '../emulator.ts'

const jobs = '/v1/customer/jobs'
const made = '5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60'
const fileSource = {
  dataSourceDescriptor: 'file',
  params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' },
}

/** Gives an emulator a world `full` with some of everything that a world can hold. */
async function furnish(started: Emulator): Promise<void> {
  const call = client(started.url, 'test_full')
  const ok = async (...request: Parameters<typeof call>) => {
    const answer = await call(...request)
    if (answer.status !== 200) throw new Error(`${request[0]} ${request[1]}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const world = started.world('full')
  await ok('POST', '/v1/dev/templates', { id: 'own', app: 'my-app@1', params: { app: { depth: 3 } } })
  await ok('PATCH', '/v1/auth/user', { firstName: 'Ada', contactInfo: { city: 'Turin' } })
  const secret = { id: 's', secretType: 'aws', accessKey: 'a', params: { region: 'eu' } }
  await ok('POST', '/v1/auth/secrets', { secret, secretKey: 'HUSH' })
  await world.scenario({
    name: 'made',
    logs: ['a line'],
    results: [
      { name: 'out/a ü.txt', text: 'alpha' },
      { name: 'b.bin', size: 70_000 },
    ],
  })
  for (const [jobId, name] of [
    [made, 'made'],
    ['failed', 'fails'],
    ['new', 'ünï'],
    ['gone', 'gone'],
  ] as const) {
    const templateId = name === 'fails' ? 'emulator-fails' : 'own'
    await ok('POST', jobs, { jobId, name, templateId, dataSource: { dataSourceDescriptor: 'bypass' } })
  }
  for (const id of [made, 'failed']) await ok('POST', `${jobs}/${id}/run`)
  await ok('DELETE', `${jobs}/gone`)
  await ok('POST', jobs, { jobId: 'fed', templateId: 'own', dataSource: fileSource })
  await put(started.url, 'fed', 'uploaded')
  await ok('PATCH', `${jobs}/fed/uploadcompleted`)
  await world.pace('polls:4')
  await world.clock.advance('90m')
  await ok('GET', `${jobs}/${made}/results`)
}

async function put(url: string, jobId: string, body: string): Promise<void> {
  const { job } = (await client(url, 'test_full')('GET', `${jobs}/${jobId}`)).body
  const headers = { 'content-disposition': 'attachment; filename="in.txt"' }
  const { status } = await fetch(job.dataSource.params.tempUrl, { method: 'PUT', body, headers })
  if (status !== 200) throw new Error(`the upload was answered ${status}`)
}

/** A world's jobs with their results, as clients see them; only links, which are signed anew each time, are left out. */
async function jobsOf(url: string, world: string): Promise<unknown[]> {
  const call = client(url, `test_${world}`)
  const { data } = (await call('GET', `${jobs}?limit=100`)).body
  const seen: unknown[] = []
  for (const { id } of data as { id: string }[]) {
    const text = JSON.stringify((await call('GET', `${jobs}/${id}`)).body)
    const files: unknown[] = []
    for (const { name, link } of (await call('GET', `${jobs}/${id}/results`)).body.results ?? []) {
      const answer = await fetch(link)
      const headers = ['etag', 'content-type', 'content-disposition'].map((header) => answer.headers.get(header))
      const bytes = Buffer.from(await answer.arrayBuffer())
      files.push([name, answer.status, ...headers, createHash('sha256').update(bytes).digest('hex')])
    }
    const logs = (await call('POST', '/v1/customer/logs', { jobId: id })).body
    seen.push([JSON.parse(text.replace(/http[^"]*\/bytenite-uploads-prod\/[^"]*/g, 'link')), files, logs])
  }
  return seen
}

async function everythingOf(url: string, world: string): Promise<unknown[]> {
  const call = client(url, `test_${world}`)
  const seen = await jobsOf(url, world)
  for (const path of [
    '/v1/dev/templates/own',
    '/v1/auth/user',
    '/v1/auth/secrets',
    '/v1/wallet/balance',
    '/v1/wallet/transactions',
  ]) {
    seen.push([path, (await call('GET', path)).body])
  }
  return seen
}

interface Part {
  readonly name: string
  readonly bytes: Buffer
}

function unpacked(archive: Uint8Array): Part[] {
  const bytes = Buffer.from(archive)
  const parts: Part[] = []
  for (let at = 0; bytes[at] !== 0;) {
    const field = (from: number, length: number) =>
      bytes.toString('latin1', at + from, at + from + length).replace(/\0.*/s, '')
    const [size, prefix] = [Number.parseInt(field(124, 11), 8), field(345, 155)]
    const name = `${prefix === '' ? '' : `${prefix}/`}${field(0, 100)}`
    parts.push({ name, bytes: bytes.subarray(at + 512, at + 512 + size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return parts
}

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

/** What an archive holds, but for the moment it was made and the name that the world had. */
const contents = (archive: Uint8Array): unknown[] =>
  unpacked(archive)
    .filter(({ name }) => name !== 'SHA256SUMS')
    .map(({ name, bytes }) => [name, bytes.toString('utf8').replace(name === 'world.json' ? /"world": ".*"/ : '', '')])

void t.test('a world comes back from its file: in another emulator, under another name, after a restart', async (t) => {
  const clock = steadyClock()
  const one = await emulator(t, { clock, data: t.testdir() })
  await furnish(one)
  const before = await everythingOf(one.url, 'full')
  const { now, pace, frozen, jobs: counted } = await one.world('full').inspect()
  const archive = await one.world('full').export()

  for (const [title, data, reach] of [
    ['in memory, by the fixture', null, (started: Emulator) => started],
    ['on disk, over HTTP', join(t.testdir(), 'other'), (started: Emulator) => connect(started.url)],
  ] as const) {
    await t.test(title, async (t) => {
      const two = await emulator(t, { clock, data })
      await reach(two).world('full').import(archive)
      await reach(two).world('copy').import(archive)
      t.strictSame(await everythingOf(two.url, 'full'), before)
      t.strictSame(await jobsOf(two.url, 'copy'), before.slice(0, 4))
      t.match(await reach(two).world('copy').inspect(), { now, pace, frozen, jobs: counted })
      t.strictSame(contents(await reach(two).world('copy').export()), contents(archive), 'and is exported as it was')
      if (data === null) return
      t.strictSame(readdirSync(join(data, 'files', 'incoming')), [], 'nothing is left of the work')
      await two.close()
      const three = await emulator(t, { clock, data })
      t.strictSame(await everythingOf(three.url, 'full'), before)
    })
  }
})

const hasTools = ['tar', 'sha256sum'].every((tool) => spawnSync(tool, ['--version']).status === 0)

void t.test('the file is opened and checked by tar and sha256sum', { skip: !hasTools }, async (t) => {
  const started = await emulator(t)
  await furnish(started)
  const cwd = t.testdir()
  const answer = await fetch(`${started.url}/_emulator/worlds/full/export`)
  t.match(Object.fromEntries(answer.headers), {
    'content-type': 'application/x-tar',
    'content-disposition': 'attachment; filename=full.tar',
    'content-length': /^\d+$/,
  })
  writeFileSync(join(cwd, 'full.tar'), Buffer.from(await answer.arrayBuffer()))
  t.equal(spawnSync('tar', ['xf', 'full.tar'], { cwd }).status, 0)
  const { status, stdout } = spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd, encoding: 'utf8' })
  t.equal(status, 0, stdout)
  t.match(stdout, `files/${made}/results/1: OK`)
  t.match(stdout, 'files/fed/upload.bin: OK')
})

void t.test('an export is of one moment, whatever happens while it is read', async (t) => {
  const [one, two] = [await emulator(t, { data: t.testdir() }), await emulator(t)]
  await furnish(one)
  const call = client(one.url, 'test_full')
  await one.world('full').clock.freeze()
  const before = await jobsOf(one.url, 'full')

  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${one.url}/_emulator/worlds/full/export`, resolve).once('error', reject)
  })
  // Headers are here, the body waits until somebody reads it.
  await put(one.url, 'fed', 'something else')
  await call('PATCH', `${jobs}/new/jobname`, '"renamed"')
  await call('DELETE', `${jobs}/${made}`)
  await call('POST', jobs, { jobId: 'later', templateId: 'own' })
  await one.world('full').clock.advance('1h')
  await two.world('full').import(await buffer(answer))
  t.strictSame(await jobsOf(two.url, 'full'), before)
  t.not((await call('GET', `${jobs}/later`)).status, 404)

  await t.test('a reader that goes away leaves nothing behind', async (t) => {
    const data = t.testdir()
    const three = await emulator(t, { data })
    await three.world('full').import(await one.world('full').export())
    await new Promise<void>((resolve) => {
      get(`${three.url}/_emulator/worlds/full/export`, (response) => {
        response.destroy()
        response.once('close', resolve)
      })
    })
    while (readdirSync(join(data, 'files', 'incoming')).length > 0) await new Promise(setImmediate)
    t.equal((await client(three.url, 'test_full')('GET', jobs)).status, 200)
  })
})

void t.test('an existing world is replaced only where that is asked for, and then as a whole', async (t) => {
  const started = await emulator(t)
  await furnish(started)
  const archive = await started.world('full').export()
  const before = await jobsOf(started.url, 'full')
  const world = started.world('mine')
  const call = client(started.url, 'test_mine')
  await call('POST', jobs, { jobId: 'mine', templateId: 'hello-world-template' })
  await world.scenario({ name: 'x', neverEnds: true })
  await world.fault({ operation: 'GET /v1/customer/jobs', status: 500, skip: 9 })

  await t.rejects(world.import(archive), /answered 409: world "mine" exists already; say replace=true/)
  t.equal((await call('GET', `${jobs}/mine`)).status, 200)
  await world.import(archive, { replace: true })
  t.match(await world.inspect(), { scenarios: 0, faults: 0, exchanges: 0, jobs: { total: 4 }, pace: 'polls:4' })
  t.equal((await call('GET', `${jobs}/mine`)).status, 404)
  t.strictSame(await jobsOf(started.url, 'mine'), before)

  await t.test('two at once: one of them wins', async (t) => {
    const both = await Promise.allSettled([1, 2].map(() => started.world('contested').import(archive)))
    t.strictSame(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    t.strictSame(await jobsOf(started.url, 'contested'), before)
  })
  await t.rejects(started.world('never').export(), /answered 404: world "never" does not exist/)
  await t.rejects(started.world('a b').export(), /answered 400: world "a b": expected 1 to 64/)
  for (const query of ['?replace=yes', '?replac=true']) {
    const answer = await client(started.url, null)('POST', `/_emulator/worlds/mine/import${query}`, archive)
    t.match(answer, { status: 400, body: { code: 3 } }, query)
  }
})

void t.test('time does not go back where the wall clock is behind', async (t) => {
  const [ahead, behind] = [steadyClock('2025-06-01T00:00:00Z'), steadyClock('2025-05-01T00:00:00Z')]
  const one = await emulator(t, { clock: ahead })
  await client(one.url, 'test_w')('GET', jobs)
  const running = await one.world('w').export()
  await one.world('w').clock.freeze()
  const frozen = await one.world('w').export()
  const two = await emulator(t, { clock: behind })
  await two.world('running').import(running)
  await two.world('frozen').import(frozen)
  behind.advance(60)
  t.equal(await two.world('running').clock.now(), '2025-06-01T00:01:00.000000Z')
  t.equal(await two.world('frozen').clock.now(), '2025-06-01T00:00:00.000000Z')
})

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
    /schema 1 is older than this emulator.*import the file with .*export again/,
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
  ['no JSON', edit('world.json', () => '{"format":'), /unexpected EOF/],
  ['no manifest', remove('world.json'), /does not begin with world\.json/],
  ['two manifests', (parts) => [parts[0]!, ...parts], /world\.json stands where it should not/],
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
    /balance .*expected a number/,
  ],
  ['a row that is no object', edit('rows/jobs.ndjson', (text) => `[]\n${text}`), /expected a JSON object/],
  ['a row that is no JSON', edit('rows/jobs.ndjson', (text) => `{"id"\n${text}`), /rows\/jobs\.ndjson, row 1: /],
  ['half a row', edit('rows/jobs.ndjson', (text) => text.slice(0, -2)), /the last line does not end/],
  ['the same id twice', edit('rows/jobs.ndjson', (text) => text + text), /row 6: a row with its key is there already/],
  ['an id that no job can have', editRow('jobs', (row) => ({ ...row, id: '../x' })), /row 1: .*jobId "\.\.\/x"/],
  ['a document that is no JSON', editRow('jobs', (row) => ({ ...row, doc: '{' })), /row 1: doc: unexpected EOF/],
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
  ['files of a job that is gone', add('files/gone/upload.bin', 'x'), /job gone was deleted, but has files/],
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

void t.test('files that were replaced come back where the act comes to nothing', async (t) => {
  const data = t.testdir()
  const files = openFiles(data)
  const place = (name: string): void => {
    const { folder } = files.scratch()
    writeFileSync(join(folder, name), name)
    files.placeWorld(1, folder)
  }
  const there = () => (existsSync(join(data, 'files/worlds/1')) ? readdirSync(join(data, 'files/worlds/1')) : undefined)
  const first = files.setWorldAside(1)
  place('a')
  first.putBack()
  t.strictSame(there(), undefined, 'nothing was there before')
  place('old')
  const second = files.setWorldAside(1)
  t.strictSame(there(), undefined)
  place('new')
  second.putBack()
  t.strictSame(there(), ['old'])
  const third = files.setWorldAside(1)
  place('new')
  await files.flushWorld(1)
  third.remove()
  t.strictSame(there(), ['new'])
  files.close()
})
