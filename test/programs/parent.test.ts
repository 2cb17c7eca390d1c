// An emulator whose starter is killed. A pipe that all of them hold is at its end when the last of them has ended.
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/base/package.ts'
import { cli, run, stop, works } from '../program.ts'

const flags = '--port 0 --in-memory --exit-with-parent'
const direct = `${process.execPath} ${cli} ${flags}`

/** A program that starts the command as most do, and does nothing more. */
const starter = (command: string, shell: boolean): string =>
  `const { spawn } = require('node:child_process')
   const [program, ...args] = ${JSON.stringify(command.split(' '))}
   if (${shell}) spawn(${JSON.stringify(command)}, { stdio: 'inherit', shell: true })
   else spawn(program, args, { stdio: 'inherit' })
   setInterval(() => undefined, 1e6)`

const onLinux = process.platform === 'linux' ? false : 'needs /proc'
const noNpm = works('npx', '--version') ? onLinux : 'npm is not installed'
const ways = [
  { name: 'directly', command: direct, shell: false, skip: false },
  // The second command keeps the shell from becoming the first.
  { name: 'by a shell', command: `${direct}; true`, shell: true, skip: onLinux },
  { name: 'by npx', command: `npx --offline bytenite-emulator ${flags}`, shell: false, skip: noNpm },
  { name: 'by npx in a shell', command: `npx --offline bytenite-emulator ${flags}; true`, shell: true, skip: noNpm },
] as const

for (const { name, command, shell, skip } of ways) {
  void t.test(`--exit-with-parent: started ${name}`, { skip }, async (t) => {
    const cwd = t.testdir({ 'package.json': '{}' })
    mkdirSync(join(cwd, 'node_modules', '.bin'), { recursive: true })
    symlinkSync(packageRoot, join(cwd, 'node_modules', 'bytenite-emulator'))
    symlinkSync(cli, join(cwd, 'node_modules', '.bin', 'bytenite-emulator'))
    const child = spawn(process.execPath, ['-e', starter(command, shell)], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      // A group of its own, so that whatever is left can be ended with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => {
      try {
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // Nobody is left, as it should be.
      }
    })
    const ended = new Promise((resolve) => child.stdout.once('close', () => resolve('ended')))
    const ready = new Promise((resolve) => child.stdout.once('data', (line) => resolve(String(line))))
    t.match(await ready, /^bytenite-emulator ready at /)
    child.kill('SIGKILL')
    t.equal(await ended, 'ended')
  })
}

void t.test('--exit-with-parent: told to end before that', async (t) => {
  const program = run(t, flags.split(' '))
  await program.ready
  t.strictSame(await stop(program), { code: 0, signal: null })
})
