// The whole life of a job: uploads a file, runs the job, waits for its end, downloads the results. Prints what came out, then the
// job's id and state; where the job failed, its logs. `--legacy` takes the paths of 2023. Needs Node.js 20 or later.
const url = process.env.BYTENITE_API_URL || 'http://127.0.0.1:2983'
const key = process.env.BYTENITE_API_KEY || 'test_default'
const templateId = process.env.TEMPLATE_ID || 'hello-world-template'
const legacy = process.argv.includes('--legacy')
const pollEvery = 1000
let token = ''

/** Sends one request and returns the answer; throws unless the status is 200. */
async function send(method, target, init) {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error('none within 30 seconds')), 30_000)
  try {
    const response = await fetch(target, { method, signal: controller.signal, ...init })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${method} ${target} answered ${response.status}: ${text}`)
    return text
  } catch (error) {
    if (error.message.includes(' answered ')) throw error
    throw new Error(`no answer to ${method} ${target}: ${error.cause?.message ?? error.message}`)
  } finally {
    clearTimeout(timer)
  }
}

const call = async (method, path, body) =>
  JSON.parse(await send(method, url + path, { headers: { Authorization: token }, body: body && JSON.stringify(body) }))

async function main() {
  token = (await call('POST', '/v1/auth/access_token', { apiKey: key })).token

  const { job } = await call('POST', '/v1/customer/jobs', {
    templateId,
    name: 'the whole flow',
    dataSource: {
      dataSourceDescriptor: 'file',
      params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' },
    },
    dataDestination: { dataSourceDescriptor: 'bucket' },
  })
  const path = `/v1/customer/jobs/${job.id}`

  // The link itself is the permission, so no token goes with it.
  await send('PUT', job.dataSource.params.tempUrl, {
    headers: { 'Content-Disposition': 'attachment; filename="hello.txt"' },
    body: 'hello, world',
  })
  if (legacy) await call('POST', `/v1/customer/jobs/uploadcompleted/${job.id}`, {})
  else await call('PATCH', `${path}/uploadcompleted`)

  const params = { app: { case: 'upper' } }
  if (legacy) await call('POST', `/v1/customer/jobs/params/${job.id}`, params)
  else await call('PATCH', `${path}/params`, params)
  await call('POST', legacy ? `/v1/customer/jobs/run/${job.id}` : `${path}/run`)

  let read = (await call('GET', path)).job
  while (read.state !== 'JOB_STATE_COMPLETE' && read.state !== 'JOB_STATE_FAILED') {
    await new Promise((resolve) => setTimeout(resolve, pollEvery))
    read = (await call('GET', path)).job
  }

  if (read.state === 'JOB_STATE_FAILED') {
    const { taskrunner } = await call('POST', '/v1/customer/logs', { jobId: job.id })
    for (const { logs } of Object.values(taskrunner)) for (const { level, log } of logs) console.log(level, log)
    console.log(read.id, read.state)
    throw new Error(`job ${job.id} failed: ${read.errorMessage}`)
  }
  for (const { name, link } of (await call('GET', `${path}/results`)).results) {
    console.log(`${name}: ${await send('GET', link)}`)
  }
  console.log(read.id, read.state)
}

main().catch((error) => {
  console.error(`flow.mjs: ${error.message}`)
  process.exitCode = 1
})
