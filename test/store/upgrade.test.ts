// A data directory and an export of the first schema that was handed out open, and mean the same.
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { client, emulator, steadyClock } from '../emulator.ts'

const fixture = join(import.meta.dirname, '..', 'fixtures', 'schema-4')
const answers = JSON.parse(readFileSync(join(fixture, 'answers.json'), 'utf8'))
const jobs = '/v1/customer/jobs'

/** Everything that the fixture's answers hold, as the emulator answers now. Links have another host and signature. */
async function everythingOf(url: string, key: string, world: string) {
  const call = client(url, key)
  const get = async (path: string) => (await call('GET', path)).body
  const found = {
    jobs: await get(`${jobs}?orderBy=createdAt`),
    templates: await get('/v1/dev/templates/own'),
    secrets: await get('/v1/auth/secrets'),
    balance: await get('/v1/wallet/balance'),
    transactions: await get('/v1/wallet/transactions'),
    clock: await get(`/_emulator/worlds/${world}/clock`),
  }
  return JSON.parse(JSON.stringify(found, (name, value) => (name === 'tempUrl' ? undefined : value)))
}

async function filesOf(url: string, key: string): Promise<string[]> {
  const call = client(url, key)
  await call('POST', `${jobs}/fed/run`, {})
  const { link } = (await call('GET', `${jobs}/complete/results`)).body.results[0]
  return [await (await fetch(link)).text()]
}

void t.test('a data directory of the former version', async (t) => {
  const data = join(t.testdir(), 'data')
  cpSync(join(fixture, 'data'), data, { recursive: true })
  const clock = steadyClock('2027-01-01T00:00:00Z')
  for (const run of ['first', 'second']) {
    const started = await emulator(t, { data, clock })
    t.strictSame(await everythingOf(started.url, 'test_default', 'default'), answers, run)
    if (run === 'second') t.match(await filesOf(started.url, 'test_default'), [/./])
    await started.close()
  }
})

void t.test('an export of the former version', async (t) => {
  const { url, world } = await emulator(t, { clock: steadyClock('2027-01-01T00:00:00Z') })
  await world('default').import(readFileSync(join(fixture, 'world.tar')))
  const { transactions, balance, jobs: list, ...rest } = await everythingOf(url, 'test_default', 'default')
  t.strictSame({ jobs: list, transactions, balance, ...rest }, answers)
  t.match(await filesOf(url, 'test_default'), [/./])
})
