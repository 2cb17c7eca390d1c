// Settings of the service shape its answers and its documents, and nothing of the control API.
import { Ajv } from 'ajv'
import t from 'tap'
import { connect } from '../../src/index.ts'
import { settingsInForce } from '../../src/settings/in-force.ts'
import { readSettings, settingNames } from '../../src/settings/settings.ts'
import { client, emulator } from '../emulator.ts'

const jobs = '/v1/customer/jobs'

for (const setting of [{ unset: 'omit' }, { era: '2023' }, { strict: true }, { keys: 'open' }] as const) {
  void t.test(`the control API under ${JSON.stringify(setting)}`, async (t) => {
    const started = await emulator(t, setting)
    for (const of of [started, connect(started.url)]) {
      const world = of.world('w')
      t.match(await world.reset(), { removed: { jobs: 0, templates: 0 }, seeded: { jobs: 0 } })
      t.strictSame([await world.faults(), await world.scenarios(), await world.requests()], [[], [], []])
      t.match(await world.fault({ operation: '*', status: 500 }), { used: 0 })
      t.match(await world.verify({ status: 418, count: 0 }), { ok: true, count: 0, nearest: [] })
      t.match(await world.clock.advance('1s'), { frozen: false, transitions: [] })
      t.ok((await of.worlds()).length > 0)
    }
  })

  void t.test(`the OpenAPI document under ${JSON.stringify(setting)}`, async (t) => {
    const { url } = await emulator(t, { ...setting, pace: '0s' })
    const answers = 'unset' in setting ? 'omit' : 'era' in setting ? '2023' : 'emit'
    const call = client(
      url,
      (await client(url, null, answers)('POST', '/v1/auth/access_token', { apiKey: 'test_w' })).body.token,
      answers,
    )
    const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
    await call('POST', `${jobs}/${id}/run`, {})
    const document = (await call('GET', '/v1/customer/docs/swagger.json')).body
    const ajv = new Ajv({ strict: false, validateFormats: false })
    for (const [path, actual] of [
      ['/jobs/{jobId}', `${jobs}/${id}`],
      ['/jobs', jobs],
      ['/jobs/templates', `${jobs}/templates`],
      ['/jobs/{jobId}/results', `${jobs}/${id}/results`],
    ] as const) {
      const schema = document.paths[path].get.responses[200].content['application/json'].schema
      const { status, body } = await call('GET', actual)
      t.equal(status, 200, path)
      const validate = ajv.compile({ ...schema, components: document.components })
      t.ok(validate(body), `${path}: ${ajv.errorsText(validate.errors)}`)
    }
  })
}

void t.test('settings in force say their value and where it comes from, and no keys', async (t) => {
  const started = await emulator(t, { pace: '5s', apiKeys: { 'secret-key': 'w' } })
  for (const of of [started, connect(started.url)]) {
    const byName = new Map((await of.settings()).map((setting) => [setting.name, setting]))
    t.match(byName.get('pace'), { value: '5s', origin: 'option', flag: '--pace', variable: 'BYTENITE_EMULATOR_PACE' })
    t.match(byName.get('apiKey'), { value: '***=w', origin: 'option' })
    t.match(byName.get('strict'), { value: 'false', origin: 'default' })
    t.match(byName.get('data'), { value: null, origin: 'default' })
    t.notMatch(JSON.stringify([...byName.values()]), /secret-key/)
  }
  const all = readSettings({ pace: '4s' }, {})
  const environment = { BYTENITE_EMULATOR_ERA: '2023', BYTENITE_EMULATOR_PORT: 'tcp://10.0.0.1:2983' }
  const given = settingsInForce(all, { pace: '4s' }, environment)
  t.strictSame(
    given.filter(({ origin }) => origin !== 'default').map(({ name, origin }) => [name, origin]),
    [
      ['pace', 'command line'],
      ['era', 'environment'],
    ],
  )
  t.equal(given.length, settingNames.length)
})

void t.test('templates say what they need and make', async (t) => {
  const started = await emulator(t, {
    seed: { templates: [{ id: 'seeded', results: [{ name: 'a.txt', text: 'a' }] }] },
  })
  const { url } = started
  await client(url, 'test_w')('POST', '/v1/dev/templates', { id: 'mine', app: 'llama4-app' })
  const of = async (world: string) =>
    new Map((await started.world(world).templates()).map((template) => [template.id, template]))
  const templates = await of('w')
  t.match(templates.get('mine'), { from: 'world', makes: ['llama4_output_0.txt'] })
  t.match(templates.get('seeded'), { from: 'seed', needs: ['dataSource'], makes: ['a.txt'] })
  t.match(templates.get('hello-world-template'), {
    from: 'vendor',
    app: 'hello-world',
    needs: ['dataSource'],
    makes: ['hello_world_processed.txt'],
  })
  t.match(templates.get('img-gen-diffusers'), { needs: [], params: { partitioner: { num_replicas: 5 } } })
  t.match(templates.get('emulator-large-results'), { from: 'emulator', needs: [], makes: ['large.bin'] })
  t.match(templates.get('emulator-no-results'), { makes: [] })

  const elsewhere = await of('never-opened')
  t.strictSame([elsewhere.has('mine'), elsewhere.has('seeded')], [false, true])
  t.notOk((await started.worlds()).includes('never-opened'))
  t.match(await client(url, null)('GET', '/_emulator/templates?world=a/b'), { status: 400 })
})
