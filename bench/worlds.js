import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accessToken } from './client.js'
import { createPath, createRequest } from './job.js'
import { freePort, processorTime, start, stop } from './processes.js'
import { runLoad } from './run-load.js'
import { median, printAim, printTable, spread } from './table.js'
import { bundleVariant } from './variants.js'

/** How often a world is forked and reset; each takes a few milliseconds. */
const repetitions = 50

/** Seconds of a turn where a few per cent are looked for: what disturbs the machine for longer then disturbs both alike. */
const shortTurn = 0.5

/**
 * The cost of worlds: their journal and their faults while nobody uses them, and a fork and a reset.
 *
 * @param {{ folder: string, rounds: number, seconds: number }} options
 */
export async function measureWorlds({ folder, rounds, seconds }) {
  await measureUnused({ folder, rounds, seconds })
  const program = await bundleVariant(join(folder, 'fork-reset'), 'fork-reset.js')
  const { stdout } = await promisify(execFile)(process.execPath, [program, join(folder, 'forked'), String(repetitions)])
  const times = /** @type {Record<string, number[]>} */ (JSON.parse(stdout))
  printTable(
    `A world with 100 jobs, ms of the server (${repetitions} times)`,
    ['', 'median (min-max)'],
    Object.entries(times).map(([act, own]) => [act, spread(own, 2)]),
  )
  const slowest = Math.max(...Object.values(times).map(median))
  printAim('fork and reset under 5 ms', `${slowest.toFixed(2)} ms`, slowest < 5)
}

/**
 * Creates at 64 connections, on the emulator as it is and on one that was built without its journal and its faults.
 *
 * @param {{ folder: string, rounds: number, seconds: number }} options
 */
async function measureUnused({ folder, rounds, seconds }) {
  const contenders = []
  for (const [name, without] of /** @type {const} */ ([
    ['without journal and faults', true],
    ['with both, unused', false],
  ])) {
    const own = join(folder, without ? 'without' : 'with')
    const program = await bundleVariant(own, 'variant-server.js', { without })
    const port = await freePort()
    const args = [program, String(port), join(own, 'data')]
    const running = await start({ command: process.execPath, args, path: '/_emulator/health', port })
    contenders.push({ name, running, request: createRequest(port, await accessToken(port)) })
  }

  /** @type {number[][]} */
  const rates = [[], []]
  /** @type {number[][]} microseconds of the processor for each create, which a busy machine disturbs least */
  const costs = [[], []]
  const turns = Math.ceil((rounds * seconds) / shortTurn)
  for (const { running, request } of contenders) {
    // For the just-in-time compiler.
    await runLoad({ port: running.port, request, connections: 64, seconds })
  }
  for (let turn = 0; turn < turns; turn++) {
    const order = [...contenders.entries()]
    if (turn % 2 === 1) order.reverse()
    for (const [index, { running, request }] of order) {
      const before = processorTime(running)
      const load = await runLoad({ port: running.port, request, connections: 64, seconds: shortTurn })
      const after = processorTime(running)
      rates[index].push(load.perSecond)
      if (before !== undefined && after !== undefined) costs[index].push((after - before) / load.requests)
    }
  }
  for (const { running } of contenders) await stop(running)

  printTable(
    `POST ${createPath} at 64 connections (${turns} turns of ${shortTurn} s)`,
    ['', 'answers a second', 'processor us each'],
    contenders.map(({ name }, index) => [name, spread(rates[index], 0), spread(costs[index], 1)]),
  )
  const [plain, observed] = costs[0].length > 0 ? costs : rates.map((own) => own.map((rate) => 1 / rate))
  const more = median(observed.map((cost, turn) => cost / plain[turn] - 1)) * 100
  printAim('journal and faults cost at most 12 % of a create', `${more.toFixed(1)} %`, more <= 12)
}
