// `--run-apps process,pushed`: blocks that came over HTTP are run, if somebody with a private key pushed them.
import { packTar } from 'modern-tar'
import t, { type Test } from 'tap'
import { client, emulator, type Call } from '../emulator.ts'
import { blockFolder, ended, finished, begun, jobs, resultsOf } from './blocks.ts'

const privateKey = 'a-key-of-ours'

async function tarOf(name: string, code: string, type = '', more: object = {}): Promise<string> {
  const manifest = JSON.stringify({ name, version: '0.1', type, platform: 'docker', entrypoint: 'main.mjs', ...more })
  const files = { 'manifest.json': manifest, 'app/main.mjs': code }
  const tar = await packTar(
    Object.entries(files).map(([path, body]) => ({ header: { name: path, size: Buffer.byteLength(body) }, body })),
  )
  return Buffer.from(tar).toString('base64')
}

const writes = (text: string) =>
  `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.TASK_RESULTS_DIR + '/out.txt', ${JSON.stringify(text)})`

const started = (t: Test, apps: readonly string[] = []) =>
  emulator(t, { apps: [...apps], runApps: 'process,pushed', apiKeys: { [privateKey]: 'w', test_default: 'w' } })

async function activeApp(call: Call, code: string): Promise<void> {
  t.equal((await call('POST', '/v1/dev/apps', { data: await tarOf('pushed', code) })).status, 200)
  t.equal((await call('POST', '/v1/dev/apps/pushed@0.1/activate')).status, 200)
}

const template = (call: Call) =>
  call('POST', '/v1/dev/templates', { id: 'work', app: 'pushed', partitioner: 'passthrough', assembler: 'passthrough' })

void t.test('what a private key pushed and activated is run; the pushed one of two with a tag', async (t) => {
  const folder = blockFolder(t, { app: "throw new Error('the local one')" }, { name: 'pushed' })
  const { url } = await started(t, [folder])
  const call = client(url, privateKey)
  await template(call)
  await activeApp(call, writes('first'))
  const first = await finished(call)
  t.equal(first.state, 'JOB_STATE_COMPLETE', first.errorMessage)
  t.strictSame(await resultsOf(call, first.id), { 'out.txt': 'first' })
  await activeApp(call, writes('second'))
  t.strictSame(await resultsOf(call, (await finished(call)).id), { 'out.txt': 'second' })
})

void t.test('engines that were pushed are run, too', async (t) => {
  const { url } = await started(t)
  const call = client(url, privateKey)
  await activeApp(call, writes('x'))
  const assembler = "import { writeFileSync } from 'node:fs'; writeFileSync(process.env.OUTPUT_DIR + '/all.txt', 'all')"
  const engineData = await tarOf('join', assembler, 'assembler')
  t.equal((await call('POST', '/v1/dev/engines', { engineData })).status, 200)
  t.equal((await call('POST', '/v1/dev/engines/join@0.1/activate')).status, 200)
  await call('POST', '/v1/dev/templates', { id: 'work', app: 'pushed', partitioner: 'passthrough', assembler: 'join' })
  t.strictSame(await resultsOf(call, (await finished(call)).id), { 'all.txt': 'all' })
})

void t.test('public keys, tokens of them, and keys that look like them may neither push nor activate', async (t) => {
  const { url } = await started(t)
  const own = client(url, privateKey)
  await activeApp(own, writes('x'))
  const { body } = await client(url, null)('POST', '/v1/auth/access_token', { apiKey: 'test_w' })
  for (const key of ['test_w', 'test_default', 'test_w:owner', body.token]) {
    const call = client(url, key)
    for (const [method, path, sent] of [
      ['POST', '/v1/dev/apps', { data: await tarOf('other', writes('y')) }],
      ['POST', '/v1/dev/engines', { engineData: await tarOf('other', writes('y'), 'assembler') }],
      ['POST', '/v1/dev/apps/pushed@0.1/activate', undefined],
      ['POST', '/v1/dev/apps/pushed@0.1/deactivate', undefined],
    ] as const) {
      const answer = await call(method, path, sent)
      t.match(answer, { status: 403, body: { code: 7, message: /only keys of --api-key may/ } }, `${key}: ${path}`)
    }
    t.equal((await call('GET', '/v1/dev/apps')).status, 200, 'reading is for everybody')
  }
  const token = (await client(url, null)('POST', '/v1/auth/access_token', { apiKey: privateKey })).body.token
  t.equal(
    (await client(url, token)('POST', '/v1/dev/apps/pushed/activate')).status,
    200,
    'a token of the private key may',
  )
})

void t.test('what was pushed by others before, or imported, is never run', async (t) => {
  const data = t.testdir()
  const first = await emulator(t, { data })
  const anybody = client(first.url, 'test_w')
  await activeApp(anybody, writes('foreign'))
  await template(anybody)
  await first.close()
  const second = await emulator(t, { data, runApps: 'process,pushed', apiKeys: { [privateKey]: 'w' } })
  const call = client(second.url, privateKey)
  const request = { templateId: 'work', dataSource: { dataSourceDescriptor: 'bypass' } }
  const run = async (caller: Call) => {
    const { body } = await caller('POST', jobs, request)
    return caller('POST', `${jobs}/${body.job.id}/run`)
  }
  t.match(await run(call), { status: 400, body: { code: 9, message: /no active block that was pushed with a key of/ } })
  await activeApp(call, writes('own'))
  t.strictSame(await resultsOf(call, (await finished(call)).id), { 'out.txt': 'own' })

  await second.world('copy').import(await second.world('w').export())
  t.match(await run(client(second.url, 'test_copy')), { status: 400, body: { message: /no active block/ } })
})

void t.test('with process alone, nothing that was pushed is run', async (t) => {
  const { url } = await emulator(t, { runApps: 'process', apiKeys: { [privateKey]: 'w' } })
  const call = client(url, privateKey)
  await activeApp(call, writes('x'))
  await template(call)
  const { body } = await call('POST', jobs, { templateId: 'work', dataSource: { dataSourceDescriptor: 'bypass' } })
  t.match(await call('POST', `${jobs}/${body.job.id}/run`), {
    status: 400,
    body: { message: /in no folder of --apps/ },
  })
})

void t.test('a block that is pushed again while it runs runs on as it was', async (t) => {
  const { url, world } = await started(t)
  const call = client(url, privateKey)
  await template(call)
  const waits = `import { existsSync } from 'node:fs'; import { setTimeout } from 'node:timers/promises'
while (!existsSync(process.env.USER_CACHE_DIR + '/go')) { console.log('waiting'); await setTimeout(20) }\n`
  await activeApp(call, waits + writes('old'))
  const id = await begun(call)
  while (!JSON.stringify((await call('POST', '/v1/customer/logs', { jobId: id })).body).includes('waiting'));
  await activeApp(
    call,
    `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.USER_CACHE_DIR + '/go', '')\n`,
  )
  t.equal((await finished(call)).state, 'JOB_STATE_COMPLETE')
  t.equal((await ended(call, id)).state, 'JOB_STATE_COMPLETE')
  t.strictSame(await resultsOf(call, id), { 'out.txt': 'old' })
  await world('w').reset()
})
