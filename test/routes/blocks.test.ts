// Apps and engines of the Developer API: pushed, read, activated, downloaded, named by templates.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import t from 'tap'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'

const manifest = {
  name: 'hello-world',
  version: '1.0',
  platform: 'docker',
  description: 'Says hello',
  entrypoint: 'main.py',
  platform_config: { container: 'python:3.11', private_image: true, username: 'u', token: 'hidden', secrets: ['s'] },
  device_requirements: { min_cpu: 2, min_memory: 4, gpu: ['tesla t4'] },
}

type Files = Readonly<Record<string, string>>

const pack = (files: Files) =>
  packTar(
    Object.entries(files).map(([name, body]) => ({
      header: { name, size: Buffer.byteLength(body), type: 'file' as const },
      body,
    })),
  )

const block = (more: object = {}, files: Files = {}, root = '') =>
  pack(
    Object.fromEntries(
      Object.entries({
        'manifest.json': JSON.stringify({ ...manifest, ...more }),
        'app/main.py': 'print("hello")\n',
        ...files,
      }).map(([name, body]) => [root + name, body]),
    ),
  )

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

void t.test('an app: pushed, read, activated, pushed again, downloaded', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const tar = await block()
  t.match((await call('GET', '/v1/dev/apps')).body, { apps: [], pagination: { total: 0 } }, 'a fresh world has none')
  const { status, body: app } = await call('POST', '/v1/dev/apps', { data: base64(tar) })
  t.equal(status, 200)
  t.match(app, {
    id: /^[\da-f-]{36}$/,
    name: 'hello-world',
    version: '1.0',
    status: 'inactive',
    deviceRequirements: { minCpu: 2, minMemory: 4, gpu: ['tesla t4'] },
    isPublic: false,
    platform: 'docker',
    hash: createHash('sha256').update(tar).digest('base64'),
    platformConfig: { container: 'python:3.11', privateImage: true, username: 'u', token: '***', secrets: ['s'] },
    entrypoint: 'main.py',
    revision: '0',
    description: 'Says hello',
  })
  for (const tag of ['hello-world', 'hello-world@1', 'hello-world@1.0', app.id, app.id.toUpperCase()]) {
    t.strictSame((await call('GET', `/v1/dev/apps/${tag}`)).body, { app }, tag)
  }
  t.match((await call('GET', '/v1/dev/apps/hello-world/status')).body, { ok: true, message: 'inactive' })
  for (const times of [1, 2]) {
    t.match((await call('POST', '/v1/dev/apps/hello-world/activate')).body, { ok: true, message: '' }, String(times))
  }
  t.equal((await call('GET', '/v1/dev/apps/hello-world/status')).body.message, 'active')

  // Again, through gzip, URL-safe and without padding; another version beside it.
  const again = gzipSync(await block({ description: 'Says it again' }, {}, 'hello/'))
  const { body: second } = await call('POST', '/v1/dev/apps', {
    data: again.toString('base64url'),
  })
  t.match(second, {
    id: app.id,
    createdAt: app.createdAt,
    revision: '1',
    status: 'active',
    description: 'Says it again',
  })
  const { body: newer } = await call('POST', '/v1/dev/apps', {
    data: base64(await block({ version: '1.12' }, {}, './')),
  })
  t.equal((await call('GET', '/v1/dev/apps/hello-world@1')).body.app.id, newer.id, 'a short tag is the highest version')
  const list = (await call('GET', '/v1/dev/apps?pagination.limit=1&orderBy=createdAt')).body
  t.match(
    [Object.keys(list), list.apps[0].id, list.pagination],
    [['apps', 'pagination'], app.id, { total: 2, hasNext: true }],
  )
  t.equal((await call('GET', '/v1/dev/apps?isPublic=true')).body.apps.length, 0)

  const link = (await call('GET', '/v1/dev/apps/hello-world@1.0/download')).body.message
  const answer = await fetch(link)
  t.equal(answer.headers.get('content-type'), 'application/gzip')
  t.ok(Buffer.from(await answer.arrayBuffer()).equals(again), 'the very bytes that were pushed')
  t.equal((await fetch(link, { method: 'HEAD' })).headers.get('content-length'), String(again.length))
  t.equal((await fetch(link.replace('hello-world-1', 'hello-world-2'))).status, 403)
  await call('POST', '/_emulator/worlds/default/clock/advance', { by: '5h' })
  t.equal((await fetch(link)).status, 403, 'the link has expired')

  t.equal((await call('POST', '/v1/dev/apps/hello-world@1.0/deactivate')).status, 200)
  t.equal((await call('GET', '/v1/dev/apps/hello-world@1.0/status')).body.message, 'inactive')
})

