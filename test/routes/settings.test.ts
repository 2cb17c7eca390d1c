// Settings of the service shape its answers and its documents, and nothing of the control API.
import { Ajv } from 'ajv'
import t from 'tap'
import { connect } from '../../src/index.ts'
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
      const validate = ajv.compile(schema)
      t.ok(validate(body), `${path}: ${ajv.errorsText(validate.errors)}`)
    }
  })
}
