// `npm run bench [-- --rounds 5 --seconds 2 --only start,fixture,create,polls,reads,worlds,blocks,memory,install --against CHECKOUT]`: what the emulator costs beside a bare Fastify that does as much as it can of the
// same. Everything compared runs in one go, alternating, since only ratios within one run mean anything on a busy machine.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureBlocks } from './blocks.js'
import { measureCreate } from './create.js'
import { measureFixture } from './fixture.js'
import { measureInstall } from './install.js'
import { measureMemory, printMemory } from './memory.js'
import { findPrism, howToAddPrism } from './prism.js'
import { stopAll } from './processes.js'
import { bundleBare } from './programs.js'
import { measurePolls } from './polls.js'
import { measureReads } from './reads.js'
import { measureStart } from './start-up.js'
import { measureTouchedWorlds } from './touched-worlds.js'
import { measureWorlds } from './worlds.js'

/** Seconds after which something hangs for certain. */
const patience = 1200

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: 'start,fixture,create,polls,reads,worlds,blocks,memory,install' },
    against: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) {
  console.error('bench: --rounds takes a whole number from 1, --seconds a number above 0')
  process.exit(2)
}
const only = values.only.split(',')

const folder = mkdtempSync(join(tmpdir(), 'bytenite-emulator-bench-'))
const deadline = setTimeout(
  () => fail(new Error(`not done after ${patience} s`)),
  patience * 1000 * Math.max(1, (rounds * seconds) / 10),
)

/** @param {unknown} error */
function fail(error) {
  console.error(`bench: ${error instanceof Error ? error.stack : error}`)
  stopAll()
  rmSync(folder, { recursive: true, force: true })
  process.exit(1)
}
process.once('SIGINT', () => fail('stopped'))
process.once('SIGTERM', () => fail('stopped'))

try {
  const started = performance.now()
  console.log(`Node.js ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}`)
  const bare = await bundleBare(folder)
  const prism = findPrism()
  const memory = measureMemory()
  if (only.includes('start')) await measureStart({ folder, bare, against: values.against, memory, rounds: rounds + 2 })
  if (only.includes('fixture')) await measureFixture({ folder, against: values.against, rounds })
  if (only.includes('create'))
    await measureCreate({ folder, bare, prism, against: values.against, memory, rounds, seconds })
  if (only.includes('polls')) await measurePolls({ folder, bare, against: values.against, rounds, seconds })
  if (only.includes('reads')) await measureReads({ folder, rounds, seconds })
  if (only.includes('worlds')) await measureWorlds({ folder, rounds, seconds })
  if (only.includes('blocks')) await measureBlocks({ folder, rounds, seconds })
  if (only.includes('memory')) await measureTouchedWorlds({ folder, memory, against: values.against, rounds })
  if (only.includes('install')) await measureInstall({ folder, rounds })
  printMemory(memory)
  if (prism === undefined) console.log(`\n${howToAddPrism}`)
  console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all`)
} catch (error) {
  fail(error)
} finally {
  clearTimeout(deadline)
  stopAll()
  rmSync(folder, { recursive: true, force: true })
}
