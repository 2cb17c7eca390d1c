// node --test
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startEmulator } from 'bytenite-emulator'
import { createClient } from '../client.mjs'

const emulator = await startEmulator()
after(() => emulator.close())

/** A world and a client of one test. When the client would wait, the clock of its world moves. */
function setUp(t) {
  const world = emulator.world(t.name.replace(/\W+/g, '-'))
  return { world, client: createClient(emulator.url, world.apiKey, (ms) => world.clock.advance(ms)) }
}

test('renders a picture', async (t) => {
  const { client } = setUp(t)
  assert.deepEqual(await client.render('a lighthouse'), ['results_archive.zip'])
})

test('says why a job failed', async (t) => {
  const { world, client } = setUp(t)
  await world.scenario({ failIn: 'JOB_STATE_MERGING', errorMessage: 'zip: no space left' })
  await assert.rejects(client.render('a lighthouse'), /zip: no space left/)
})

test('tries again while the service is down, and creates one job', async (t) => {
  const { world, client } = setUp(t)
  await world.fault({ operation: 'GET /v1/customer/jobs/{jobId}', status: 503, retryAfter: 30, times: 2 })
  await client.render('a lighthouse')
  assert.equal((await world.requests({ operation: 'POST /v1/customer/jobs' })).length, 1)
  assert.deepEqual(
    (await world.faults()).map(({ used }) => used),
    [2],
  )
})
