import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessToken, post } from './client.js'
import { createPath, createRequest, job } from './job.js'
import { freePort, start, stop } from './processes.js'
import { bareRoute, emulator } from './programs.js'
import { alternate } from './rounds.js'
import { runLoad } from './run-load.js'
import { median, printAim, printTable, spread } from './table.js'

/** Jobs in each emulator before anything is asked. */
const jobs = 1000

/** The job that is polled. */
const polled = '00000000-0000-4000-8000-000000000001'

/** @typedef {{ name: string, running: import('./processes.js').Running, authorization: string }} Contender */

/** @param {string} path */
const get =
  (path) =>
  (/** @type {Contender} */ { running: { port }, authorization }) =>
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\n\r\n`

const getJob = get(`${createPath}/${polled}`)
const getPage = get(`${createPath}?pagination.limit=20`)
const create = (/** @type {Contender} */ { running, authorization }) => createRequest(running.port, authorization)

/**
 * A GET of a job by 64 pollers beside the bare route made a GET. If another build is given: that GET, a list page of 20 and
 * creates beside the same of that build.
 *
 * @param {{ folder: string, bare: import('./programs.js').Bare, against?: string, rounds: number, seconds: number }} options
 */
export async function measurePolls({ folder, bare, against, rounds, seconds }) {
  const own = await emulated('emulator', join(folder, 'polls'))
  const answerFile = join(folder, 'polled.json')
  const headers = { authorization: own.authorization }
  const answer = await fetch(`http://127.0.0.1:${own.running.port}${createPath}/${polled}`, { headers })
  writeFileSync(answerFile, await answer.text())
  const running = await start(bareRoute(bare, answerFile, await freePort()))
  const plain = { name: 'bare Fastify route', running, authorization: own.authorization }

  const ratio = await compare('GET of a job', getJob, [plain, own])
  printAim('at least 0.65 of the bare route', ratio.toFixed(2), ratio >= 0.65)
  if (against === undefined) {
    console.log(
      '\nNo other build was compared. To compare one: npm run bench -- --against ITS_CHECKOUT, which is built',
    )
  } else {
    const other = await emulated('the other build', join(folder, 'polls-of-other'), against)
    await compare('GET of a job', getJob, [other, own])
    const page = await compare('a list page of 20', getPage, [other, own])
    printAim('a list page at least 1.6 times as often as the build of 7094603', page.toFixed(2), page >= 1.6)
    await compare('creates', create, [other, own])
    await stop(other.running)
  }
  for (const { running } of [own, plain]) await stop(running)

  /**
   * @param {string} question
   * @param {(contender: Contender) => string} request
   * @param {[Contender, Contender]} contenders
   */
  async function compare(question, request, contenders) {
    const ask = async (/** @type {Contender} */ contender, time = seconds) => {
      const { port } = contender.running
      return (await runLoad({ port, request: request(contender), connections: 64, seconds: time })).perSecond
    }
    for (const contender of contenders) await ask(contender, 1)
    const rates = await alternate(contenders, rounds, (contender) => ask(contender))
    const ratios = rates[1].map((rate, round) => rate / rates[0][round])
    printTable(
      `${question}, 64 connections (${rounds} rounds of ${seconds} s)`,
      ['', 'answers a second', 'of the first'],
      contenders.map(({ name }, index) => [name, spread(rates[index], 0), index === 0 ? '' : spread(ratios, 2)]),
    )
    return median(ratios)
  }
}

/**
 * Starts an emulator and makes its jobs.
 *
 * @param {string} name
 * @param {string} data
 * @param {string} [checkout] of another build
 * @returns {Promise<Contender>}
 */
async function emulated(name, data, checkout) {
  const running = await start(emulator(data, await freePort(), checkout))
  const authorization = await accessToken(running.port)
  const body = { ...JSON.parse(job) }
  for (let made = 1; made <= jobs; made++) {
    const jobId = made === 1 ? { jobId: polled } : {}
    await post(running.port, createPath, JSON.stringify({ ...body, ...jobId }), { authorization })
  }
  return { name, running, authorization }
}
