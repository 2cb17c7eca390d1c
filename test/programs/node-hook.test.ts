// Programs in several languages with the vendor's host written into them, led to the emulator by `exec`.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli, execute, node, output, works } from '../program.ts'

const jobs = 'https://api.bytenite.com/v1/customer/jobs'
const noCurl = works('curl', '--version') ? false : 'curl is not installed'
const noPython = works('python3', '--version') ? false : 'Python is not installed'
const noJava = works('java', '--version') ? false : 'Java is not installed'

void t.test('Node.js: every way to connect, in a worker and in a child process, too', async (t) => {
  const { inOrder, ...found } = JSON.parse(
    await output(t, [process.execPath, join(import.meta.dirname, 'exec-clients', 'node-clients.cjs')]),
  )
  t.strictSame(Object.keys(found), ['main', 'worker', 'child'])
  t.strictSame(inOrder, ['401\n', '401\n', '401\n'], 'processes that are waited for')
  for (const [where, { results, entries }] of Object.entries<any>(found)) {
    t.ok(Object.keys(results).length > 15)
    for (const [name, status] of Object.entries(results)) t.equal(status, 200, `${where}: ${name}`)
    t.strictSame(entries, ['connect 127.0.0.1'], `${where}: no name is looked up, no other host is connected to`)
  }
})

void t.test('Node.js: workers of a text of code', async (t) => {
  const call = `fetch('${jobs}', { headers: { authorization: 'key' } }).then(({ status }) => console.log(status))`
  for (const code of [
    call,
    `'use strict'; ${call}`,
    `import 'node:fs'; await ${call}`,
    `const { get } = require('https'); ${call}`,
  ]) {
    const program = execute(
      t,
      node(`new (require('node:worker_threads').Worker)(${JSON.stringify(code)}, { eval: true })`),
    )
    t.equal((await program.exit).code, 0)
    t.match(program.stdout(), /^200$/m, code)
    t.notMatch(program.stderr(), /Warning/)
  }
})

void t.test('Node.js: what it cannot be led by is said', async (t) => {
  const http2 =
    "require('http2').connect('https://api.bytenite.com').on('error', ({ code }) => { console.log(code); process.exit(4) })"
  const program = execute(t, node(http2), { flags: ['--report'] })
  t.equal((await program.exit).code, 4)
  t.match(program.stderr(), /! http2-only: offered HTTP\/2 alone 1 time/)
  t.notMatch(program.stderr(), /pinned-certificate/)
  const silent = execute(t, node(http2))
  await silent.exit
  t.match(silent.stderr(), /a client offered HTTP\/2 alone once, which exec does not speak/)

  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const [command, ...rest] = node('0')
  const guarded = execute(t, [command!, flag, ...rest])
  t.not((await guarded.exit).code, 0)
  const hook = /--allow-fs-read=\S+node-hook\.js/.exec(guarded.stderr())?.[0]
  t.ok(hook, guarded.stderr())
  const allowed = execute(t, [command!, flag, hook!, ...rest])
  t.equal((await allowed.exit).code, 0, allowed.stderr())
  t.notMatch(allowed.stderr(), /keeps Node\.js from/)
})

void t.test('curl, by https and http, with a key of the service', { skip: noCurl }, async (t) => {
  for (const url of [jobs, jobs.replace('https', 'http')]) {
    const body = await output(t, ['curl', '--fail-with-body', '-sS', '-H', 'Authorization: Bearer real+key/==', url])
    t.match(JSON.parse(body), { data: [], pagination: {} })
  }
})

void t.test('Python: urllib', { skip: noPython }, async (t) => {
  const script = `
import urllib.request
request = urllib.request.Request('${jobs}', headers={'Authorization': 'key'})
print(urllib.request.urlopen(request).status)`
  t.equal(await output(t, ['python3', '-c', script]), '200\n')
})

void t.test('Java', { skip: noJava }, async (t) => {
  const file = join(
    t.testdir({
      'Call.java': `
import java.net.*;
import java.net.http.*;
class Call {
  public static void main(String[] args) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("${jobs}")).header("Authorization", "key").build();
    System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
    var connection = (HttpURLConnection) new URL("${jobs}").openConnection();
    connection.setRequestProperty("Authorization", "key");
    System.out.println(connection.getResponseCode());
  }
}`,
    }),
    'Call.java',
  )
  t.equal(await output(t, ['java', file]), '200\n200\n')
})

void t.test(
  'variables of the user that lead elsewhere do not lead away from the emulator',
  { skip: noCurl },
  async (t) => {
    const folder = t.testdir({ 'own.pem': '', tmp: {} })
    const env = {
      NO_PROXY: '*',
      no_proxy: 'bytenite.com',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      https_proxy: 'http://127.0.0.1:1',
      SSL_CERT_FILE: join(folder, 'own.pem'),
      CURL_CA_BUNDLE: join(folder, 'none.pem'),
      TMPDIR: join(folder, 'tmp'),
      // Node.js 22.1 and later would leave it there.
      NODE_DISABLE_COMPILE_CACHE: '1',
    }
    const script = `curl -sS -o /dev/null -w '%{http_code}\n' ${jobs} && ls "$TMPDIR" && ls "$TMPDIR"/* && env`
    const text = await output(t, ['sh', '-c', script], { env })
    t.match(text, /^401\nbytenite-emulator-exec-\w+\nauthority\S*\.pem\n/)
    t.match(text, /^BYTENITE_API_KEY=test_default$/m)
    t.strictSame(readdirSync(join(folder, 'tmp')), [], 'and nothing is left')
  },
)

void t.test('a client that pins certificates fails, and is named', { skip: noCurl }, async (t) => {
  const program = execute(t, ['curl', '-sS', '--pinnedpubkey', 'sha256//AAAA', jobs])
  t.not((await program.exit).code, 0)
  t.match(program.stderr(), /^bytenite-emulator: a client .* api\.bytenite\.com once .*pins certificates/m)
})

void t.test('two at once, and one within the other, do not meet', async (t) => {
  const create = `
    const headers = { authorization: 'key' }
    const url = '${jobs}'
    const body = JSON.stringify({ templateId: 'hello-world-template' })`
  const inner = `${create}
    fetch(url, { headers }).then((response) => response.json()).then(({ data }) => console.log('inner', data.length))`
  const outer = `${create}
    fetch(url, { method: 'POST', headers, body })
      .then(() => fetch(url, { headers }))
      .then((response) => response.json())
      .then(({ data }) => {
        console.log('outer', data.length)
        require('node:child_process').spawnSync(process.argv[0], ${JSON.stringify([cli, 'exec', '--', process.execPath, '-e', inner])}, { stdio: 'inherit' })
      })`
  const texts = await Promise.all([output(t, node(outer)), output(t, node(outer))])
  t.strictSame(texts, ['outer 1\ninner 0\n', 'outer 1\ninner 0\n'])
})
