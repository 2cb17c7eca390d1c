import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { accessToken } from './client.js'
import { freePort, start, stop } from './processes.js'
import { emulator } from './programs.js'
import { median, printAim, printTable, spread } from './table.js'

const run = promisify(execFile)
const dist = join(import.meta.dirname, '..', 'dist')

/** @typedef {{ first: number, further: number[], token: number, whole: number[], fetches: number[] }} Times */

/**
 * What a test pays: the first and each further emulator of a process, a token, a whole test, and a program under `exec`.
 *
 * @param {{ folder: string, rounds: number }} options
 */
export async function measureFixture({ folder, rounds }) {
  /** @type {Times[]} */
  const times = []
  /** @type {number[]} */
  const more = []
  /** @type {number[]} */
  const serverTokens = []
  // The first round fills the page cache and keeps compiled code; it does not count.
  for (let round = -1; round < rounds; round++) {
    const program = join(import.meta.dirname, 'fixture-program.js')
    const { stdout } = await run(process.execPath, [program, join(dist, 'index.js')])
    const alone = await timeOf('true', [])
    const led = await timeOf(process.execPath, [join(dist, 'cli.js'), 'exec', '--', 'true'])
    const token = await serverToken(join(folder, `token-${round}`))
    if (round < 0) continue
    serverTokens.push(token)
    times.push(/** @type {Times} */ (JSON.parse(stdout)))
    more.push(led - alone)
  }
  const cases = /** @type {const} */ ([
    ['first startEmulator(), with the import', times.map(({ first }) => first), 80],
    ['each further startEmulator()', times.map(({ further }) => median(further)), 8],
    ['first token of the second emulator', times.map(({ token }) => token), 10],
    ['first token of a server, a second after its start', serverTokens, 10],
    ['a whole test on a running fixture', times.map(({ whole }) => median(whole)), 1.5],
    ['exec -- true, more than true', more, 250],
  ])
  printTable(
    `What a test pays, ms (${rounds} rounds)`,
    ['', 'median (min-max)'],
    [
      ...cases.map(([name, own]) => [name, spread([...own], 1)]),
      [
        "of the whole test, fetch's own: to bare Fastify",
        spread(
          times.map(({ fetches }) => median(fetches)),
          1,
        ),
      ],
    ],
  )
  for (const [name, own, aim] of cases) {
    printAim(`${name} at most ${aim} ms`, `${median([...own]).toFixed(1)} ms`, median([...own]) <= aim)
  }
}

/**
 * The first token of a server that makes its key, whose connection is open.
 *
 * @param {string} data
 */
async function serverToken(data) {
  const running = await start(emulator(data, await freePort()))
  const health = `http://127.0.0.1:${running.port}/_emulator/health`
  await (await fetch(health)).text()
  await sleep(1000)
  await (await fetch(health)).text()
  const begin = performance.now()
  await accessToken(running.port)
  const time = performance.now() - begin
  await stop(running)
  return time
}

/**
 * @param {string} command
 * @param {string[]} args
 */
async function timeOf(command, args) {
  const begin = performance.now()
  await run(command, args)
  return performance.now() - begin
}
