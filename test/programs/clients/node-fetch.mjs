// Node.js with its own fetch.
import { setTimeout } from 'node:timers/promises'

const API = 'https://api.bytenite.com/v1'
const API_KEY = 'c2VydmljZS1rZXk6bm90LWEtdGVzdC1rZXk='

async function call(method, path, body, token) {
  const response = await fetch(`${API}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

const { token } = await call('POST', '/auth/access_token', { apiKey: API_KEY })
const { job } = await call(
  'POST',
  '/customer/jobs',
  {
    templateId: 'hello-world-template',
    name: 'Node.js, fetch',
    dataSource: {
      dataSourceDescriptor: 'file',
      params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' },
    },
    dataDestination: { dataSourceDescriptor: 'bucket' },
  },
  token,
)
const upload = await fetch(job.dataSource.params.tempUrl, {
  method: 'PUT',
  headers: { 'Content-Disposition': 'attachment; filename="hello.txt"' },
  body: 'hello, world',
})
if (!upload.ok) throw new Error(`upload: ${upload.status}`)
await call('PATCH', `/customer/jobs/${job.id}/uploadcompleted`, undefined, token)
await call('POST', `/customer/jobs/${job.id}/run`, {}, token)

let state
while (state !== 'JOB_STATE_COMPLETE') {
  if (state !== undefined) await setTimeout(2000)
  state = (await call('GET', `/customer/jobs/${job.id}`, undefined, token)).job.state
  if (state === 'JOB_STATE_FAILED') throw new Error('the job failed')
}
const { results } = await call('GET', `/customer/jobs/${job.id}/results`, undefined, token)
for (const { name, link } of results) console.log(`${name}: ${await (await fetch(link)).text()}`)