void t.test('an engine: in the query, a form, or JSON', async (t) => {
  const { url } = await emulator(t, { strict: true })
  const token = (await client(url, null)('POST', '/v1/auth/access_token', { apiKey: 'test_default' })).body.token
  const call = client(url, token)
  const data = base64(await block({ name: 'fanout', type: 'partitioner', device_requirements: undefined }))
  const query = encodeURIComponent(data)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const [name, push] of [
    ['query', () => call('POST', `/v1/dev/engines?engineData=${query}`)],
    ['snake', () => call('POST', `/v1/dev/engines?engine_data=${query}`)],
    ['form', () => call('POST', '/v1/dev/engines', `engineData=${query}`, form)],
    ['JSON', () => call('POST', '/v1/dev/engines', { engineData: data })],
    ['data', () => call('POST', '/v1/dev/engines', { data })],
  ] as const) {
    t.match((await push()).body, { name: 'fanout', type: 'partitioner', version: '1.0', deletedAt: null }, name)
  }
  const engine = (await call('GET', '/v1/dev/engines/fanout')).body
  t.match(engine, { revision: 4, status: 'inactive', deviceRequirements: { minCpu: 0, gpu: [] } })
  t.match((await call('GET', '/v1/dev/engines')).body, { engines: [engine], pagination: { total: 1 } })
  const unset = { engineId: '', engineData: '', engineLink: '', engineStatus: '' }
  const message = (more: object) => ({ ...unset, engineTag: 'fanout@1.0', ...more })
  t.strictSame((await call('POST', '/v1/dev/engines/fanout@1/activate')).body, message({ engineStatus: 'active' }))
  t.strictSame((await call('GET', '/v1/dev/engines/fanout/status')).body, message({ engineStatus: 'active' }))
  const { engineLink } = (await call('GET', '/v1/dev/engines/fanout/download?engineId=x')).body
  t.equal(base64(new Uint8Array(await (await fetch(engineLink)).arrayBuffer())), data)
  t.strictSame((await call('POST', '/v1/dev/engines/fanout/deactivate')).body, message({ engineStatus: 'inactive' }))
  for (const [path, body] of [
    ['/v1/dev/engines?engineData=a', undefined],
    ['/v1/dev/engines', { engineData: '*' }],
    ['/v1/dev/engines', undefined],
  ] as const) {
    t.match(await call('POST', path, body), { status: 400, body: { code: 3 } })
  }
})

