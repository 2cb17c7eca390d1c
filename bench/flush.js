import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './table.js'

/**
 * The cost of durability before any program has done a thing.
 *
 * @param {string} folder
 * @returns {number} milliseconds that writing and flushing one page takes, in the median of a few
 */
export function flushTime(folder) {
  const file = join(folder, 'flush')
  const page = Buffer.alloc(4096, 1)
  const descriptor = openSync(file, 'w')
  const times = []
  try {
    for (let i = 0; i < 50; i++) {
      const begin = performance.now()
      writeSync(descriptor, page, 0, page.length, (i % 10) * page.length)
      fdatasyncSync(descriptor)
      times.push(performance.now() - begin)
    }
  } finally {
    closeSync(descriptor)
    rmSync(file)
  }
  return median(times)
}
