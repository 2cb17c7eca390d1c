// The way from a program to the emulator, piece by piece: proxy, TLS, environment, trusted certificates.
import { randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import t from 'tap'
import { createAuthority } from '../../src/exec/intercept/certificates.ts'
import { childEnvironment } from '../../src/exec/intercept/environment.ts'
import { leadingVariables } from '../../src/exec/intercept/variables.ts'
import { readUpstream } from '../../src/exec/intercept/upstream.ts'
import { host, authority, intercept } from './vendor-server.ts'

void t.test('the environment', async (t) => {
  const trust = {
    bundle: (base = 'system') => `/tmp/${base}+`,
    addition: (base = 'none') => `/tmp/${base}+`,
    javaStore: '/a folder/trusted.jks',
    phpFolder: '/a folder/php',
    wgetConfiguration: (base = 'none') => `/tmp/${base}+`,
  }
  const from = (parent: Record<string, string>) =>
    childEnvironment(parent, {
      api: 'http://127.0.0.1:1',
      apiKey: 'test_default',
      proxy: { host: '127.0.0.1', port: 2 },
      trust,
      hook: 'file:///a%20folder/intercept.js?tls=3&plain=1',
      python: '/a folder/python',
    })

  const bare = from({ PATH: '/bin' })
  t.match(bare, {
    PATH: '/bin',
    BYTENITE_API_URL: 'http://127.0.0.1:1',
    BYTENITE_BASE_URL: 'http://127.0.0.1:1',
    BYTENITE_API_KEY: 'test_default',
    SSL_CERT_FILE: '/tmp/system+',
    REQUESTS_CA_BUNDLE: '/tmp/system+',
    CURL_CA_BUNDLE: '/tmp/system+',
    NODE_EXTRA_CA_CERTS: '/tmp/none+',
    PHP_INI_SCAN_DIR: ':/a folder/php',
    WGETRC: '/tmp/none+',
    NODE_OPTIONS: '--import=file:///a%20folder/intercept.js?tls=3&plain=1',
  })
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'])
    t.equal(bare[name], 'http://127.0.0.1:2')
  for (const name of ['NO_PROXY', 'no_proxy']) t.equal(bare[name], 'localhost,127.0.0.1,::1')
  t.notOk('ALL_PROXY' in bare)
  t.match(bare['JAVA_TOOL_OPTIONS'], /-Dhttps\.proxyPort=2 .*"-Djavax\.net\.ssl\.trustStore=\/a folder\/trusted\.jks"/)

  const told = ['PATH', 'BYTENITE_API_URL', 'BYTENITE_BASE_URL', 'BYTENITE_API_KEY']
  const leads = Object.keys(from({ PATH: '/bin', ALL_PROXY: 'up:1' })).filter((name) => !told.includes(name))
  t.strictSame(
    leads.sort(),
    [...leadingVariables].sort(),
    'what a process is given that is started with an empty environment',
  )

  const own = from({
    BYTENITE_API_URL: 'https://mine',
    BYTENITE_API_KEY: 'mine',
    all_proxy: 'http://up:1',
    NODE_OPTIONS: '--max-old-space-size=100',
    JAVA_TOOL_OPTIONS: '-Dx=y',
    SSL_CERT_FILE: 'ssl',
    CURL_CA_BUNDLE: 'curl',
    NODE_EXTRA_CA_CERTS: 'node',
    PHP_INI_SCAN_DIR: '/ini',
    WGETRC: 'mine',
  })
  t.match(own, {
    BYTENITE_API_URL: 'https://mine',
    BYTENITE_API_KEY: 'mine',
    all_proxy: 'http://127.0.0.1:2',
    ALL_PROXY: 'http://127.0.0.1:2',
    NODE_OPTIONS: /^--max-old-space-size=100 --import=/,
    JAVA_TOOL_OPTIONS: /^-Dx=y -D/,
    SSL_CERT_FILE: '/tmp/ssl+',
    CURL_CA_BUNDLE: '/tmp/curl+',
    REQUESTS_CA_BUNDLE: '/tmp/curl+',
    NODE_EXTRA_CA_CERTS: '/tmp/node+',
    PHP_INI_SCAN_DIR: '/ini:/a folder/php',
    WGETRC: '/tmp/mine+',
  })
  t.equal(from({ HOME: '/home/me' })['WGETRC'], '/tmp//home/me/.wgetrc+')

  for (const [list, kept] of [
    ['*', ''],
    ['api.bytenite.com, 10.0.0.1', ',10.0.0.1'],
    ['.bytenite.com bytenite.com:443 other.example', ',other.example'],
    ['*.com,.com,com,m,API.BYTENITE.COM.', ''],
    ['notbytenite.com,api.bytenite.com.example,.corp', ',notbytenite.com,api.bytenite.com.example,.corp'],
    [',,', ''],
  ] as const) {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const environment = from({ [name]: list })
      t.equal(environment['NO_PROXY'], `localhost,127.0.0.1,::1${kept}`, list)
      t.equal(environment['no_proxy'], environment['NO_PROXY'])
    }
  }
})

