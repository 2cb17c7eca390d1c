// The code under test in the recipes for JavaScript: submits a job and waits for its end. It lets its way of waiting be passed in,
// so that a test can move the world's clock instead of waiting.
const pollEvery = 1000

/**
 * @param {string} url
 * @param {string} apiKey
 * @param {(milliseconds: number) => Promise<unknown>} sleep
 */
export function createClient(url, apiKey, sleep) {
  async function call(method, path, body) {
    const headers = { Authorization: apiKey, 'Content-Type': 'application/json' }
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) })
    if (response.status === 503) {
      await sleep(Number(response.headers.get('Retry-After') ?? 1) * 1000)
      return call(method, path, body)
    }
    const answer = await response.json()
    if (!response.ok) throw new Error(answer.message)
    return answer
  }

  return {
    /** @returns {Promise<string[]>} names of the results */
    async render(prompt) {
      const templateId = 'img-gen-diffusers-flux-gpu-template'
      const { job } = await call('POST', '/v1/customer/jobs', {
        templateId,
        name: 'picture',
        params: { app: { prompt } },
      })
      const path = `/v1/customer/jobs/${job.id}`
      await call('POST', `${path}/run`)
      for (;;) {
        const { state, errorMessage } = (await call('GET', path)).job
        if (state === 'JOB_STATE_FAILED') throw new Error(errorMessage)
        if (state === 'JOB_STATE_COMPLETE') break
        await sleep(pollEvery)
      }
      const { results } = await call('GET', `${path}/results`)
      return results.map(({ name }) => name)
    },
  }
}
