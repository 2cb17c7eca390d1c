// `exec` as a command: what it takes, how it ends, and what the program gets.
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { execute, node, output, type Program, run, sentence } from '../program.ts'

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
    [
      ['exec', '--port', '1', '--', 'true'],
      {},
      2,
      /'--port': it belongs to bytenite-emulator start, not to this command\nSee/,
    ],
    [['exec', '--port=1', '--', 'true'], {}, 2, /'--port': it belongs to bytenite-emulator start/],
    [['exec', '--strict=yes', '--', 'true'], {}, 2, /: option '--strict' takes no value\nSee/],
    [['exec', '--keys', 'ajar', '--', 'true'], {}, 2, /--keys "ajar": expected closed or open/],
    [['exec', '--seed', join(dir, 'seed.json'), '--', 'touch', join(dir, 'ran')], {}, 1, /nope/],
    [
      ['exec', '--', 'touch', join(dir, 'ran')],
      { ALL_PROXY: 'socks5://localhost:1' },
      1,
      /ALL_PROXY: exec goes through/,
    ],
    [
      ['exec', '--', 'touch', join(dir, 'ran')],
      // Node.js 22.1 and later would make the folder for it.
      { TMPDIR: join(dir, 'none'), NODE_DISABLE_COMPILE_CACHE: '1' },
      1,
      /none/,
    ],
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

  await t.test('all that the program has started gets it', async (t) => {
    const program = execute(t, ['sh', '-c', '"$@" & wait; wait', 'sh', ...listener(1)])
    await printed(program, 'listening')
    program.child.kill('SIGTERM')
    await printed(program, 'SIGTERM')
    t.strictSame(await program.exit, { code: 143, signal: null })
  })
})

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
