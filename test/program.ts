import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Test } from 'tap'

/** The built program. `npm test` builds it first. */
export const cli = join(import.meta.dirname, '..', 'dist', 'cli.js')

export interface RunOptions {
  /** Added to an environment without any setting of the emulator. */
  readonly env?: Record<string, string>
  readonly cwd?: string
  /** Largest file that the program may write, in units of 1024 bytes. */
  readonly fileLimit?: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Program {
  readonly child: ChildProcess
  /** Where it answers; rejects if the program ends before it says so. */
  readonly ready: Promise<string>
  /** Resolves when the program has ended and its output is complete. */
  readonly exit: Promise<Exit>
  stdout(): string
  stderr(): string
}

/** Runs the built program; it ends with the test at the latest. */
export function run(t: Test, args: readonly string[], { env = {}, cwd, fileLimit }: RunOptions = {}): Program {
  // Without tap's own instrumentation, which handles signals and takes longer to load than the program.
  const setUp = ['unset NODE_OPTIONS', ...(fileLimit === undefined ? [] : [`ulimit -f ${fileLimit * 2}`])]
  const child = spawn('sh', ['-c', `${setUp.join(' && ')} && exec "$@"`, 'sh', process.execPath, cli, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      const found = /^bytenite-emulator ready at (\S+)$/m.exec(stdout)
      if (found !== null) resolve(found[1]!)
    })
    exit.then(({ code }) => reject(new Error(`ended with ${code} before it was ready: ${stderr}`)), reject)
  })
  ready.catch(() => undefined)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exit
  })
  return { child, ready, exit, stdout: () => stdout, stderr: () => stderr }
}

/** Stops a program as a terminal or a container engine does. */
export async function stop(program: Program, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
  program.child.kill(signal)
  return program.exit
}

/** What a program says when it is one line, as a sentence to a user should be. */
export const sentence = (text: string): string => {
  const lines = text.trimEnd().split('\n')
  return lines.length === 1 ? lines[0]! : `not one line: ${text}`
}

export interface ExecOptions extends RunOptions {
  readonly flags?: readonly string[]
}

/** Runs a program by `exec` of the built one. */
export const execute = (t: Test, command: readonly string[], { flags = [], ...options }: ExecOptions = {}): Program =>
  run(t, ['exec', ...flags, '--', ...command], options)

/** Runs a program by `exec` to its end, which must be a good one; returns what it printed. */
export async function output(t: Test, command: readonly string[], options: ExecOptions = {}): Promise<string> {
  const program = execute(t, command, options)
  const { code } = await program.exit
  t.equal(code, 0, `${command[0]}: ${program.stdout()}${program.stderr()}`)
  return program.stdout()
}

/** The command for a script of Node.js. */
export const node = (script: string): string[] => [process.execPath, '-e', script]

/** Whether a command is there and works, for tests that need it. */
export const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0
