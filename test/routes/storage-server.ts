import { startEmulator } from '../../src/index.ts'

// A program of its own, so that its memory can be measured: tells its URL, then, whenever it is asked, how much memory it
// held at most since it was asked last. Ends with its parent's interest.
const emulator = await startEmulator()
let most = 0
const look = () => (most = Math.max(most, process.memoryUsage.rss()))
const looking = setInterval(look, 5)
process.on('message', () => {
  look()
  process.send!(most)
  most = 0
})
process.on('disconnect', () => {
  clearInterval(looking)
  void emulator.close()
})
process.send!(emulator.url)
