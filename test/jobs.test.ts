import t from 'tap'
import { client, emulator } from './emulator.ts'

const template = 'hello-world-template'

void t.test('create answers with the job and its template', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { status, body } = await call('POST', '/v1/customer/jobs', { templateId: template, name: 'first' })
  t.equal(status, 200)
  t.match(body.job, { templateId: template, name: 'first', state: 'JOB_STATE_NEW' })
  t.match(body.job.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.equal(body.templateInfo.id, template)
  const read = await call('GET', `/v1/customer/jobs/${body.job.id}`)
  t.same(read.body, body)
})