void t.test('what is refused, and why', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const push = (bytes: Uint8Array) => call('POST', '/v1/dev/apps', { data: base64(bytes) })
  const header = { name: 'app/x', size: 0, mode: 0o644 }
  const beside = async (entry: object) =>
    packTar([
      { header: { name: 'manifest.json', size: JSON.stringify(manifest).length }, body: JSON.stringify(manifest) },
      { header: { name: 'app/main.py', size: 1 }, body: 'x' },
      entry as never,
    ])
  const cases: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
    ['nothing', new Uint8Array(), /got nothing|data is required/],
    ['text', Buffer.from('hello'), /expected a tar archive/],
    ['zeros', new Uint8Array(10_240), /no manifest\.json/],
    ['noise', Buffer.alloc(5120, 7), /no tar archive that can be read/],
    ['cut', (await block()).subarray(0, 1024), /no tar archive|no manifest|is missing/],
    ['damaged gzip', gzipSync(await block()).subarray(0, 100), /gzip that is damaged/],
    ['a gzip bomb', gzipSync(Buffer.alloc(70 * 1024 * 1024)), /more than 64 MiB unpacked/],
    ['no manifest', await pack({ 'app/main.py': 'x' }), /no manifest\.json at the root/],
    ['two roots', await pack({ 'a/manifest.json': '{}', 'b/manifest.json': '{}' }), /no manifest\.json at the root/],
    ['no JSON', await block({}, { 'manifest.json': '{' }), /manifest\.json is not JSON/],
    ['a list', await block({}, { 'manifest.json': '[]' }), /manifest\.json: expected an object/],
    ['no name', await block({ name: undefined }), /manifest\.json: name "": expected 1 to 64 letters/],
    ['a long name', await block({ name: 'a'.repeat(65) }), /expected 1 to 64 letters/],
    ['a path as name', await block({ name: '../x' }), /expected 1 to 64 letters/],
    ['a version', await block({ version: '1' }), /version "1": expected major\.minor/],
    ['a version that is a number', await block({ version: 1.0 }), /version 1: expected a text/],
    ['a platform', await block({ platform: 'lambda' }), /platform "lambda": expected "docker"/],
    ['no entrypoint', await block({ entrypoint: 'run.sh' }), /app\/run\.sh is missing/],
    ['requirements', await block({ device_requirements: { min_cpu: -1 } }), /min_cpu -1: expected a whole number/],
    ['outside', await block({}, { '../evil': 'x' }), /"\.\.\/evil" leads outside/],
    ['outside, hidden', await block({}, { 'app/../../evil': 'x' }), /leads outside/],
    ['absolute', await block({}, { '/etc/passwd': 'x' }), /"\/etc\/passwd" leads outside/],
    ['a drive', await block({}, { 'C:\\evil': 'x' }), /leads outside/],
    ['a link', await beside({ header: { ...header, type: 'symlink', linkname: '/etc/passwd' } }), /is a symlink/],
    ['a hard link', await beside({ header: { ...header, type: 'link', linkname: 'app/main.py' } }), /is a link/],
    ['a device', await beside({ header: { ...header, type: 'character-device' } }), /is a character-device/],
    ['twice', await beside({ header: { name: './app/main.py', size: 1 }, body: 'y' }), /"app\/main\.py" stands twice/],
    [
      'many files',
      await block({}, Object.fromEntries(Array.from({ length: 1001 }, (_, number) => [`app/${number}`, ''] as const))),
      /more than 1000 files/,
    ],
    ['a template', await block({}, { 'template.json': '{"id": 7}' }), /template\.json: proto: .*id/],
    ['a template id', await block({}, { 'template.json': '{"id": "a b"}' }), /expected 1 to 128 letters/],
  ]
  for (const [name, bytes, message] of cases) {
    t.match(await push(bytes), { status: 400, body: { code: 3, message } }, name)
  }
  t.match(await call('POST', '/v1/dev/apps', { data: 'a=b' }), {
    status: 400,
    body: { message: /invalid value for bytes field data/ },
  })
  t.match(await call('POST', '/v1/dev/apps', { data: 7 }), { status: 400, body: { code: 3 } })
  const large = Buffer.alloc(4 * 1024 * 1024 + 512)
  t.match(await push(large), { status: 429, body: { code: 8, message: /larger than max \(4194816 vs\. 4194304\)/ } })
  t.equal((await call('GET', '/v1/dev/apps')).body.pagination.total, 0, 'nothing was kept')
  for (const path of ['', '/status', '/download']) {
    t.match(await call('GET', `/v1/dev/apps/none${path}`), { status: 404, body: { code: 5 } })
    t.match(await call('GET', `/v1/dev/engines/none${path}`), { status: 404, body: { code: 5 } })
  }
  const longNames = await block({}, { [`app/${'long/'.repeat(60)}name.py`]: 'x' })
  t.equal((await push(longNames)).status, 200, 'long names are read')
})

void t.test('manifests as tools wrote them', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const written = {
    Name: 'scaffold',
    Version: '0.1',
    Platform: 'docker',
    Entrypoint: 'main.py',
    Description: 'd',
    platformConfig: { container: 'python:latest', requirements: ['x'] },
    DeviceRequirements: { minCpu: 1, min_memory: 2 },
    unknown: true,
  }
  const { body } = await call('POST', '/v1/dev/apps', {
    data: base64(await block({}, { 'manifest.json': `\uFEFF${JSON.stringify(written)}` })),
  })
  t.match(body, {
    name: 'scaffold',
    version: '0.1',
    platformConfig: { container: 'python:latest' },
    deviceRequirements: { minCpu: 1, minMemory: 2 },
  })
})

