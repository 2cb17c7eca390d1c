// `exec`: real programs with the vendor's host written into them, run by the built command.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { cli, type Program, type RunOptions, run, sentence } from './program.ts'

const jobs = 'https://api.bytenite.com/v1/customer/jobs'
const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0
const noCurl = works('curl', '--version') ? false : 'curl is not installed'
const noPython = works('python3', '--version') ? false : 'Python is not installed'
const noJava = works('java', '--version') ? false : 'Java is not installed'

const execute = (t: Test, command: readonly string[], options: RunOptions & { flags?: string[] } = {}): Program =>
  run(t, ['exec', ...(options.flags ?? []), '--', ...command], options)

/** Runs a program under `exec` to its end, which must be a good one. */
async function output(t: Test, command: readonly string[], options: RunOptions & { flags?: string[] } = {}) {
  const program = execute(t, command, options)
  const { code } = await program.exit
  t.equal(code, 0, `${command[0]}: ${program.stdout()}${program.stderr()}`)
  return program.stdout()
}

const node = (script: string): string[] => [process.execPath, '-e', script]

void t.test('Node.js: every way to connect, in a worker and in a child process, too', async (t) => {
  const { inOrder, ...found } = JSON.parse(
    await output(t, [process.execPath, join(import.meta.dirname, 'exec', 'node-clients.cjs')]),
  )
  t.strictSame(Object.keys(found), ['main', 'worker', 'child'])
  t.strictSame(inOrder, ['401\n', '401\n', '401\n'], 'processes that are waited for')
  for (const [where, { results, entries }] of Object.entries<any>(found)) {
    t.ok(Object.keys(results).length > 15)
    for (const [name, status] of Object.entries(results)) t.equal(status, 200, `${where}: ${name}`)
    t.strictSame(entries, ['connect 127.0.0.1'], `${where}: no name is looked up, no other host is connected to`)
  }
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

void t.test('the exit code is that of the program', async (t) => {
  const dir = t.testdir({ text: 'no program' })
  const table: readonly (readonly [command: string[], code: number, said: RegExp | null])[] = [
    [['true'], 0, null],
    [['sh', '-c', 'exit 7'], 7, null],
    [['sh', '-c', 'kill -9 $$'], 137, null],
    [['sh', '-c', 'kill -TERM $$'], 143, null],
    [['no-such-command-anywhere'], 127, /^bytenite-emulator: no-such-command-anywhere: command not found$/],
    [[join(dir, 'text')], 126, /^bytenite-emulator: .*\/text: cannot be run: it is not executable$/],
  ]
  await Promise.all(
    table.map(async ([command, code, said]) => {
      const program = execute(t, command)
      t.strictSame([command, (await program.exit).code, program.stdout()], [command, code, ''])
      if (said === null) t.equal(program.stderr(), '', 'nothing to say')
      else t.match(sentence(program.stderr()), said)
    }),
  )
})

void t.test('what is wrong before the program runs', async (t) => {
  const dir = t.testdir({ 'seed.json': '{"jobs":[{"templateId":"nope"}]}' })
  const table: readonly (readonly [args: string[], env: Record<string, string>, code: number, said: RegExp])[] = [
    [['exec'], {}, 2, /missing required argument 'command'/],
    [['exec', '--'], {}, 2, /missing required argument 'command'/],
    [['exec', '--nonsense', '--', 'true'], {}, 2, /--nonsense/],
    [['exec', '--port', '1', '--', 'true'], {}, 2, /--port/],
    [['exec', '--keys', 'ajar', '--', 'true'], {}, 2, /--keys "ajar": expected closed or open/],
    [['exec', '--seed', join(dir, 'seed.json'), '--', 'touch', join(dir, 'ran')], {}, 1, /nope/],
    [
      ['exec', '--', 'touch', join(dir, 'ran')],
      { ALL_PROXY: 'socks5://localhost:1' },
      1,
      /ALL_PROXY: exec goes through/,
    ],
    [['exec', '--', 'touch', join(dir, 'ran')], { TMPDIR: join(dir, 'none') }, 1, /none/],
  ]
  await Promise.all(
    table.map(async ([args, env, code, said]) => {
      const program = run(t, args, { env })
      t.strictSame([args, (await program.exit).code], [args, code])
      t.match(program.stderr(), said)
      t.match(program.stderr(), /^bytenite-emulator: /)
    }),
  )
  t.notOk(existsSync(join(dir, 'ran')), 'the program was not started')
})

void t.test('stdin, arguments, flags of the program and the working directory are its own', async (t) => {
  const cwd = t.testdir()
  const script = 'console.log(JSON.stringify([process.argv.slice(1), process.cwd()]))'
  const command = [process.execPath, '-e', script, '--', '--offline', '--pace', 'a b', '']
  t.strictSame(JSON.parse(await output(t, command, { cwd })), [['--offline', '--pace', 'a b', ''], cwd])
  // A first word that is no flag begins the command; `--` may be left out.
  t.equal(await run(t, ['exec', '--strict', 'echo', '--seed']).exit.then(({ code }) => code), 0)
})

void t.test('signals', async (t) => {
  /** A program that says when it is there, and what it hears; `ends` of them end it. */
  const listener = (ends: number): string[] =>
    node(`
    let heard = 0
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {
      console.log(signal)
      if (++heard === ${ends}) process.exit(40)
    })
    setInterval(() => undefined, 1000)
    console.log('listening')`)

  /** Resolves once the program has printed a line. */
  const printed = (program: Program, line: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (program.stdout().includes(line)) resolve()
        else program.child.stdout!.once('data', look)
      }
      look()
    })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    await t.test(`${signal} is passed on, once`, async (t) => {
      const program = execute(t, listener(1))
      await printed(program, 'listening')
      program.child.kill(signal)
      t.strictSame(await program.exit, { code: 40, signal: null })
      t.equal(program.stdout(), `listening\n${signal}\n`)
    })
  }

  await t.test('a program that does not end is killed by the second', async (t) => {
    const program = execute(t, listener(99))
    await printed(program, 'listening')
    program.child.kill('SIGTERM')
    await printed(program, 'SIGTERM')
    program.child.kill('SIGTERM')
    t.strictSame(await program.exit, { code: 137, signal: null })
  })
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
    }
    const script = `curl -sS -o /dev/null -w '%{http_code}\n' ${jobs} && ls "$TMPDIR" && ls "$TMPDIR"/* && env`
    const text = await output(t, ['sh', '-c', script], { env })
    t.match(text, /^401\nbytenite-emulator-exec-\w+\nauthority\S*\.pem\n/)
    t.match(text, /^BYTENITE_API_KEY=test_default$/m)
    t.strictSame(readdirSync(join(folder, 'tmp')), [], 'and nothing is left')
  },
)

