// A load of its own process: keep-alive connections on raw sockets, each with one request under way. Every answer but a whole
// 200 counts as an error. Argument: JSON { port, request, values, connections, seconds, requests }; each of the values takes its turn
// in the place of the first %s. Prints JSON.
import { connect } from 'node:net'

const { port, request, values = [''], connections, seconds, requests = Infinity } = JSON.parse(process.argv[2])
/** @type {Buffer[]} */
const texts = values.map((/** @type {string} */ value) => Buffer.from(request.replace('%s', value)))
let turn = 0

/** @type {number[]} in milliseconds */
const latencies = []
let errors = 0
/** @type {string | undefined} */
let firstError
let open = 0
let begin = 0
let end = 0
let stopping = false
const shared = Buffer.allocUnsafe(64 * 1024)
/** @type {{ socket: import('node:net').Socket, send: () => void }[]} */
const sockets = []

for (let i = 0; i < connections; i++) openConnection()

function openConnection() {
  let sent = 0
  /** Bytes of the present answer that are still to come. */
  let missing = 0
  let head = ''

  // One buffer for all, as each piece is read before the next one comes: nothing is left to the garbage collector.
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer: shared, callback: read } })
  socket.setNoDelay(true)
  socket.on('connect', () => {
    if (++open === connections) startAll()
  })
  socket.on('error', (error) => fail(error.message))
  socket.on('close', () => {
    if (!stopping) fail('the connection was closed')
  })
  sockets.push({ socket, send })

  function send() {
    sent = performance.now()
    socket.write(texts[turn++ % texts.length])
  }

  /** @param {number} length */
  function read(length) {
    if (missing > 0) missing -= length
    else {
      const text = head + shared.latin1Slice(0, length)
      const body = text.indexOf('\r\n\r\n') + 4
      if (body === 3) {
        head = text
        return true
      }
      head = ''
      const size = /\r\ncontent-length: ?(\d+)/i.exec(text)
      if (!text.startsWith('HTTP/1.1 200')) fail(text)
      else if (size === null) fail(`an answer without Content-Length: ${text}`)
      else missing = body + Number(size[1]) - text.length
    }
    if (missing < 0) fail('more bytes than the answer has')
    if (missing === 0 && !stopping) {
      end = performance.now()
      latencies.push(end - sent)
      if (end - begin >= seconds * 1000 || latencies.length >= requests) finish()
      else send()
    }
    return true
  }
}

function startAll() {
  begin = performance.now()
  for (const { send } of sockets) send()
}

/** @param {string} reason */
function fail(reason) {
  errors++
  firstError ??= reason
  finish()
}

function finish() {
  if (stopping) return
  stopping = true
  for (const { socket } of sockets) socket.destroy()
  latencies.sort((a, b) => a - b)
  const at = (/** @type {number} */ share) => latencies[Math.floor(latencies.length * share)] ?? null
  const { user, system } = process.cpuUsage()
  console.log(
    JSON.stringify({
      errors,
      firstError,
      requests: latencies.length,
      perSecond: latencies.length / ((end - begin) / 1000),
      p50: at(0.5),
      p99: at(0.99),
      busy: (user + system) / 1e6 / process.uptime(),
    }),
  )
}
