import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { idleEmulator, noteMemory } from './memory.js'
import { freePort, start, stop } from './processes.js'
import { bareHello, bundledHello, emulator } from './programs.js'
import { median, printTable, printTimeAim, spread } from './table.js'

/** Milliseconds without a request after which a program counts as idle: V8 gives back what it needs no more after eight seconds. */
const settling = 12_000

/**
 * From the start of the process to the first 200.
 *
 * @param {{
 *   folder: string, bare: import('./programs.js').Bare, against?: string, memory: import('./memory.js').Memory, rounds: number
 * }} options
 */
export async function measureStart({ folder, bare, against, memory, rounds }) {
  const fresh = join(folder, 'fresh')
  const existing = join(folder, 'existing')
  const cases = [
    { name: 'bare Fastify', memory: 'bare Fastify, idle for twelve seconds', program: bareHello },
    { name: 'bare Fastify, bundled', program: (/** @type {number} */ port) => bundledHello(bare, port) },
    {
      name: 'emulator, new database',
      memory: idleEmulator,
      program: (/** @type {number} */ port) => emulator(fresh, port),
    },
    { name: 'emulator, existing database', program: (/** @type {number} */ port) => emulator(existing, port) },
  ]
  if (against !== undefined)
    cases.push({ name: 'the other build, new database', program: (port) => emulator(fresh, port, against) })
  /** @type {number[][]} */
  const times = cases.map(() => [])

  // The first round fills the page cache, keeps compiled code, and makes the database that is to exist; it does not count.
  for (let round = -1; round < rounds; round++) {
    for (const [index, { program }] of cases.entries()) {
      rmSync(fresh, { recursive: true, force: true })
      const running = await start(program(await freePort()))
      if (round >= 0) times[index].push(running.milliseconds)
      await stop(running)
    }
  }
  await measureIdle()

  const differences = times.map((own) => own.map((time, round) => time - times[0][round]))
  printTable(
    `Start of the process to the first 200, ms (${rounds} rounds)`,
    ['', 'median (min-max)', 'more than bare Fastify'],
    cases.map(({ name }, index) => [name, spread(times[index], 0), index === 0 ? '' : spread(differences[index], 0)]),
  )
  const more = (/** @type {number[]} */ own) => median(own.map((time, round) => time - times[1][round]))
  printTimeAim('start of the emulator above bare Fastify, bundled,', {
    own: more(times[2]),
    aim: 45,
    other: times[4] && { own: more(times[4]), then: 88 },
  })

  /** Notes how much memory the programs keep when they have nothing to do. */
  async function measureIdle() {
    for (let round = 0; round < 3; round++) {
      rmSync(fresh, { recursive: true, force: true })
      /** @type {[string, import('./processes.js').Running][]} */
      const idle = []
      for (const { memory: what, program } of cases) {
        if (what !== undefined) idle.push([what, await start(program(await freePort()))])
      }
      await sleep(300)
      for (const [what, running] of idle) noteMemory(memory, what.replace(/idle.*/, 'just started'), running)
      await sleep(settling)
      for (const [what, running] of idle) {
        noteMemory(memory, what, running)
        await stop(running)
      }
    }
  }
}
