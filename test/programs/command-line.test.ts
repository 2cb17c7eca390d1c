// docs/command-line.md beside the help of the built program: the same commands, the same options.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/base/package.ts'
import { read, section } from '../documents.ts'

const page = 'docs/command-line.md'

const help = (...args: string[]): string =>
  execFileSync(process.execPath, [join(packageRoot, 'dist', 'cli.js'), ...args, '--help'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  })

/** Commands that take no options; the head of the page names them. */
const plain = ['help', 'version']

const commands = [
  ...help()
    .split('Commands:')[1]!
    .split('\n\n')[0]!
    .matchAll(/^ {2}([a-z]+)/gm),
]
  .map((match) => match[1]!)
  .filter((name) => !plain.includes(name))

void t.test(`${page}: its commands are those of the help, in the same order`, async (t) => {
  t.ok(commands.length > 10)
  const written = [...read(page).matchAll(/^\| \[`([a-z]+)`\]/gm)].map((match) => match[1])
  t.strictSame(written, commands)
})

for (const name of commands) {
  void t.test(`${page}: options of ${name}`, async (t) => {
    const shown = [...help(name).matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map((match) => match[1]!)
    const table = section(page, `## ${name}`)
      .split('\n')
      .filter((line) => line.startsWith('| '))
    // Only the first cell names options.
    const written = table.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`(--[\w-]+)/g)].map((match) => match[1]!))
    t.strictSame(written.sort(), shown.filter((flag) => flag !== '--help').sort())
  })
}
