// node --test, with `npm install --save-dev testcontainers bytenite-emulator` and an engine that has the image.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startContainer } from 'bytenite-emulator/testcontainers'
import * as testcontainers from 'testcontainers'

const emulator = await startContainer(testcontainers, { environment: { BYTENITE_EMULATOR_PACE: 'polls:3' } })
after(() => emulator.stop())

test('creates a job', async () => {
  const world = emulator.world('creates')
  const response = await fetch(`${emulator.url}/v1/customer/jobs`, {
    method: 'POST',
    headers: { Authorization: world.apiKey },
    body: JSON.stringify({ templateId: 'hello-world-template' }),
  })
  assert.equal(response.status, 200)
  assert.equal((await world.requests({ operation: 'POST /v1/customer/jobs' })).length, 1)
})
