// Creates a job, changes its name, reads it back, prints its id and state. Needs Node.js 20 or later and no package.
const url = process.env.BYTENITE_API_URL || 'http://127.0.0.1:2983'
const key = process.env.BYTENITE_API_KEY || 'test_default'
let token = ''

/** Sends one request and returns the parsed answer; throws unless the status is 200. */
async function call(method, path, body) {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error('none within 30 seconds')), 30_000)
  let status, text
  try {
    const response = await fetch(url + path, {
      method,
      headers: { Authorization: token, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
      signal: controller.signal,
    })
    status = response.status
    text = await response.text()
  } catch (error) {
    throw new Error(`no answer to ${method} ${url}${path}: ${error.cause?.message ?? error.message}`)
  } finally {
    clearTimeout(timer)
  }
  if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${text}`)
  return JSON.parse(text)
}

async function main() {
  token = (await call('POST', '/v1/auth/access_token', { apiKey: key })).token

  const request = { templateId: 'hello-world-template', name: 'first name' }
  const { job } = await call('POST', '/v1/customer/jobs', request)
  await call('POST', '/v1/customer/jobs', { ...request, jobId: job.id, name: 'second name' })

  const { job: read } = await call('GET', `/v1/customer/jobs/${job.id}`)
  if (read.name !== 'second name') throw new Error(`job ${job.id} is called ${read.name}, not second name`)
  console.log(read.id, read.state)
}

main().catch((error) => {
  console.error(`create.mjs: ${error.message}`)
  process.exitCode = 1
})
