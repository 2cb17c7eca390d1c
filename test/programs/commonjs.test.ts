// The package in CommonJS programs: plain ones, and Jest as it comes, which can load nothing else.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/base/package.ts'
import { packed } from './packed.ts'

const { folder, link, run } = packed(t, {})

const jestTest = `
const { connect, ControlError, startEmulator } = require('bytenite-emulator')
const { JobResponse } = require('bytenite-emulator/schemas/jobs')
const { startContainer } = require('bytenite-emulator/testcontainers')

let emulator
beforeAll(async () => {
  emulator = await startEmulator()
})
afterAll(() => emulator.close())

const call = async (method, path, body) => (await fetch(emulator.url + path, {
  method,
  headers: { authorization: emulator.apiKey },
  body: body && JSON.stringify(body),
})).json()

test('a job, from its creation to its results', async () => {
  const { job } = await call('POST', '/v1/customer/jobs', { templateId: 'emulator-succeeds' })
  expect(Object.keys(job).sort()).toEqual(Object.keys(JobResponse.properties.job.properties).sort())
  // What is loaded only when it is needed: tokens, zipped results.
  const world = emulator.world('default')
  expect(await world.token()).toMatch(/^ey/)
  await call('POST', '/v1/customer/jobs/' + job.id + '/run', {})
  await world.clock.advance('job:' + job.id)
  const { results } = await call('GET', '/v1/customer/jobs/' + job.id + '/results')
  expect(results.length).toBeGreaterThan(0)
  for (const { link } of results) expect((await fetch(link)).status).toBe(200)
  expect((await emulator.inject({ url: '/_emulator/health' })).statusCode).toBe(200)
})

test('a client of a running emulator, an archive and an error', async () => {
  const client = connect(emulator.url)
  await client.world('copy').import(await client.world('default').export())
  expect(await client.worlds()).toContain('copy')
  await expect(client.world('copy').explain('nope')).rejects.toThrow(ControlError)
  expect((await fetch(emulator.url + '/_emulator/openapi.json')).status).toBe(200)
  expect(typeof startContainer).toBe('function')
})
`

void t.test('Jest as it comes, without flags and transforms of its own', async (t) => {
  link('jest')
  writeFileSync(join(folder, 'emulator.test.js'), jestTest)
  const { code, output } = await run('node_modules/jest/bin/jest.js', '--cacheDirectory', join(folder, 'cache'))
  t.equal(code, 0, output)
  t.match(output, /Tests: +2 passed, 2 total/)
})

void t.test('require() and import() of one process bring the same classes', async (t) => {
  const program = `
const required = require('bytenite-emulator')
import('bytenite-emulator').then((imported) => {
  for (const name of ['connect', 'ControlError', 'startEmulator']) console.log(name, imported[name] === required[name])
})
`
  writeFileSync(join(folder, 'both.js'), program)
  const output = ['connect', 'ControlError', 'startEmulator'].map((name) => `${name} true\n`).join('')
  t.strictSame(await run(process.execPath, 'both.js'), { code: 0, output })
})

void t.test('every schema can be required', async (t) => {
  const names = readdirSync(join(packageRoot, 'schemas')).map((file) => file.replace(/\.ts$/, ''))
  writeFileSync(
    join(folder, 'schemas.js'),
    `for (const name of ${JSON.stringify(names)}) if (Object.keys(require('bytenite-emulator/schemas/' + name)).length > 0) console.log(name)`,
  )
  t.strictSame(await run(process.execPath, 'schemas.js'), {
    code: 0,
    output: names.map((name) => `${name}\n`).join(''),
  })
})
