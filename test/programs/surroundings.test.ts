// Nothing around the program ends it or blinds it: closed pipes, signals, proxies, variables of others, settings of the service.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { client } from '../emulator.ts'
import { node, output, run, stop } from '../program.ts'

const memory = ['--port', '0', '--in-memory']
const unknownField = { templateId: 'emulator-succeeds', bogus: 1 }

void t.test('a log that nobody reads is lost, and nothing else', async (t) => {
  for (const args of [memory, [...memory, '--log-level', 'info']]) {
    const program = run(t, args)
    const url = await program.ready
    program.child.stderr!.destroy()
    for (let count = 0; count < 5; count++) {
      t.equal((await client(url)('POST', '/v1/customer/jobs', unknownField)).status, 200)
    }
    t.strictSame(await stop(program), { code: 0, signal: null })
  }
})

void t.test('every signal by which terminals and engines end a program is an end', async (t) => {
  for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGTERM', 'SIGINT'] as const) {
    const portFile = join(t.testdir(), `port-${signal}`)
    const program = run(t, [...memory, '--port-file', portFile])
    await program.ready
    t.ok(existsSync(portFile))
    t.strictSame(await stop(program, signal), { code: 0, signal: null }, signal)
    t.notOk(existsSync(portFile), `${signal}: the port file is gone`)
  }
})

const serviceLinks = {
  BYTENITE_EMULATOR_PORT: 'tcp://10.96.0.12:2983',
  BYTENITE_EMULATOR_SERVICE_HOST: '10.96.0.12',
  BYTENITE_EMULATOR_SERVICE_PORT: '2983',
  BYTENITE_EMULATOR_SERVICE_PORT_HTTP: '2983',
  BYTENITE_EMULATOR_PORT_2983_TCP: 'tcp://10.96.0.12:2983',
  BYTENITE_EMULATOR_PORT_2983_TCP_ADDR: '10.96.0.12',
}

void t.test('variables that Kubernetes sets for a service of that name are passed over', async (t) => {
  const program = run(t, memory, { env: serviceLinks })
  const { port } = new URL(await program.ready)
  const check = run(t, ['healthcheck', '--port', port], { env: serviceLinks })
  t.equal((await check.exit).code, 0, check.stderr())
})

void t.test('a command does not fail over a setting that it does not use', async (t) => {
  const { port } = new URL(await run(t, memory).ready)
  const env = { BYTENITE_EMULATOR_PACE: 'warp', BYTENITE_EMULATOR_TYPO: '1' }
  const check = run(t, ['healthcheck', '--port', port], { env })
  t.equal((await check.exit).code, 0, check.stderr())
  t.equal((await run(t, memory, { env }).exit).code, 2, 'start uses it')
})

void t.test('questions to this machine never go through a proxy', async (t) => {
  const { port } = new URL(await run(t, memory).ready)
  const env = { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9', NODE_USE_ENV_PROXY: '1' }
  for (const command of ['healthcheck', 'wait', 'reset']) {
    const program = run(t, [command, '--port', port], { env })
    t.equal((await program.exit).code, 0, `${command}: ${program.stderr()}`)
  }
})

void t.test('settings of the service leave our own API and commands alone', async (t) => {
  for (const setting of [['--unset', 'omit'], ['--era', '2023'], ['--strict'], ['--keys', 'open']]) {
    const name = setting.join(' ')
    const { port } = new URL(await run(t, [...memory, ...setting]).ready)
    for (const [args, said] of [
      [['wait', '--timeout', '3s'], /./],
      [['reset'], /removed 0 jobs and 0 templates, seeded 0 jobs/],
      [['advance', '1s'], /./],
      [['doctor'], /answers on port/],
    ] as const) {
      const program = run(t, [...args, '--port', port])
      t.equal((await program.exit).code, 0, `${name}: ${args[0]}: ${program.stderr()}`)
      t.match(program.stdout(), said, name)
    }
    for (const code of [0, 3]) {
      const program = run(t, ['exec', ...setting, '--report', '--', ...node(`process.exitCode = ${code}`)])
      t.equal((await program.exit).code, code, `${name}: exec: ${program.stderr()}`)
    }
    const list = `
      const v1 = 'https://api.bytenite.com/v1'
      const body = JSON.stringify({ apiKey: 'test_default' })
      const { token } = await (await fetch(v1 + '/auth/access_token', { method: 'POST', body })).json()
      const { ok } = await fetch(v1 + '/customer/jobs', { headers: { authorization: token } })
      process.exitCode = ok ? 0 : 1`
    const only = ['--only', 'get-jobs.1.503']
    const sweep = run(t, [
      'exec',
      ...setting,
      '--sweep',
      ...only,
      '--',
      process.execPath,
      '--input-type=module',
      '-e',
      list,
    ])
    t.equal((await sweep.exit).code, 0, `${name}: sweep: ${sweep.stderr()}`)
    t.match(sweep.stdout(), /get-jobs\.1 +fails/, `${name}: sweep`)
  }
  t.equal(await output(t, node('console.log(1)'), { flags: ['--unset', 'omit'] }), '1\n')
})
