// What `npm pack` makes, used as a stranger would use it: in an empty folder that has the declared dependencies and nothing else.
// They are linked from this checkout, so that no registry is asked. `npm test` builds what is packed.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { publint } from 'publint'
import t from 'tap'
import { settings } from '../../src/settings/settings.ts'
import { packageRoot, version } from '../../src/base/package.ts'
import { startContainer } from '../../src/testcontainers.ts'
import { emulator } from '../emulator.ts'
import { packed } from './packed.ts'

const { folder, installed, manifest, run, tarball } = packed(t)

void t.test('holds what runs and its types: no sources, no tests, no source maps', async (t) => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(installed, file)).isFile(),
  )
  const expected =
    /^(package\.json|\w+\.md|LICENSE|docker-compose\.yml|docs\/[\w-]+\.md|docs\/pictures\/\w+\.jpg|examples\/.*|dist\/.*(\.c?js|\.d\.c?ts|\.LEGAL\.txt)|dist\/inspector\/(index\.html|main\.css|icon\.svg)|dist\/sitecustomize\.py|migrations\/\d{3}-[a-z-]+\.sql)$/
  t.strictSame(
    files.filter((file) => !expected.test(file)),
    [],
  )
  t.ok(tarball.size < 1_000_000, `${tarball.size} bytes packed`)
  t.ok(tarball.unpackedSize < 3_000_000, `${tarball.unpackedSize} bytes unpacked`)
  const own = files.map((file) => readFileSync(join(installed, file), 'utf8'))
  t.notOk(
    own.some((text) => text.includes(packageRoot)),
    'no path of the machine it was built on',
  )
})

void t.test('links of the documents lead to files of the package', async (t) => {
  const documents = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.md') && !file.startsWith('node_modules'),
  )
  t.ok(documents.length > 10)
  for (const document of documents) {
    const text = readFileSync(join(installed, document), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)) {
      t.ok(existsSync(join(installed, dirname(document), target!)), `${document} leads to ${target}`)
    }
  }
})

void t.test('publint has nothing to say', async (t) => {
  const { messages } = await publint({ pkgDir: installed, pack: false, strict: true })
  t.strictSame(messages, [])
})

void t.test('a start loads neither TLS nor HTTP/2', async (t) => {
  const script = `
    const { startEmulator } = require('bytenite-emulator')
    startEmulator().then(async (emulator) => {
      console.log(process.moduleLoadList.filter((name) => /^NativeModule (https|http2|tls)$/.test(name)).join())
      await emulator.close()
    })`
  writeFileSync(join(folder, 'start.cjs'), script)
  t.strictSame(await run(process.execPath, join(folder, 'start.cjs')), { code: 0, output: '\n' })
})

void t.test('npx bytenite-emulator', async (t) => {
  const npx = (...args: string[]) => run('npm', 'exec', '--offline', '--', 'bytenite-emulator', ...args)
  t.strictSame(await npx('--version'), { code: 0, output: `${version}\n` })
  const { code, output } = await npx('--help')
  t.equal(code, 0)
  t.match(output, '--port')
})

const program = `
import { spawn } from 'node:child_process'
import assert from 'node:assert/strict'
import { connect, startEmulator } from 'bytenite-emulator'
import { JobResponse } from 'bytenite-emulator/schemas/jobs'
import { startContainer } from 'bytenite-emulator/testcontainers'

const emulator = await startEmulator({ data: 'data' })
const call = async (path, body) => (await fetch(emulator.url + path, {
  method: body === undefined ? 'GET' : 'POST',
  headers: { authorization: emulator.apiKey },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})).json()
const { job } = await call('/v1/customer/jobs', { templateId: 'emulator-succeeds' })
assert.deepEqual(Object.keys(job).sort(), Object.keys(JobResponse.properties.job.properties).sort())
assert.equal((await emulator.inject({ url: '/_emulator/health' })).statusCode, 200)

// What is loaded only when it is needed: tokens, zipped results, the OpenAPI document and its page.
const world = emulator.world('default')
await world.token()
await call('/v1/customer/jobs/' + job.id + '/run', {})
await world.clock.advance('1h')
const { results } = await call('/v1/customer/jobs/' + job.id + '/results')
for (const { link } of results) assert.equal((await fetch(link)).status, 200)
for (const page of ['/v1/customer/docs/', '/v1/customer/docs/swagger.json']) assert.equal((await fetch(emulator.url + page)).status, 200)
await emulator.close()

// And from a shell.
const child = spawn('node_modules/.bin/bytenite-emulator', ['start', '--port', '0', '--in-memory', '--silent'], { stdio: ['ignore', 'pipe', 'inherit'] })
const [, url] = await new Promise((resolve) => child.stdout.on('data', (text) => resolve(/at (\\S+)/.exec(text))))
await connect(url).world('default').token()
child.kill()
const code = await new Promise((resolve) => child.on('exit', resolve))
assert.equal(code, 0)
assert.equal(typeof startContainer, 'function')
console.log('all is there')
`

