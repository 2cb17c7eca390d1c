import { residentMemory } from './processes.js'
import { median, printAim, printTable, spread } from './table.js'

/** @typedef {Map<string, number[]>} Memory megabytes by what was looked at */

/** @returns {Memory} */
export const measureMemory = () => new Map()

/**
 * @param {Memory} memory
 * @param {string} what
 * @param {import('./processes.js').Running} program
 */
export function noteMemory(memory, what, program) {
  const megabytes = residentMemory(program)
  if (megabytes !== undefined) memory.set(what, [...(memory.get(what) ?? []), megabytes])
}

/** @param {Memory} memory */
export function printMemory(memory) {
  const title = 'Resident memory, MB'
  // Not all that is measured looks at it, and not every system tells.
  if (memory.size === 0) {
    console.log(`\n${title}: not measured`)
    return
  }
  printTable(
    title,
    ['', 'median (min-max)'],
    [...memory].map(([what, values]) => [what, spread(values, 0)]),
  )
  for (const [name, most] of /** @type {const} */ ([
    [idleEmulator, 65],
    [touchedWorlds, 110],
  ])) {
    const found = memory.get(name)
    if (found !== undefined)
      printAim(`${name}, at most ${most}`, `${median(found).toFixed(0)} MB`, median(found) <= most)
  }
}

export const touchedWorlds = 'emulator, 1,200 worlds touched'

export const idleEmulator = 'emulator, idle for twelve seconds'
