// NODE_OPTIONS=--experimental-vm-modules jest, since this test is an ES module. One in CommonJS needs no flag:
// const { startEmulator } = require('bytenite-emulator')
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startEmulator } from 'bytenite-emulator'
import { createClient } from '../client.mjs'

let emulator
beforeAll(async () => {
  emulator = await startEmulator()
})
afterAll(() => emulator.close())

/** A world and a client of one test. When the client would wait, the clock of its world moves. */
function setUp() {
  const world = emulator.world(expect.getState().currentTestName.replace(/\W+/g, '-'))
  return { world, client: createClient(emulator.url, world.apiKey, (ms) => world.clock.advance(ms)) }
}

test('renders a picture', async () => {
  const { client } = setUp()
  expect(await client.render('a lighthouse')).toEqual(['results_archive.zip'])
})

test('says why a job failed', async () => {
  const { world, client } = setUp()
  await world.scenario({ failIn: 'JOB_STATE_MERGING', errorMessage: 'zip: no space left' })
  await expect(client.render('a lighthouse')).rejects.toThrow('zip: no space left')
})

test('tries again while the service is down, and creates one job', async () => {
  const { world, client } = setUp()
  await world.fault({ operation: 'GET /v1/customer/jobs/{jobId}', status: 503, retryAfter: 30, times: 2 })
  await client.render('a lighthouse')
  expect(await world.requests({ operation: 'POST /v1/customer/jobs' })).toHaveLength(1)
  expect(await world.faults()).toMatchObject([{ used: 2 }])
})
