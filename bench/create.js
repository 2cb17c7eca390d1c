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
import { median, printAim, printTable, printTimeAim, spread } from './table.js'

/** @typedef {import('./processes.js').Running} Running */
/** @typedef {{ name: string, running: Running, path?: string, authorization?: string }} Contender */
/** @typedef {import('./run-load.js').Outcome & { cost?: number }} Outcome with microseconds of the server's processor time for each answer */

const otherBuild = 'the other build'
const prismName = 'Prism'

/** Seconds of load before anything counts, for the just-in-time compiler. */
const warmUp = 2

/**
 * Creates at 64 connections and at one, against the bare route, another build if one is given and, where it is there, Prism.
 *
 * @param {{
 *   folder: string, bare: import('./programs.js').Bare, prism: string | undefined, against?: string,
 *   memory: import('./memory.js').Memory, rounds: number, seconds: number
 * }} options
 */
export async function measureCreate({ folder, bare, prism, against, memory, rounds, seconds }) {
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
  if (against !== undefined) {
    const running = await start(emulator(join(folder, 'load-of-other'), await freePort(), against))
    contenders.push({ name: otherBuild, running, authorization: await accessToken(running.port) })
  }
  if (prism !== undefined)
    contenders.push({ name: prismName, running: await startPrism(prism, emulated.port, folder), path: '/jobs' })

  /** @returns {Promise<Outcome>} */
  const run = async (/** @type {Contender} */ contender, /** @type {number} */ connections, time = seconds) => {
    const { running, path } = contender
    const request = createRequest(running.port, contender.authorization ?? authorization, path)
    const before = processorTime(running)
    const load = await runLoad({ port: running.port, request, connections, seconds: time })
    const after = processorTime(running)
    return before === undefined || after === undefined ? load : { ...load, cost: (after - before) / load.requests }
  }
  for (const contender of contenders) await run(contender, 64, warmUp)

  const loaded = await alternate(contenders, rounds, (contender) => run(contender, 64))
  for (const { name, running } of contenders) noteMemory(memory, `${name}, after the load`, running)
  const flush = flushTime(folder)
  const withoutPrism = contenders.filter(({ name }) => name !== prismName)
  const lone = await alternate(withoutPrism, rounds, (contender) => run(contender, 1, seconds / 2))
  for (const { running } of contenders) await stop(running)

  printLoaded(contenders, loaded, seconds)
  printLone(withoutPrism, lone, seconds / 2, flush)
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
  for (const [index, { name }] of contenders.entries()) {
    const times = median(rates[1].map((rate, round) => rate / rates[index][round]))
    if (name === prismName) printAim('emulator at least eight times Prism', `${times.toFixed(1)} times`, times >= 8)
    if (name === otherBuild) console.log(`  the emulator, of the other build: ${times.toFixed(2)}`)
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
  const differences = times.map((own) => own.map((time, round) => time - times[0][round]))
  printTable(
    `POST ${createPath} at 1 connection, median latency in ms (${times[0].length} rounds of ${seconds} s)`,
    ['', 'median (min-max)', 'more than the bare route'],
    times.map((own, index) => [
      contenders[index].name,
      spread(own, 3),
      index === 0 ? '' : spread(differences[index], 3),
    ]),
  )
  console.log(`  writing and flushing one page to this disk: ${flush.toFixed(3)}`)
  printTimeAim('a lone create above the bare route', {
    own: median(differences[1]),
    aim: 0.3,
    other: differences[2] && { own: median(differences[2]), then: 0.39 },
  })
}

/**
 * @param {number} port
 * @param {string} authorization
 */
const create = (port, authorization) => post(port, createPath, job, { authorization })
