// Calls the vendor in every way a Node.js program has, with the host written into it; prints a JSON object of the statuses
// that it got and of the hosts that it went to, in the process itself, in a worker and in a process with an
// empty environment, and in processes that are waited for.
'use strict'
const { execFileSync, execSync, fork, spawnSync } = require('node:child_process')
const dns = require('node:dns')
const http = require('node:http')
const https = require('node:https')
const http2 = require('node:http2')
const net = require('node:net')
const tls = require('node:tls')
const { PerformanceObserver } = require('node:perf_hooks')
const { promisify } = require('node:util')
const { Worker, isMainThread, parentPort } = require('node:worker_threads')

const host = 'api.bytenite.com'
const path = '/v1/customer/jobs'
const headers = { authorization: 'a key of the service' }

const get = (module, options) =>
  new Promise((resolve, reject) => {
    module
      .get({ host, path, headers, ...options }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      })
      .on('error', reject)
  })

/** What comes back over a socket for one request. */
const ask = (socket) =>
  new Promise((resolve, reject) => {
    let text = ''
    socket.on('error', reject)
    socket.on('data', (chunk) => (text += chunk))
    socket.on('end', () => resolve(Number(text.split(' ')[1])))
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${headers.authorization}\r\nConnection: close\r\n\r\n`,
    )
  })

const status = async (url) => (await fetch(url, { headers })).status

const clients = {
  fetch: () => status(`https://${host}${path}`),
  'fetch over http': () => status(`http://${host}${path}`),
  'fetch with the port': () => status(`https://${host}:443${path}`),
  http: () => get(http),
  https: () => get(https),
  'https by its global agent kept alive': async () => (await get(https)) && (await get(https)),
  'https with an agent of its own': () => get(https, { agent: new https.Agent({ keepAlive: false, family: 4 }) }),
  'https to an address looked up before': async () => {
    const { address } = await dns.promises.lookup(host)
    return get(https, { host: address, servername: host, headers: { ...headers, host } })
  },
  'https with a lookup of its own': () =>
    get(https, { lookup: (name, options, callback) => dns.lookup(name, options, callback) }),
  'http to an address looked up by a callback': async () => {
    const { address } = await promisify(dns.lookup)(host)
    return get(http, { host: address, headers: { ...headers, host } })
  },
  'net by options': () => ask(net.connect({ host, port: 80 })),
  'net by port and host': () => ask(net.connect(80, host)),
  'a socket by itself': () => ask(new net.Socket().connect(80, host)),
  tls: () => ask(tls.connect({ host, port: 443, servername: host })),
  'tls by port and host': () => ask(tls.connect(443, host, { servername: host })),
  'import of node:https': async () => get(await import('node:https')),
  'import of node:net': async () => ask((await import('node:net')).connect({ host, port: 80 })),
}

/** Names that were looked up, and hosts that were connected to, as Node.js itself notes them. */
const entries = new Set()
const note = (list) => {
  for (const { name, detail } of list) entries.add(`${name} ${detail.hostname ?? detail.host}`)
}
const observer = new PerformanceObserver((list) => note(list.getEntries()))
observer.observe({ entryTypes: ['dns', 'net'] })

async function calls() {
  const results = {}
  for (const [name, call] of Object.entries(clients)) {
    results[name] = await call().catch((error) => `${error.message} ${error.cause ?? ''}`)
  }
  note(observer.takeRecords())
  return { results, entries: [...entries] }
}

const message = (emitter) => new Promise((resolve) => emitter.once('message', resolve))

async function main() {
  const worker = new Worker(__filename, { env: {} })
  const child = fork(__filename, ['child'], { env: {} })
  const [main, inWorker, inChild] = await Promise.all([calls(), message(worker), message(child)])
  const script = `fetch('https://${host}${path}').then(({ status }) => console.log(status))`
  const env = { NODE_OPTIONS: '' }
  const inOrder = [
    spawnSync(process.execPath, ['-e', script], { env }).stdout,
    execFileSync(process.execPath, ['-e', script], { env }),
    execSync(`"${process.execPath}" -e "${script}"`, { env }),
  ]
  console.log(JSON.stringify({ main, worker: inWorker, child: inChild, inOrder: inOrder.map(String) }))
}

if (process.argv[2] === 'child') void calls().then((results) => process.send(results, () => process.exit()))
else if (!isMainThread) void calls().then((results) => parentPort.postMessage(results))
else void main()