void t.test('which proxy of the user is gone through', async (t) => {
  const table: readonly (readonly [
    environment: Record<string, string>,
    scheme: 'http' | 'https',
    host: string,
    proxy?: string,
  ])[] = [
    [{}, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'http://p:1' }, 'https', 'a.example', 'http://p:1/'],
    [{ HTTPS_PROXY: 'http://p:1' }, 'http', 'a.example'],
    [{ https_proxy: 'p:1', HTTPS_PROXY: 'q:1' }, 'https', 'a.example', 'http://p:1/'],
    [{ ALL_PROXY: 'https://p:1', http_proxy: 'http://q:1' }, 'https', 'a.example', 'https://p:1/'],
    [{ ALL_PROXY: 'https://p:1', http_proxy: 'http://q:1' }, 'http', 'a.example', 'http://q:1/'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: '*' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'example' }, 'https', 'A.Example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: '.example' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: '*.example' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'a.example:443' }, 'https', 'a.example'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'a.example:80' }, 'https', 'a.example', 'http://p:1/'],
    [{ HTTPS_PROXY: 'p:1', NO_PROXY: 'xample' }, 'https', 'a.example', 'http://p:1/'],
  ]
  for (const [environment, scheme, name, proxy] of table) {
    t.equal(readUpstream(environment).proxyFor(scheme, name, 443)?.href, proxy, JSON.stringify([environment, scheme]))
  }
  t.throws(() => readUpstream({ HTTPS_PROXY: 'socks5://p:1' }), /^HTTPS_PROXY: /)
})

void t.test('trusted certificates: what was trusted before, and the authority', async (t) => {
  const [first = '', second = '', third = ''] = rootCertificates
  const folder = t.testdir({
    'own.pem': first,
    folder: { 'a.pem': second, 'b.0': second, 'c.crt': third, 'x.txt': 'text' },
  })
  const { environment } = await intercept(t, {
    environment: {
      SSL_CERT_FILE: join(folder, 'own.pem'),
      REQUESTS_CA_BUNDLE: join(folder, 'folder'),
      NODE_EXTRA_CA_CERTS: join(folder, 'own.pem'),
      DENO_CERT: join(folder, 'none.pem'),
    },
  })
  const inFile = (name: string): string[] =>
    readFileSync(environment[name]!, 'utf8')
      .split(/(?<=-----END CERTIFICATE-----)\n+/)
      .filter((text) => text !== '')
      .map((text) => new X509Certificate(text).fingerprint)
  const prints = (...texts: string[]) => texts.map((text) => new X509Certificate(text).fingerprint)
  t.strictSame(inFile('SSL_CERT_FILE'), prints(first, authority.certificate))
  t.strictSame(inFile('REQUESTS_CA_BUNDLE'), prints(second, third, authority.certificate))
  t.strictSame(inFile('NODE_EXTRA_CA_CERTS'), prints(first, authority.certificate))
  t.strictSame(inFile('DENO_CERT'), prints(authority.certificate))
  t.ok(inFile('CURL_CA_BUNDLE').length > 20, 'what the system trusts')
  const [, store = ''] = /-Djavax\.net\.ssl\.trustStore=([^" ]+)/.exec(environment['JAVA_TOOL_OPTIONS']!) ?? []
  const inStore = certificatesOf(readFileSync(store)).map((der) => new X509Certificate(der).fingerprint)
  t.strictSame(inStore, inFile('CURL_CA_BUNDLE'), 'Java gets the same')
})

/** The certificates of a trust store in Java's own format. */
function certificatesOf(store: Buffer): Buffer[] {
  const certificates: Buffer[] = []
  let at = 12
  const skipText = () => void (at += 2 + store.readUInt16BE(at))
  for (let left = store.readUInt32BE(8); left > 0; left--) {
    at += 4
    skipText()
    at += 8
    skipText()
    const length = store.readUInt32BE(at)
    certificates.push(store.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return certificates
}

void t.test('the authority may speak for the vendor and for nobody else', async (t) => {
  const other = await createAuthority([host], Date.now(), randomBytes)
  const [ca, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(authority.leaf.certificate)]
  t.ok(ca.ca)
  t.notOk(leaf.ca)
  t.ok(leaf.checkIssued(ca))
  t.ok(leaf.verify(ca.publicKey))
  t.notOk(leaf.verify(new X509Certificate(other.certificate).publicKey), 'another run has another')
  t.equal(leaf.subjectAltName, `DNS:${host}`)
  t.equal(leaf.checkHost(host), host)
  t.notOk(leaf.checkHost('bytenite.com'))
  const hours = (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 3_600_000
  t.equal(hours, 48)
})
