import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { accessToken, post } from './client.js'
import { createPath } from './job.js'
import { freePort, start, stop } from './processes.js'
import { emulator } from './programs.js'
import { runLoad } from './run-load.js'
import { median, printAim, printTable, spread } from './table.js'

/** Tasks of the job that is measured; with partitioner and assembler seven processes. */
const tasks = 5

const codes = {
  partitioner: `for (let i = 0; i < ${tasks}; i++) writeFileSync(join(env.CHUNKS_DIR, 'data_' + i + '.bin'), 'x')`,
  app: "writeFileSync(join(env.TASK_RESULTS_DIR, env.CHUNK_NUMBER), readFileSync(join(env.TASK_DIR, 'data.bin')))",
  assembler: "writeFileSync(join(env.OUTPUT_DIR, 'all'), readdirSync(env.TASK_RESULTS_DIR).join())",
  busy: 'for (const end = Date.now() + 60_000; Date.now() < end; );',
}
const prelude =
  "import { readdirSync, readFileSync, writeFileSync } from 'node:fs'; import { join } from 'node:path'; const env = process.env\n"

/** The same seven processes, as somebody would start them by hand. */
const script = `set -e
rm -rf chunks tasks results output; mkdir -p chunks results output
CHUNKS_DIR=chunks node partitioner/app/main.mjs
seq 0 ${tasks - 1} | xargs -P ${availableParallelism()} -I{} sh -c \
  'mkdir -p tasks/{} && cp chunks/data_{}.bin tasks/{}/data.bin && CHUNK_NUMBER={} TASK_DIR=tasks/{} TASK_RESULTS_DIR=results node app/app/main.mjs'
TASK_RESULTS_DIR=results OUTPUT_DIR=output node assembler/app/main.mjs`

/** @param {string} folder */
function writeBlocks(folder) {
  for (const [name, code] of Object.entries(codes)) {
    mkdirSync(join(folder, name, 'app'), { recursive: true })
    writeFileSync(join(folder, name, 'app', 'main.mjs'), prelude + code)
    const type = name === 'busy' ? 'app' : name
    writeFileSync(
      join(folder, name, 'manifest.json'),
      JSON.stringify({ name, version: '0.1', type, entrypoint: 'main.mjs' }),
    )
  }
  for (const [id, partitioner, app, assembler] of [
    ['chain', 'partitioner', 'app', 'assembler'],
    ['busy', 'passthrough', 'busy', 'passthrough'],
  ]) {
    writeFileSync(join(folder, `${id}.json`), JSON.stringify({ id, partitioner, app, assembler }))
  }
}

/**
 * A job whose blocks are really run, against the same processes started by a shell; and how long others wait meanwhile.
 *
 * @param {{ folder: string, rounds: number, seconds: number }} options
 */
export async function measureBlocks({ folder, rounds, seconds }) {
  const blocks = join(folder, 'blocks')
  writeBlocks(blocks)
  const port = await freePort()
  const program = emulator(join(folder, 'blocks-data'), port)
  const running = await start({ ...program, args: [...program.args, '--apps', blocks, '--run-apps', 'process'] })
  const authorization = await accessToken(port)
  const ask = async (/** @type {string} */ path) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } })).json()

  /** @returns {Promise<string>} */
  async function begin(/** @type {string} */ templateId) {
    const source = { dataSourceDescriptor: 'bypass' }
    const { job } = JSON.parse(
      await post(port, createPath, JSON.stringify({ templateId, dataSource: source }), { authorization }),
    )
    await post(port, `${createPath}/${job.id}/run`, '{}', { authorization })
    return job.id
  }
  async function runChain() {
    const before = performance.now()
    const id = await begin('chain')
    for (;;) {
      const { job } = await ask(`${createPath}/${id}`)
      if (job.state === 'JOB_STATE_COMPLETE') return performance.now() - before
      if (job.state === 'JOB_STATE_FAILED') throw new Error(job.errorMessage)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  async function runScript() {
    const before = performance.now()
    const [code] = await once(spawn('sh', ['-c', script], { cwd: blocks, stdio: 'inherit' }), 'exit')
    if (code !== 0) throw new Error(`the script ended with ${code}`)
    return performance.now() - before
  }

  /** @type {number[][]} */
  const times = [[], []]
  await runScript()
  await runChain()
  for (let round = 0; round < rounds; round++) {
    times[0].push(await runScript())
    times[1].push(await runChain())
  }
  const ratios = times[1].map((time, round) => time / times[0][round])
  printTable(
    `A partitioner, ${tasks} tasks and an assembler (${rounds} rounds)`,
    ['', 'ms', 'of the script'],
    [
      ['a shell script', spread(times[0], 0), ''],
      ['the emulator', spread(times[1], 0), spread(ratios, 2)],
    ],
  )
  printAim('at most 1.5 times the script', `${median(ratios).toFixed(2)} times`, median(ratios) <= 1.5)

  const request = `GET ${createPath}?pagination.limit=10 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\n\r\n`
  const load = () => runLoad({ port, request, connections: 1, seconds })
  await load()
  const alone = await load()
  await Promise.all([begin('busy'), begin('busy')])
  await new Promise((resolve) => setTimeout(resolve, 500))
  const beside = await load()
  printTable(
    `A list page, one client (${seconds} s)`,
    ['', 'p50 ms', 'p99 ms'],
    [
      ['nothing else runs', alone.p50.toFixed(2), alone.p99.toFixed(2)],
      ['two blocks use the processor', beside.p50.toFixed(2), beside.p99.toFixed(2)],
    ],
  )
  await stop(running)
}
