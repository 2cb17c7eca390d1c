// The emulator without its command line. Arguments: port, directory of the data.
import { startEmulator } from '../src/index.ts'

const [port, data] = process.argv.slice(2)
await startEmulator({ port: Number(port), data, keepAlive: true })
