// Signals to the program itself: heard while there is something to stop, and left alone after that.
import { EventEmitter } from 'node:events'
import t from 'tap'
import { hearSignals } from '../../src/exec/signals.ts'

void t.test('the first signal counts', async (t) => {
  const source = new EventEmitter()
  const heard = hearSignals(source, () => t.fail('something is to be stopped yet'))
  t.equal(heard.first(), undefined)
  source.emit('SIGTERM', 'SIGTERM')
  source.emit('SIGINT', 'SIGINT')
  t.equal(heard.first(), 'SIGTERM')
})

void t.test('once released, signals end the program, and one that came at once is made up for', async (t) => {
  const source = new EventEmitter()
  const ended = new Promise((resolve) => {
    const { first, release } = hearSignals(source, resolve, 0)
    release()
    source.emit('SIGTERM', 'SIGTERM')
    t.equal(first(), undefined)
  })
  // The timer of `hearSignals()` does not keep the process alive.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  t.equal(await ended, 'SIGTERM')
  t.equal(source.listenerCount('SIGTERM'), 0)
})
