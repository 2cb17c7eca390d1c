// A process that uses the fixture as tests do. Argument: the module with `startEmulator`. Prints JSON, all in milliseconds:
// { first, further, token, whole } with the import in `first`, and a whole test of five requests in `whole`.
import { pathToFileURL } from 'node:url'

/** How often what is quick is done. */
const repetitions = 30

const began = performance.now()
const { startEmulator } = await import(pathToFileURL(process.argv[2]).href)
const emulator = await startEmulator()
const first = performance.now() - began

/** @param {(round: number) => Promise<unknown>} act */
async function timesOf(act) {
  const times = []
  for (let round = 0; round < repetitions; round++) {
    const begin = performance.now()
    await act(round)
    times.push(performance.now() - begin)
  }
  return times
}

/** @type {{ close(): Promise<void>, url: string }[]} */
const others = []
const further = await timesOf(async () => others.push(await startEmulator()))
const body = JSON.stringify({ apiKey: 'test_default' })
/** @param {string} url */
const tokenOf = async (url) => (await fetch(`${url}/v1/auth/access_token`, { method: 'POST', body })).text()
// The key that signs is made for the first one.
await tokenOf(emulator.url)
const begin = performance.now()
await tokenOf(others[0].url)
const token = performance.now() - begin
for (const other of others) await other.close()

const whole = await timesOf(async (round) => {
  const world = emulator.world(`test-${round}`)
  const headers = { authorization: world.apiKey }
  const jobs = `${emulator.url}/v1/customer/jobs`
  const create = { method: 'POST', headers, body: JSON.stringify({ templateId: 'emulator-succeeds' }) }
  const { job } = /** @type {any} */ (await (await fetch(jobs, create)).json())
  await (await fetch(`${jobs}/${job.id}/run`, { method: 'POST', headers })).text()
  await world.clock.advance('10m')
  const read = await (await fetch(`${jobs}/${job.id}`, { headers })).json()
  if (/** @type {any} */ (read).job.state !== 'JOB_STATE_COMPLETE') throw new Error('the job did not end')
  await world.inspect()
})
await emulator.close()

console.log(JSON.stringify({ first, further, token, whole }))
