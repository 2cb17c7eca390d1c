// Signals to a child process: what counts as one press, and when force comes.
import { EventEmitter, once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type ChildOptions, runChild } from '../../src/exec/child.ts'

/** A child that prints what it hears and ends with 40 on SIGHUP only. */
const stubborn = [
  process.execPath,
  '-e',
  `for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {
    console.log(signal)
    if (signal === 'SIGHUP') process.exit(40)
  })
  setInterval(() => undefined, 1000)
  console.log('ready')`,
]

async function running(t: Test, options: Partial<ChildOptions>) {
  const signals = new EventEmitter()
  let text = ''
  let child!: ChildProcess
  const exit = runChild(stubborn, {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
    signals,
    terminal: false,
    onStart(started) {
      child = started
      child.stdout!.on('data', (piece) => (text += String(piece)))
    },
    ...options,
  })
  t.teardown(() => void child.kill('SIGKILL'))
  while (child === undefined) await setImmediate()
  const printed = async (line: string): Promise<void> => {
    while (!text.includes(line)) await once(child.stdout!, 'data')
  }
  await printed('ready')
  return { signals, exit, printed, text: () => text }
}

/** Longer than any test. */
const never = 2 ** 31 - 1

void t.test(
  'signals that follow at once are one press: each kind is passed on once, and nothing is forced',
  async (t) => {
    const { signals, exit, printed, text } = await running(t, { press: never, grace: never })
    for (let count = 0; count < 3; count++) signals.emit('SIGINT', 'SIGINT')
    await printed('SIGINT')
    signals.emit('SIGTERM', 'SIGTERM')
    signals.emit('SIGTERM', 'SIGTERM')
    await printed('SIGTERM')
    signals.emit('SIGHUP', 'SIGHUP')
    t.strictSame(await exit, { code: 40, signal: null })
    t.equal(text(), 'ready\nSIGINT\nSIGTERM\nSIGHUP\n')
  },
)

void t.test('a later press is force', async (t) => {
  const { signals, exit, printed } = await running(t, { press: 1, grace: never })
  let ended = false
  void exit.then(() => (ended = true))
  signals.emit('SIGTERM', 'SIGTERM')
  await printed('SIGTERM')
  while (!ended) {
    signals.emit('SIGTERM', 'SIGTERM')
    await setImmediate()
  }
  t.strictSame(await exit, { code: 137, signal: 'SIGKILL' })
})

void t.test('force comes by time', async (t) => {
  const { signals, exit } = await running(t, { press: never, grace: 1 })
  signals.emit('SIGTERM', 'SIGTERM')
  t.strictSame(await exit, { code: 137, signal: 'SIGKILL' })
})

void t.test("at a terminal Ctrl-C is the program's own affair", async (t) => {
  const { signals, exit, text } = await running(t, { terminal: true, press: 1, grace: 1 })
  for (let count = 0; count < 9; count++) signals.emit('SIGINT', 'SIGINT')
  for (let turns = 0; turns < 100; turns++) await setImmediate()
  t.equal(text(), 'ready\n')
  signals.emit('SIGTERM', 'SIGTERM')
  t.match(await exit, { signal: 'SIGKILL' })
})
