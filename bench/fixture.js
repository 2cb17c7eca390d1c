import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { accessToken } from './client.js'
import { freePort, start, stop } from './processes.js'
import { emulator } from './programs.js'
import { alternate } from './rounds.js'
import { median, printTable, printTimeAim, spread } from './table.js'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

/**
 * What one round found of one build, in milliseconds.
 *
 * @typedef {{ first: number, further: number, token: number, serverToken: number, whole: number, exec: number }} Times
 */

/** The aim of each, and the least that the build of 7094603 took when the aims were set, in milliseconds. */
const aims = /** @type {const} */ ([
  ['first', 'first startEmulator(), with the import', 80, 130],
  ['further', 'each further startEmulator()', 8, 24],
  ['token', 'first token of the second emulator', 10, 90],
  ['serverToken', 'first token of a server, a second after its start', 10, 90],
  ['whole', 'a whole test on a running fixture', 1.5, 2.5],
  ['exec', 'exec -- true, more than true', 250, 550],
])

/**
 * What a test pays: the first and each further emulator of a process, a token, a whole test, and a program under `exec`. If another
 * build is given, the same of that build.
 *
 * @param {{ folder: string, against?: string, rounds: number }} options
 */
export async function measureFixture({ folder, against, rounds }) {
  const builds = against === undefined ? [root] : [root, against]
  // The first round fills the page cache and keeps compiled code; it does not count.
  const [own, other] = (await alternate(builds, rounds + 1, (build) => timesOf(build, folder))).map((all) =>
    all.slice(1),
  )
  const column = (/** @type {Times[] | undefined} */ of, /** @type {keyof Times} */ key) =>
    of?.map((times) => times[key]) ?? []
  const fetches = []
  for (let round = 0; round < rounds; round++) fetches.push(median(await printed('bare-fetches.js')))
  printTable(
    `What a test pays, ms (${rounds} rounds)`,
    ['', 'median (min-max)', ...(other === undefined ? [] : ['the other build'])],
    [
      ...aims.map(([key, name]) => [
        name,
        spread(column(own, key), 1),
        ...(other === undefined ? [] : [spread(column(other, key), 1)]),
      ]),
      ['three fetches of bare Fastify, as in a whole test', spread(fetches, 1)],
    ],
  )
  for (const [key, name, aim, then] of aims) {
    const beside = other && { own: median(column(other, key)), then }
    printTimeAim(name, { own: median(column(own, key)), aim, other: beside })
  }
}

/**
 * @param {string} build
 * @param {string} folder
 * @returns {Promise<Times>}
 */
async function timesOf(build, folder) {
  const { first, further, token, whole } = await printed('fixture-program.js', join(build, 'dist', 'index.js'))
  const alone = await timeOf('true', [])
  const led = await timeOf(process.execPath, [join(build, 'dist', 'cli.js'), 'exec', '--', 'true'])
  const serverToken = await timeOfServersToken(build, folder)
  const exec = led - alone
  return { first, further: median(further), token, serverToken, whole: median(whole), exec }
}

/**
 * Times the first token of a server that makes its key, whose connection is open.
 *
 * @param {string} build
 * @param {string} folder
 */
async function timeOfServersToken(build, folder) {
  const data = mkdtempSync(join(folder, 'token-'))
  const running = await start(emulator(data, await freePort(), build))
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

/** @param {[file: string, ...args: string[]]} program one of this folder that prints JSON */
async function printed(...[file, ...args]) {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, file), ...args])
  return JSON.parse(stdout)
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
