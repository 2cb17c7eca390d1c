import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median, printAim, printTable, spread } from './table.js'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

/**
 * What a user waits for: `npm install` of the packed package in an empty project, with what npm has downloaded before and without
 * a compiler.
 *
 * @param {{ folder: string, rounds: number }} options
 */
export async function measureInstall({ folder, rounds }) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 14)) {
    console.log('\nAn install was not measured: before Node.js 22.14 users compile better-sqlite3@12 themselves')
    return
  }
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const [{ filename }] = /** @type {{ filename: string }[]} */ (JSON.parse(stdout.slice(stdout.indexOf('[\n'))))
  /** @type {number[]} */
  const seconds = []
  try {
    await installAll()
  } catch (error) {
    console.log(`\nAn install was not measured: ${error instanceof Error ? error.message.slice(0, 500) : error}`)
    return
  }
  printTable(
    `npm install of the package, s (${rounds} rounds)`,
    ['', 'median (min-max)'],
    [['in an empty project', spread(seconds, 1)]],
  )
  printAim('an install at most 10 s', `${median(seconds).toFixed(1)} s`, median(seconds) <= 10)

  async function installAll() {
    // The first round downloads; it does not count.
    for (let round = -1; round < rounds; round++) {
      const project = join(folder, `project-${round}`)
      mkdirSync(project)
      writeFileSync(join(project, 'package.json'), '{"private":true}')
      const began = performance.now()
      await run('npm', ['install', '--save-dev', '--no-audit', '--no-fund', join(folder, filename)], {
        cwd: project,
        env: { ...process.env, CC: 'false', CXX: 'false' },
      })
      if (round >= 0) seconds.push((performance.now() - began) / 1000)
    }
  }
}
