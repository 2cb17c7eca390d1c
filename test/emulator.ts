import type { Test } from 'tap'
import type { Clock } from '../src/clock.ts'
import { startEmulator, type Emulator, type EmulatorOptions } from '../src/index.ts'

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

/** A client of one emulator, with one content of `Authorization`. */
export const client =
  (url: string, authorization: string | null = 'test_default') =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(authorization === null ? {} : { authorization }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }

/** A clock that moves when a test says so. Unlike a world's own clock, moving it tells nobody. */
export class HandClock implements Clock {
  #now = Date.UTC(2025, 4, 20, 9) * 1000

  now(): number {
    return this.#now
  }

  /** @param by microseconds */
  advance(by: number): void {
    this.#now += by
  }
}