void t.test('personas, worlds, export and fork', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, 'test_w')
  const data = base64(await block())
  const { id } = (await call('POST', '/v1/dev/apps', { data })).body
  await call('POST', '/v1/dev/apps/hello-world/activate')
  t.equal((await client(url, 'test_w:readonly')('GET', '/v1/dev/apps/hello-world')).status, 200)
  t.equal((await client(url, 'test_w:readonly')('POST', '/v1/dev/apps', { data })).status, 403)
  const stranger = client(url, 'test_w:stranger')
  t.equal((await stranger('GET', '/v1/dev/apps/hello-world')).status, 403)
  t.equal((await stranger('POST', '/v1/dev/apps', { data })).status, 403, 'a version of somebody else')
  t.equal((await stranger('GET', '/v1/dev/apps')).body.pagination.total, 0)
  t.equal((await client(url, null)('GET', '/v1/dev/apps')).status, 401)
  t.equal((await client(url, 'test_v')('GET', '/v1/dev/apps')).body.pagination.total, 0, 'of this world alone')

  await call('POST', '/_emulator/worlds/w/fork', { into: 'copy' })
  const archive = new Uint8Array(await (await fetch(`${url}/_emulator/worlds/w/export`)).arrayBuffer())
  await call('POST', '/_emulator/worlds/back/import', archive, { 'content-type': 'application/x-tar' })
  for (const world of ['copy', 'back']) {
    const there = client(url, `test_${world}`)
    t.match((await there('GET', '/v1/dev/apps')).body.apps, [{ id, status: 'active' }], world)
    const link = (await there('GET', '/v1/dev/apps/hello-world/download')).body.message
    t.equal(base64(new Uint8Array(await (await fetch(link)).arrayBuffer())), data)
  }
  await call('POST', '/_emulator/worlds/w/reset')
  t.equal((await call('GET', '/v1/dev/apps')).body.pagination.total, 0)
})

void t.test('templates name blocks, and jobs need active ones', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const create = async (templateId: string) => (await call('POST', jobs, { templateId })).body
  const run = async (templateId: string) => call('POST', `${jobs}/${(await create(templateId)).job.id}/run`)
  const bypass = { dataSource: { dataSourceDescriptor: 'bypass' } }
  await call('POST', '/v1/dev/templates', { id: 'mine', app: 'hello-world', partitioner: 'passthrough', ...bypass })
  await call('POST', '/v1/dev/templates', { id: 'other', app: 'nobody-has-it', ...bypass })
  t.equal((await run('other')).status, 200, 'without any block, jobs are played as before')

  const template = JSON.stringify({ id: 'pushed-along', app: 'hello-world@1', ...bypass })
  await call('POST', '/v1/dev/apps', { data: base64(await block({}, { 'template.json': template })) })
  t.equal((await call('GET', '/v1/dev/templates/pushed-along')).status, 200)
  t.match(await run('mine'), {
    status: 400,
    body: { code: 9, message: /app "hello-world@1\.0" is inactive: POST \/v1\/dev\/apps\/hello-world@1\.0\/activate/ },
  })
  t.match(await run('other'), {
    status: 400,
    body: { code: 9, message: /"nobody-has-it" of template "other" does not exist/ },
  })
  t.equal((await run('emulator-succeeds')).status, 200, 'built-in templates work as they did')
  await call('POST', '/v1/dev/apps/hello-world/activate')
  for (const id of ['mine', 'pushed-along']) {
    t.equal((await run(id)).status, 200, id)
    t.equal((await create(id)).templateInfo.app, 'hello-world@1.0', `${id}: the whole tag`)
  }
  await call('POST', '/v1/dev/apps', { data: base64(await block({ version: '2.0' })) })
  t.equal((await create('mine')).templateInfo.app, 'hello-world@1.0', 'the highest version that is active')
  await call('POST', '/v1/dev/apps/hello-world@2/activate')
  t.equal((await create('mine')).templateInfo.app, 'hello-world@2.0')
})
