// The way from a program to the emulator, piece by piece: proxy, TLS, environment, trusted certificates.
import { randomBytes } from 'node:crypto'
import { createServer as createHttpServer, request as requestHttp, type Server as HttpServer } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Test } from 'tap'
import { createAuthority } from '../../src/exec/intercept/certificates.ts'
import { type Interception, openInterception } from '../../src/exec/intercept/interception.ts'
import type { Emulator, EmulatorOptions } from '../../src/index.ts'
import { emulator } from '../emulator.ts'

export const host = 'api.bytenite.com'

export const authority = await createAuthority([host], Date.now(), randomBytes)

export interface Run extends Interception {
  readonly emulator: Emulator
  readonly port: number
}

/** An interception of its own for one test. */
export async function intercept(
  t: Test,
  options: { environment?: Record<string, string>; offline?: boolean; emulator?: EmulatorOptions } = {},
): Promise<Run> {
  const started = await emulator(t, { keys: 'open', ...options.emulator })
  const { environment = {}, offline = false } = options
  const interception = await openInterception(started, authority, { environment, apiKey: 'key', offline })
  t.teardown(interception.close)
  const port = Number(new URL(interception.environment['HTTPS_PROXY']!).port)
  return { ...interception, emulator: started, port }
}

export const jobs = '/v1/customer/jobs'

/** A server for one test, on this machine. */
export async function listening(t: Test, server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A server that answers what it was asked, as JSON. */
export const echo = (): HttpServer =>
  createHttpServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const { method, url, rawHeaders } = request
      response.writeHead(
        203,
        'Like That',
        [
          ['x-twice', 'a'],
          ['x-twice', 'b'],
          ['connection', 'x-hop'],
          ['x-hop', '1'],
        ].flat(),
      )
      response.end(JSON.stringify({ method, url, rawHeaders, body }))
    })
  })

/** A socket through the proxy to a target. */
export function tunnel(port: number, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = requestHttp({ host: '127.0.0.1', port, method: 'CONNECT', path: target, headers: { host: target } })
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) resolve(socket)
      else reject(new Error(String(statusCode)))
    })
    request.once('error', reject)
    request.end()
  })
}

export interface HttpsAnswer {
  readonly status: number
  readonly body: any
}

/** A request by https through the proxy, on a connection of its own. */
export async function https(
  port: number,
  path: string,
  method = 'GET',
  body?: string | Buffer,
  headers = {},
): Promise<HttpsAnswer> {
  const socket = connectTls({ socket: await tunnel(port, `${host}:443`), ca: authority.certificate, servername: host })
  return new Promise((resolve, reject) => {
    const request = requestHttps({
      createConnection: () => socket,
      host,
      path,
      method,
      headers: { host, authorization: 'test_default', ...headers },
    })
    request.once('error', reject)
    request.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => {
        const json = response.headers['content-type'] === 'application/json'
        resolve({ status: response.statusCode!, body: json ? JSON.parse(text) : text })
        socket.destroy()
      })
    })
    request.end(body)
  })
}

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
