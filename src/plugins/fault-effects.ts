import { setImmediate } from '../base/timers.ts'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Strike } from '../control/faults.ts'
import { groundHeader, groundText } from '../fidelity/fidelity.ts'

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
    // Under TLS there is no reset, and without a socket (inject) there is nothing to reset: it just ends.
    socket?.destroy()
    raw.destroy(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
  }
}

/**
 * Changes the answer to a request that took effect.
 *
 * @param payload a text, a stream, or nothing
 * @param send not called if nothing is left to be sent
 */
export function changeAnswer(
  strike: Strike,
  reply: FastifyReply,
  payload: unknown,
  send: (payload: unknown) => void,
): void {
  const { connection, answer } = strike.rule
  if (connection === 'resetAfter') {
    if (payload instanceof Readable) payload.destroy()
    if (typeof payload === 'string') reply.request.exchange.answeredBody = payload
    return reset(reply)
  }
  if (answer !== undefined) reply.header(groundHeader, groundText('fault'))
  switch (answer) {
    case 'cut':
      return cut(reply, payload)
    case 'brokenJson':
      if (payload instanceof Readable) return send(broken(payload))
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

/** Each message of a stream without its last brace. */
function broken(stream: Readable): Readable {
  async function* pieces(): AsyncGenerator<string> {
    for await (const piece of stream as AsyncIterable<Buffer>) yield piece.toString().replace(/\}$/gm, '')
  }
  return followed(stream, pieces())
}

/** Maps a stream, and ends with it. */
const followed = (source: Readable, pieces: AsyncIterable<string | Buffer>): Readable =>
  Readable.from(pieces, { objectMode: false }).once('close', () => source.destroy())

/**
 * Promises the whole body, sends half of it and closes the connection. Of an empty body, one byte that never comes; of a
 * stream of unknown length, half of what comes first.
 */
function cut(reply: FastifyReply, payload: unknown): void {
  const { raw, request } = reply
  const stream = payload instanceof Readable ? payload : undefined
  if (stream !== undefined && !reply.hasHeader('content-length')) return cutFirst(reply, stream)
  const text = Buffer.from(typeof payload === 'string' ? payload : '')
  const promised = stream === undefined ? Math.max(1, text.length) : Number(reply.getHeader('content-length') ?? 1)
  const half = Math.floor(promised / 2)
  reply.hijack()
  raw.writeHead(reply.statusCode, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-length': promised,
  })
  raw.flushHeaders()
  request.exchange.answeredBody = text.subarray(0, half).toString()
  request.exchange.answeredBytes = half
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

function cutFirst(reply: FastifyReply, stream: Readable): void {
  const { raw, request } = reply
  reply.hijack()
  raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>)
  raw.flushHeaders()
  request.exchange.answeredBytes = 0
  request.noteExchange(reply, reply.statusCode)
  const end = (): void => {
    stream.destroy()
    raw.socket?.destroy()
    raw.destroy()
  }
  stream.once('data', (piece: Buffer) => raw.write(piece.subarray(0, piece.length / 2), end))
  stream.once('end', end)
  raw.once('close', () => stream.destroy())
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

/**
 * The same body in ten parts, a tenth of a second apart; of a stream of unknown length, whatever comes. It ends where the
 * client goes away.
 */
function slowly(strike: Strike, reply: FastifyReply, payload: unknown): Readable {
  const source = payload instanceof Readable ? payload : Readable.from([Buffer.from(payload as string)])
  if (typeof payload === 'string') void reply.header('content-length', Buffer.byteLength(payload))
  const length = Number(reply.getHeader('content-length') ?? 0)
  async function* pieces(): AsyncGenerator<Buffer> {
    let isFirst = true
    for await (const piece of source as AsyncIterable<Buffer>) {
      const size = Math.ceil((length || piece.length) / parts)
      for (let start = 0; start < piece.length; start += size) {
        // Not after the last part: a client that has it may close the connection.
        if (!isFirst) await strike.pause(between)
        isFirst = false
        yield piece.subarray(start, start + size)
      }
    }
  }
  return followed(source, pieces())
}
