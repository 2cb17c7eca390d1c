// `exec`: real programs with the vendor's host written into them, run by the built command.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Program, type RunOptions, run, sentence } from './program.ts'

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
  const found = JSON.parse(await output(t, [process.execPath, join(import.meta.dirname, 'exec', 'node-clients.cjs')]))
  t.strictSame(Object.keys(found), ['main', 'worker', 'child'])
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
