import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/**
 * A server, and the path that shows that it is up: by a 200, or by the given status.
 *
 * @typedef {{ command: string, args: string[], path: string, port: number, status?: number }} Program
 */
/** @typedef {{ child: ChildProcess, port: number, milliseconds: number }} Running */

/** Milliseconds that a program may take to start, or to end. */
const patience = 20_000

/** @type {Set<ChildProcess>} */
const running = new Set()

/** @returns {Promise<number>} a port that was free a moment ago */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

/**
 * Starts a program and waits for its first 200.
 *
 * @param {Program} program
 * @returns {Promise<Running>} with the time from its start to the answer
 */
export async function start({ command, args, path, port, status = 200 }) {
  const begin = performance.now()
  const env = Object.entries(process.env).filter(([name]) => !/^(BYTENITE_|NODE_OPTIONS$)/.test(name))
  const child = spawn(command, args, { env: Object.fromEntries(env), stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let complaint = ''
  child.stderr?.on('data', (text) => (complaint = (complaint + text).slice(-2000)))
  while (!(await answers(port, path, status))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${command} ${args[0]} ended: ${complaint}`)
    if (performance.now() - begin > patience) throw new Error(`${command} ${args[0]} does not answer: ${complaint}`)
    await sleep(1)
  }
  return { child, port, milliseconds: performance.now() - begin }
}

/**
 * @param {number} port
 * @param {string} path
 * @param {number} status
 * @returns {Promise<boolean>} whether that is the status of its answer
 */
function answers(port, path, status) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`))
    socket.setTimeout(patience)
    socket.once('data', (data) => {
      resolve(data.toString('latin1').startsWith(`HTTP/1.1 ${status}`))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('timeout', () => socket.destroy())
    socket.once('close', () => resolve(false))
  })
}

/** @param {Running} program */
export async function stop({ child }) {
  if (!running.has(child)) return
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), patience)
  await once(child, 'exit')
  clearTimeout(impatience)
}

/** The last resort, for the end of the run. */
export function stopAll() {
  for (const child of running) child.kill('SIGKILL')
}

/**
 * @param {Running} program
 * @returns {number | undefined} megabytes that are in memory, where the system tells
 */
export function residentMemory({ child }) {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
  } catch {
    return undefined
  }
}

/**
 * @param {Running} program
 * @returns {number | undefined} microseconds that it kept a processor busy so far, where the system tells
 */
export function processorTime({ child }) {
  try {
    const threads = `/proc/${child.pid}/task`
    const nanoseconds = readdirSync(threads).map((id) =>
      Number(readFileSync(`${threads}/${id}/schedstat`, 'utf8').split(' ', 1)[0]),
    )
    return nanoseconds.reduce((sum, own) => sum + own, 0) / 1000
  } catch {
    return undefined
  }
}
