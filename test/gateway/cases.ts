// What a real grpc-gateway was asked, and what it answered.
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

export interface Case {
  readonly name: string
  /** `{job}` in a path or a body is the id of a job. */
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    readonly bodyBase64?: string
  }
  readonly answer: Answer
  /** The gateway itself answers now so, now otherwise. */
  readonly unstable?: true
}

export interface Answer {
  readonly status: number
  readonly code?: number
  readonly message?: string
  /** The message that the service got. */
  readonly decoded?: any
}

/** One case a line. */
export const casesFile = join(import.meta.dirname, 'cases.jsonl')

export const cases = readFileSync(casesFile, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

interface Heard {
  readonly status: number
  /** Undefined if the answer has no JSON. */
  readonly body: any
}

/** Sends the bytes of a case, which no client would send all of, and reads one answer. */
export function ask(port: number, { request }: Case, job: string): Promise<Heard> {
  const fill = (text: string): string => text.replaceAll('{job}', job)
  const body =
    request.bodyBase64 === undefined ? Buffer.from(fill(request.body ?? '')) : Buffer.from(request.bodyBase64, 'base64')
  const headers = new Map(Object.entries(request.headers))
  const has = (name: string): boolean => [...headers.keys()].some((key) => key.toLowerCase() === name)
  if (!has('host')) headers.set('Host', '127.0.0.1')
  if (!has('content-length') && !has('transfer-encoding') && (request.body ?? request.bodyBase64) !== undefined) {
    headers.set('Content-Length', String(body.length))
  }
  const head = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(
        Buffer.concat([Buffer.from(`${request.method} ${fill(request.path)} HTTP/1.1\r\n${head}\r\n`), body]),
      )
    })
    let heard = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      heard += chunk
      const end = heard.indexOf('\r\n\r\n')
      const text = end < 0 ? undefined : wholeBody(heard.slice(0, end), heard.slice(end + 4))
      if (text === undefined) return
      socket.destroy()
      const isJson = /^content-type: application\/json/im.test(heard) && text !== ''
      const sent = isJson ? JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) : undefined
      resolve({ status: Number(heard.slice(9, 12)), body: sent })
    })
    socket.on('error', reject)
  })
}

/** The body behind a head, or undefined if more of it is to come. */
function wholeBody(head: string, rest: string): string | undefined {
  if (!/^transfer-encoding: chunked/im.test(head)) {
    return rest.length < Number(/^content-length: (\d+)/im.exec(head)?.[1]) ? undefined : rest
  }
  let text = ''
  for (let at = 0; ;) {
    const line = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at))
    if (line === null) return undefined
    const size = Number.parseInt(line[1]!, 16)
    if (size === 0) return text
    at += line[0].length
    text += rest.slice(at, at + size)
    at += size + 2
  }
}
