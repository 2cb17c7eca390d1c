import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Strike } from '../faults.ts'
import { groundHeader, groundText } from '../ground.ts'

/** Ends the connection with a TCP reset, in place of an answer. */
export function reset(reply: FastifyReply): void {
  reply.header(groundHeader, groundText('fault'))
  reply.hijack()
  reply.request.noteExchange(reply, 0)
  // Not while Node.js still reads this request, or it keeps a parser without a socket, and fails when the server is closed.
  setImmediate(end, reply.raw)
}

function end(raw: ServerResponse): void {
  const { socket } = raw
  try {
    if (socket === null) throw new Error('no connection')
    socket.resetAndDestroy()
  } catch {
    // Under TLS there is no reset, and without a socket (inject) nothing to be reset: it just ends.
    socket?.destroy()
    raw.destroy(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
  }
}

/**
 * Spoils an answer to an act that was done.
 *
 * @param payload a text, a stream, or nothing
 * @param send not called where nothing is left to be sent
 */
export function spoil(strike: Strike, reply: FastifyReply, payload: unknown, send: (payload: unknown) => void): void {
  const { connection, answer } = strike.rule
  if (connection === 'resetAfter') {
    if (payload instanceof Readable) payload.destroy()
    if (typeof payload === 'string') reply.request.answeredBody = payload
    return reset(reply)
  }
  if (answer !== undefined) reply.header(groundHeader, groundText('fault'))
  switch (answer) {
    case 'cut':
      return cut(reply, payload)
    case 'brokenJson':
      return send(typeof payload === 'string' ? payload.slice(0, -1) : payload)
    case 'wrongContentType':
      void reply.header('content-type', 'text/html')
      return send(payload)
    case 'slow':
      return send(
        payload === undefined || payload === null || payload === '' ? payload : slowly(strike, reply, payload),
      )
    case undefined:
      return send(payload)
  }
}

/** Promises the whole body, sends half of it and closes the connection. Of an empty body, one byte that never comes. */
function cut(reply: FastifyReply, payload: unknown): void {
  const { raw, request } = reply
  const stream = payload instanceof Readable ? payload : undefined
  const text = Buffer.from(typeof payload === 'string' ? payload : '')
  const promised = stream === undefined ? Math.max(1, text.length) : Number(reply.getHeader('content-length') ?? 1)
  const half = Math.floor(promised / 2)
  reply.hijack()
  raw.writeHead(reply.statusCode, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-length': promised,
  })
  raw.flushHeaders()
  request.answeredBody = text.subarray(0, half).toString()
  request.answeredBytes = half
  request.noteExchange(reply, reply.statusCode)
  const end = (): void => {
    raw.socket?.destroy()
    raw.destroy()
  }
  if (stream === undefined) {
    raw.write(text.subarray(0, half), end)
    return
  }
  // The last piece has to be handed over as a whole before the connection ends.
  void sendPart(stream, half, (piece) => new Promise((resolve) => raw.write(piece, () => resolve()))).then(end, end)
}

async function sendPart(stream: Readable, bytes: number, write: (piece: Buffer) => Promise<void>): Promise<void> {
  let left = bytes
  if (left === 0) stream.destroy()
  for await (const piece of stream as AsyncIterable<Buffer>) {
    await write(piece.subarray(0, left))
    left -= piece.length
    if (left <= 0) return
  }
}

/** Milliseconds between two parts of a slow body, and how many there are. */
const between = 100
const parts = 10

/** The same body in ten parts, a tenth of a second apart. It ends where the client goes away. */
function slowly(strike: Strike, reply: FastifyReply, payload: unknown): Readable {
  const source = payload instanceof Readable ? payload : Readable.from([Buffer.from(payload as string)])
  const length = Number(reply.getHeader('content-length') ?? 0) || Buffer.byteLength(String(payload))
  if (!(payload instanceof Readable)) void reply.header('content-length', length)
  const size = Math.ceil(length / parts)
  async function* pieces(): AsyncGenerator<Buffer> {
    let isFirst = true
    for await (const piece of source as AsyncIterable<Buffer>) {
      for (let start = 0; start < piece.length; start += size) {
        // Not after the last one: whoever has it all may close the connection.
        if (!isFirst) await strike.pause(between)
        isFirst = false
        yield piece.subarray(start, start + size)
      }
    }
  }
  const slow = Readable.from(pieces(), { objectMode: false })
  slow.once('close', () => source.destroy())
  return slow
}
