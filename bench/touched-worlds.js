import { join } from 'node:path'
import { accessToken, post } from './client.js'
import { createPath, job } from './job.js'
import { noteMemory, touchedWorlds } from './memory.js'
import { freePort, start, stop } from './processes.js'
import { emulator } from './programs.js'

/** Worlds that are touched, as by the tests of a large suite. */
const worlds = 1200

/** How many clients do it at once. */
const clients = 8

/**
 * Notes the memory of an emulator once each of 1,200 worlds had a token, and a job that was created, run, read and listed.
 *
 * @param {{ folder: string, memory: import('./memory.js').Memory, against?: string, rounds: number }} options
 */
export async function measureTouchedWorlds({ folder, memory, against, rounds }) {
  for (let round = 0; round < rounds; round++) {
    await touch(touchedWorlds, join(folder, `touched-${round}`))
    if (against !== undefined)
      await touch(`the other build: ${touchedWorlds}`, join(folder, `others-${round}`), against)
  }

  /**
   * @param {string} name
   * @param {string} data
   * @param {string} [checkout]
   */
  async function touch(name, data, checkout) {
    const running = await start(emulator(data, await freePort(), checkout))
    let next = 0
    const client = async () => {
      while (next < worlds) await testIn(running.port, `w${next++}`)
    }
    await Promise.all(Array.from({ length: clients }, client))
    noteMemory(memory, name, running)
    await stop(running)
  }
}

/**
 * @param {number} port
 * @param {string} world
 */
async function testIn(port, world) {
  const headers = { authorization: await accessToken(port, world) }
  const created = /** @type {{ job: { id: string } }} */ (JSON.parse(await post(port, createPath, job, headers)))
  const path = `${createPath}/${created.job.id}`
  await post(port, `${path}/run`, '{}', headers)
  for (const read of [path, createPath]) {
    const answer = await fetch(`http://127.0.0.1:${port}${read}`, { headers })
    await answer.text()
    if (answer.status !== 200) throw new Error(`GET ${read}: ${answer.status}`)
  }
}