void t.test('a program that imports it', async (t) => {
  writeFileSync(join(folder, 'program.js'), program)
  t.strictSame(await run(process.execPath, 'program.js'), { code: 0, output: 'all is there\n' })
})

void t.test('an error that nobody catches is not printed with a wall of code', async (t) => {
  writeFileSync(join(folder, 'wrong.js'), "(await import('bytenite-emulator')).startEmulator({ port: 'x' })")
  const { code, output } = await run(process.execPath, 'wrong.js')
  t.equal(code, 1)
  t.match(output, 'expected a number from 0 to 65535')
  for (const line of output.split('\n')) t.ok(line.length < 200, line)
  for (const file of readdirSync(join(installed, 'dist')).filter((name) => /\.c?js$/.test(name))) {
    const lines = readFileSync(join(installed, 'dist', file), 'utf8').split('\n')
    // Patterns and texts cannot be broken.
    t.ok(Math.max(...lines.map(({ length }) => length)) < 1_500, `${file} has no endless line`)
  }
})

const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: packageRoot,
  encoding: 'utf8',
})
const skip = listed.status !== 0 && 'no git, or no checkout'

void t.test('an install from git, which npm makes by "prepare" in a clone', { skip }, async (t) => {
  const clone = join(folder, 'clone')
  for (const file of listed.stdout.split('\0').filter((file) => existsSync(join(packageRoot, file)))) {
    if (!/^(docs|test|examples)\//.test(file) && file !== '') cpSync(join(packageRoot, file), join(clone, file))
  }
  symlinkSync(join(packageRoot, 'node_modules'), join(clone, 'node_modules'))
  const npm = (...args: string[]) => run('npm', '--prefix', clone, ...args)
  const packed = async () => {
    const { output } = await npm('pack', clone, '--dry-run', '--ignore-scripts', '--json')
    const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }]
    return files.map(({ path }) => path)
  }
  const built = ['dist/index.js', 'dist/index.d.ts', 'dist/cli.js', 'dist/schemas/jobs.d.ts']

  t.equal((await run('env', 'npm_command=ci', process.execPath, join(clone, 'scripts', 'prepare.js'))).code, 0)
  t.notOk(existsSync(join(clone, 'dist')), 'npm ci waits for no build')
  t.equal((await npm('run', 'prepare')).code, 0)
  const names = await packed()
  for (const file of built) t.ok(names.includes(file), `${file} is in the package`)

  const manifestFile = join(clone, 'package.json')
  const original = readFileSync(manifestFile, 'utf8')
  const pack = (...args: string[]) => run(process.execPath, join(clone, 'scripts', 'pack.js'), ...args)
  await pack()
  // Called again, as after a pack that was interrupted.
  await pack()
  const { scripts } = JSON.parse(readFileSync(manifestFile, 'utf8')) as { scripts: Record<string, string> }
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    t.notOk(name in scripts, `${name} is not packed`)
  await pack('--restore')
  t.equal(readFileSync(manifestFile, 'utf8'), original)

  rmSync(join(clone, 'node_modules'))
  t.match(await npm('run', 'prepare'), { code: 0, output: 'dist/ is not built' }, 'as after npm install --omit=dev')
})

void t.test('every schema can be imported', async (t) => {
  for (const file of readdirSync(join(packageRoot, 'schemas'))) {
    const name = file.replace(/\.ts$/, '')
    const path = manifest.exports['./schemas/*']!.import.default.replace('*', name)
    const exported = await import(pathToFileURL(join(installed, path)).href)
    t.not(Object.keys(exported).length, 0, name)
  }
})

void t.test('bytenite-emulator/testcontainers starts the image and ends as a client of it', async (t) => {
  const { url } = await emulator(t)
  const { hostname, port } = new URL(url)
  const calls: unknown[][] = []
  class GenericContainer {
    constructor(image: string) {
      calls.push(['image', image])
    }
    withExposedPorts(...ports: number[]): this {
      calls.push(['ports', ...ports])
      return this
    }
    withEnvironment(environment: Record<string, string>): this {
      calls.push(['environment', environment])
      return this
    }
    withWaitStrategy(strategy: unknown): this {
      calls.push(['wait', strategy])
      return this
    }
    async start() {
      return {
        getHost: () => hostname,
        getMappedPort: (exposed: number) => (exposed === settings.port.default ? Number(port) : 0),
        stop: async () => void calls.push(['stop']),
      }
    }
  }
  const started = await startContainer(
    { GenericContainer, Wait: { forHealthCheck: () => 'health' } },
    { environment: { BYTENITE_EMULATOR_PACE: '10s' } },
  )
  t.equal(started.url, url)
  t.equal(started.container.getHost(), hostname)
  t.ok(await started.world('contained').token())
  await started.stop()
  t.strictSame(calls, [
    ['image', 'bytenite-emulator'],
    ['ports', 2983],
    ['environment', { BYTENITE_EMULATOR_PACE: '10s' }],
    ['wait', 'health'],
    ['stop'],
  ])
})
