// Node.js with axios; the host over plain HTTP, as programs of 2023 had it, except where a link says otherwise.
import { setTimeout } from 'node:timers/promises'
import axios from 'axios'

const api = axios.create({ baseURL: `${process.argv[2] ?? 'http'}://api.bytenite.com/v1` })

const { token } = (await api.post('/auth/access_token', { apiKey: 'c2VydmljZS1rZXk6bm90LWEtdGVzdC1rZXk=' })).data
api.defaults.headers.common.Authorization = token

const { job } = (
  await api.post('/customer/jobs', {
    templateId: 'hello-world-template',
    name: 'Node.js, axios',
    dataSource: {
      dataSourceDescriptor: 'file',
      params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' },
    },
    dataDestination: { dataSourceDescriptor: 'bucket' },
  })
).data
await axios.put(job.dataSource.params.tempUrl, 'hello, world', {
  headers: { 'Content-Disposition': 'attachment; filename="hello.txt"' },
})
await api.patch(`/customer/jobs/${job.id}/uploadcompleted`)
await api.post(`/customer/jobs/${job.id}/run`)

let state
while (state !== 'JOB_STATE_COMPLETE') {
  if (state !== undefined) await setTimeout(2000)
  state = (await api.get(`/customer/jobs/${job.id}`)).data.job.state
  if (state === 'JOB_STATE_FAILED') throw new Error('the job failed')
}
const { results } = (await api.get(`/customer/jobs/${job.id}/results`)).data
for (const { name, link } of results) console.log(`${name}: ${(await axios.get(link, { responseType: 'text' })).data}`)
