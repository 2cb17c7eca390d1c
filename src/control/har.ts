import { STATUS_CODES } from 'node:http'
import type { Har, HarEntry } from '../../schemas/har.ts'
import type { Exchange } from '../../schemas/journal.ts'
import { version } from '../base/package.ts'
import { tryJson } from '../wire/json.ts'

/**
 * The journal as an HTTP Archive 1.2, which browsers, proxies and HTTP clients open. It has no more than the journal: of an answer's
 * headers only those that follow from it.
 *
 * @param exchanges with secrets masked
 * @param baseUrl the address of the emulator, for requests that named no host
 */
export const toHar = (world: string, exchanges: readonly Exchange[], baseUrl: string): Har => ({
  log: {
    version: '1.2',
    creator: { name: 'bytenite-emulator', version },
    entries: exchanges.map((exchange) => toEntry(exchange, baseUrl)),
    comment: `Journal of world ${world}; keys, tokens and signatures are masked`,
  },
})

const httpVersion = 'HTTP/1.1'

function toEntry(exchange: Exchange, baseUrl: string): HarEntry {
  const { request, response, status, durationMs, ground } = exchange
  const url = urlOf(exchange, baseUrl)
  const mimeType = tryJson(Buffer.from(response.body)) === undefined ? '' : 'application/json'
  const comments = [
    ...(exchange.fault === null ? [] : [`met fault ${exchange.fault}`]),
    ...(exchange.scenario === null ? [] : [`followed scenario ${exchange.scenario}`]),
    ...(exchange.unknownFields.length === 0 ? [] : [`unknown fields: ${exchange.unknownFields.join(', ')}`]),
    ...(status === 0 ? ['no answer came through'] : []),
  ]
  return {
    startedDateTime: exchange.at,
    time: durationMs,
    request: {
      method: exchange.method,
      url: url.href,
      httpVersion,
      cookies: [],
      headers: toPairs(Object.entries(request.headers)),
      queryString: toPairs([...url.searchParams]),
      ...(request.body === ''
        ? {}
        : { postData: { mimeType: request.headers['content-type'] ?? '', text: request.body } }),
      headersSize: -1,
      bodySize: request.bodyBytes,
    },
    response: {
      status,
      statusText: STATUS_CODES[status] ?? '',
      httpVersion,
      cookies: [],
      headers: toPairs([
        ...(mimeType === '' ? [] : [['content-type', mimeType] as const]),
        ...(ground === '' ? [] : [['x-emulator-ground', ground] as const]),
      ]),
      content: { size: response.bodyBytes, mimeType, text: response.body },
      redirectURL: '',
      headersSize: -1,
      bodySize: status === 0 ? -1 : response.bodyBytes,
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive: 0 },
    ...(comments.length === 0 ? {} : { comment: comments.join('; ') }),
    _operation: exchange.operation,
    _persona: exchange.persona,
    _worldTime: exchange.worldTime,
    _jobId: exchange.jobId,
    _ground: ground,
  }
}

const toPairs = (entries: readonly (readonly [string, string])[]) => entries.map(([name, value]) => ({ name, value }))

/** The URL that the client asked; of one that names no host that could be in a URL, below the address of the emulator. */
function urlOf({ path, request }: Exchange, baseUrl: string): URL {
  const base = new URL(baseUrl)
  const whole = `${base.protocol}//${request.headers['host'] ?? base.host}${path}`
  return new URL(URL.canParse(whole) ? whole : `${base.origin}/`)
}