void t.test('a program that was told its address and key keeps them; another one is told', async (t) => {
  const script = `
    const { BYTENITE_API_URL: url, BYTENITE_API_KEY: key } = process.env
    fetch(url + '/v1/customer/jobs', { headers: { authorization: key } }).then(({ status }) => console.log(url, key, status))`
  t.match(await output(t, node(script)), /^http:\/\/127\.0\.0\.1:\d+ test_default 200\n$/)
  const env = { BYTENITE_API_URL: 'https://api.bytenite.com', BYTENITE_API_KEY: 'mine' }
  t.equal(await output(t, node(script), { env }), 'https://api.bytenite.com mine 200\n')
  t.equal(await output(t, node(script), { env, flags: ['--keys', 'closed'] }), 'https://api.bytenite.com mine 401\n')
})

void t.test('other hosts are reached as before, or refused with --offline; this machine never is', async (t) => {
  const server = createServer((_request, response) => response.end('here'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const script = (elsewhere: string) => `
    const http = require('node:http')
    const ask = (url) => fetch(url).then((response) => response.text(), (error) => error.cause.message)
    const viaProxy = (path) => new Promise((resolve, reject) =>
      http.get({ port: new URL(process.env.HTTP_PROXY).port, path }, ({ statusCode }) => resolve(statusCode)).on('error', reject))
    ;(async () => {
      console.log(await ask('http://localhost:${port}/'))
      console.log(await viaProxy('http://127.0.0.1:${port}/'))
      for (const call of ${elsewhere}) console.log(await call)
      process.exit()
    })()`
  t.equal(await output(t, node(script('[]'))), 'here\n200\n')

  const elsewhere = "[ask('https://other.invalid/'), viaProxy('http://other.invalid/')]"
  const offline = execute(t, node(script(elsewhere)), { flags: ['--offline'] })
  t.strictSame(await offline.exit, { code: 0, signal: null })
  t.equal(
    offline.stdout(),
    'here\n200\nconnect ECONNREFUSED other.invalid:443 (refused by bytenite-emulator exec --offline)\n403\n',
  )
  t.equal(sentence(offline.stderr()), 'bytenite-emulator: refused other.invalid:80 once, because of --offline')
})

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
