import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessToken, post } from './client.js'
import { createPath, createRequest, job } from './job.js'
import { flushTime } from './flush.js'
import { noteMemory } from './memory.js'
import { startPrism } from './prism.js'
import { freePort, processorTime, start, stop } from './processes.js'
import { bareRoute, emulator } from './programs.js'
import { alternate } from './rounds.js'
import { runLoad } from './run-load.js'
import { median, printAim, printTable, spread } from './table.js'

/** @typedef {import('./processes.js').Running} Running */
/** @typedef {{ name: string, running: Running, path?: string }} Contender */
/** @typedef {import('./run-load.js').Outcome & { cost?: number }} Outcome with microseconds of the server's processor time for each answer */

/** Seconds of load before anything counts, for the just-in-time compiler. */
const warmUp = 2

/**
 * Creates at 64 connections and at one, against the bare route and, where it is there, Prism.
 *
 * @param {{
 *   folder: string, bare: import('./programs.js').Bare, prism: string | undefined,
 *   memory: import('./memory.js').Memory, rounds: number, seconds: number
 * }} options
 */
export async function measureCreate({ folder, bare, prism, memory, rounds, seconds }) {
  const emulated = await start(emulator(join(folder, 'load'), await freePort()))
  const authorization = await accessToken(emulated.port)
  const answer = await create(emulated.port, authorization)
  const answerFile = join(folder, 'answer.json')
  writeFileSync(answerFile, answer)
  const plain = await start(bareRoute(bare, answerFile, await freePort()))
  if ((await create(plain.port, authorization)) !== answer) throw new Error('the bare route answers other bytes')

  /** @type {Contender[]} */
  const contenders = [
    { name: 'bare Fastify route', running: plain },
    { name: 'emulator', running: emulated },
  ]
  if (prism !== undefined)
    contenders.push({ name: 'Prism', running: await startPrism(prism, emulated.port, folder), path: '/jobs' })

  /** @returns {Promise<Outcome>} */
  const run = async (/** @type {Contender} */ { running, path }, /** @type {number} */ connections, time = seconds) => {
    const request = createRequest(running.port, authorization, path)
    const before = processorTime(running)
    const load = await runLoad({ port: running.port, request, connections, seconds: time })
    const after = processorTime(running)
    return before === undefined || after === undefined ? load : { ...load, cost: (after - before) / load.requests }
  }
  for (const contender of contenders) await run(contender, 64, warmUp)

  const loaded = await alternate(contenders, rounds, (contender) => run(contender, 64))
  for (const { name, running } of contenders) noteMemory(memory, `${name}, after the load`, running)
  const flush = flushTime(folder)
  const lone = await alternate(contenders.slice(0, 2), rounds, (contender) => run(contender, 1, seconds / 2))
  for (const { running } of contenders) await stop(running)

  printLoaded(contenders, loaded, seconds)
  printLone(contenders, lone, seconds / 2, flush)
}

/**
 * @param {Contender[]} contenders
 * @param {Outcome[][]} outcomes
 * @param {number} seconds
 */
function printLoaded(contenders, outcomes, seconds) {
  const rates = outcomes.map((rounds) => rounds.map(({ perSecond }) => perSecond))
  const ratios = rates.map((own) => own.map((rate, round) => rate / rates[0][round]))
  printTable(
    `POST ${createPath} at 64 connections (${rates[0].length} rounds of ${seconds} s)`,
    ['', 'answers a second', 'of the bare route', 'p50 ms', 'p99 ms', 'processor us each'],
    contenders.map(({ name }, index) => [
      name,
      spread(rates[index], 0),
      index === 0 ? '' : spread(ratios[index], 2),
      median(outcomes[index].map(({ p50 }) => p50)).toFixed(1),
      median(outcomes[index].map(({ p99 }) => p99)).toFixed(1),
      spread(
        outcomes[index].flatMap(({ cost }) => cost ?? []),
        0,
      ),
    ]),
  )
  const ratio = median(ratios[1])
  printAim('emulator at least 0.5 of the bare route', ratio.toFixed(2), ratio >= 0.5)
  if (rates[2] !== undefined) {
    const times = median(rates[1].map((rate, round) => rate / rates[2][round]))
    printAim('emulator at least eight times Prism', `${times.toFixed(1)} times`, times >= 8)
  }
}

/**
 * @param {Contender[]} contenders
 * @param {Outcome[][]} outcomes
 * @param {number} seconds
 * @param {number} flush
 */
function printLone(contenders, outcomes, seconds, flush) {
  const times = outcomes.map((rounds) => rounds.map(({ p50 }) => p50))
  const differences = times[1].map((time, round) => time - times[0][round])
  printTable(
    `POST ${createPath} at 1 connection, median latency in ms (${times[0].length} rounds of ${seconds} s)`,
    ['', 'median (min-max)', 'more than the bare route'],
    times.map((own, index) => [contenders[index].name, spread(own, 3), index === 0 ? '' : spread(differences, 3)]),
  )
  console.log(`  writing and flushing one page to this disk: ${flush.toFixed(3)}`)
  const more = median(differences)
  printAim('a lone create within 0.3 ms of the bare route', `${more.toFixed(2)} ms more`, more <= 0.3)
}

/**
 * @param {number} port
 * @param {string} authorization
 */
const create = (port, authorization) => post(port, createPath, job, { authorization })
