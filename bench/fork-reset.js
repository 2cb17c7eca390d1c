// Forks and resets a world of a hundred jobs, half of them run, and prints what each took of the server's time, as JSON in
// milliseconds. Arguments: directory of the data, number of rounds.
import { createCore } from '../src/core.ts'

const [data, rounds] = process.argv.slice(2)
const core = createCore({ data })
const world = await core.worlds.open('original')
const caller = /** @type {const} */ ({ world, persona: 'owner', account: 'owner', token: null })
for (let count = 0; count < 100; count++) {
  const { id } = await core.jobs.create(caller, { templateId: 'emulator-succeeds', name: `job ${count}` })
  if (count % 2 === 0) await core.jobs.run(caller, id, {})
}

/** @param {() => Promise<unknown>} act */
async function time(act) {
  const begin = performance.now()
  await act()
  return performance.now() - begin
}

const [fork, replace, reset] = [[], [], []].map(() => /** @type {number[]} */ ([]))
for (let round = 0; round < Number(rounds); round++) {
  const name = `copy-${round}`
  fork.push(await time(() => core.worlds.fork('original', name, false)))
  replace.push(await time(() => core.worlds.fork('original', name, true)))
  reset.push(await time(() => core.worlds.reset(name)))
}
core.close()
console.log(JSON.stringify({ fork, replace, reset }))
