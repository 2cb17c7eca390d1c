import { startEmulator } from '../src/index.ts'

// A program of its own, so that its memory can be measured: tells its URL, then its peak whenever it is asked.
const { url } = await startEmulator()
process.on('message', () => process.send!(process.resourceUsage().maxRSS * 1024))
process.send!(url)
