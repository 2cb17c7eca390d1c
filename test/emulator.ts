import { connect } from 'node:net'
import type { Test } from 'tap'
import type { Clock } from '../src/base/clock.ts'
import { startEmulator, type Emulator, type EmulatorOptions } from '../src/index.ts'
import { microsPerSecond, parseTimestamp } from '../src/base/timestamps.ts'
import { groundViolations, violations } from './conformance.ts'

/** An emulator of its own for one test: in memory, on a free port, gone with the test. */
export async function emulator(t: Test, options: EmulatorOptions = {}): Promise<Emulator> {
  const started = await startEmulator(options)
  t.teardown(() => started.close())
  return started
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

/**
 * A client of one emulator, with one content of `Authorization`. Strings and bytes are sent as they are, anything else as JSON.
 *
 * Every answer must be what the schema of its route says, and name its ground as the table has it, or the call fails.
 *
 * @param answers `2023` and `omit` answer otherwise than their schema, so they are not held against it
 */
export const client =
  (url: string, authorization: string | null = 'test_default', answers: 'emit' | 'omit' | '2023' = 'emit'): Call =>
  async (method, path, body, headers = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(url + path, {
      method,
      headers: { ...(authorization === null ? {} : { authorization }), ...headers },
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json' && text !== ''
    const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
    const wrong = [
      ...(answers === 'emit' && isJson ? violations(method, path, answer.status, answer.body) : []),
      ...groundViolations(method, path, answer.status, answer.headers.get('x-emulator-ground')),
    ]
    if (wrong.length > 0) throw new Error(`${method} ${path} breaks its schema:\n${wrong.join('\n')}`)
    return answer
  }

/** Exchanges a key for an access token. */
export async function accessToken(url: string, apiKey = 'test_default'): Promise<string> {
  const { status, body } = await client(url, null)('POST', '/v1/auth/access_token', { apiKey })
  if (status !== 200) throw new Error(`no token for ${apiKey}: ${JSON.stringify(body)}`)
  return body.token as string
}

/** A clock that stands still until it is told otherwise. */
export function steadyClock(start = '2025-05-20T09:00:00.123456Z'): Clock & { advance(seconds: number): void } {
  let at = parseTimestamp(start)!
  return {
    now: () => at,
    advance(seconds) {
      at += seconds * microsPerSecond
    },
  }
}

/** Sends bytes that a well-behaved client would not, and reads until the emulator closes the connection. */
export function exchange(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes))
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}
