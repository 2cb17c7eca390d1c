// A row and its file are of one act, also for a program that is killed between any two of its steps.
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { connect } from '../../src/index.ts'
import { client } from '../emulator.ts'
import { bypass, finish, put, until, waitingJob } from '../routes/files.ts'
import { run, stop } from '../program.ts'

const kills = 12

/** Starts the emulator again and again, and kills it while it does something. */
async function killing(
  t: Test,
  data: string,
  begin: (url: string, kill: number) => Promise<unknown>,
  check: (url: string, kill: number) => Promise<void>,
): Promise<void> {
  let program = run(t, ['--port', '0', '--data', data])
  let url = await program.ready
  for (let kill = 1; kill <= kills; kill++) {
    const killed = begin(url, kill).catch(() => undefined)
    await delay(kill % 6)
    await stop(program, 'SIGKILL')
    await killed
    program = run(t, ['--port', '0', '--data', data])
    url = await program.ready
    await check(url, kill)
  }
  await stop(program)
}

/** Uploads and results of a world, by job. The archive is refused where a row and its file differ, so it is read back. */
async function filesOf(t: Test, url: string, world: string): Promise<string[]> {
  const bytes = await connect(url).world(world).export()
  await t.resolves(connect(url).world('read-back').import(bytes, { replace: true }))
  const text = Buffer.from(bytes).toString('latin1')
  return [...new Set(text.match(/files\/[\w-]+\/(upload\.bin|results\/\d+)/g))].sort()
}

void t.test('a second upload that is killed leaves the first one, row and bytes', async (t) => {
  const data = join(t.testdir(), 'data')
  const first = run(t, ['--port', '0', '--data', data])
  const { id, tempUrl: firstUrl } = await waitingJob(client(await first.ready))
  await put(firstUrl, 'x')
  await stop(first)
  const tempUrl = async (url: string) =>
    (await client(url)('GET', `/v1/customer/jobs/${id}`)).body.job.dataSource.params.tempUrl as string
  await killing(
    t,
    data,
    async (url, kill) => {
      await put(await tempUrl(url), 'y'.repeat(100 + kill))
    },
    async (url, kill) => {
      const bytes = await connect(url).world('default').export()
      await t.resolves(connect(url).world(`after-${kill}`).import(bytes), `kill ${kill}`)
    },
  )
})

void t.test(
  'a world that is emptied or replaced while it is killed has its rows and files, or the new ones',
  async (t) => {
    const data = join(t.testdir(), 'data')
    const first = run(t, ['--port', '0', '--data', data])
    const url = await first.ready
    const worlds = ['default', 'other']
    for (const world of worlds) {
      const call = client(url, `test_${world}`)
      await put((await waitingJob(call)).tempUrl, 'an upload')
      const { body } = await call('POST', '/v1/customer/jobs', { templateId: 'img-gen-diffusers', dataSource: bypass })
      await finish(call, body.job.id, world)
      await call('GET', `/v1/customer/jobs/${body.job.id}/results`)
    }
    const [before, others] = [await filesOf(t, url, 'default'), await filesOf(t, url, 'other')]
    t.ok(before.length > 1 && others.length > 1 && before.join() !== others.join(), before.join())
    const own = await connect(url).world('default').export()
    const foreign = await connect(url).world('other').export()
    await stop(first)

    const acts = {
      reset: (url: string) => connect(url).world('default').reset(),
      drop: (url: string) => connect(url).world('default').drop(),
      'fork over': (url: string) => connect(url).world('other').fork('default', { replace: true }),
      import: (url: string) => connect(url).world('default').import(foreign, { replace: true }),
    }
    const [names, list] = [Object.keys(acts), Object.values(acts)]
    let seen = 0
    await killing(
      t,
      data,
      (url, kill) => list[kill % list.length]!(url),
      async (url, kill) => {
        const exists = (await connect(url).worlds()).includes('default')
        const now = exists ? await filesOf(t, url, 'default') : []
        const possible = ['', before.join(), others.join()]
        t.ok(possible.includes(now.join()), `kill ${kill}, ${names[kill % names.length]}: ${now.join()}`)
        seen += now.join() === before.join() ? 0 : 1
        await connect(url).world('default').import(own, { replace: true })
        // What no row names is swept at the start.
        const places = new Set(['default', 'other', 'read-back'])
        await until(() => readdirSync(join(data, 'files', 'worlds')).length <= places.size)
      },
    )
    t.comment(`${seen} of ${kills} acts were done before the kill`)
  },
)

void t.test('a data directory of a former version, killed while it is brought up to date', async (t) => {
  const fixture = join(import.meta.dirname, '..', 'fixtures', 'schema-4')
  const answers = JSON.parse(readFileSync(join(fixture, 'answers.json'), 'utf8'))
  for (let kill = 1; kill <= kills; kill++) {
    const data = join(t.testdir(), `data-${kill}`)
    cpSync(join(fixture, 'data'), data, { recursive: true })
    const killed = run(t, ['--port', '0', '--data', data])
    killed.ready.catch(() => undefined)
    await delay(100 + kill * 15)
    await stop(killed, 'SIGKILL')
    const program = run(t, ['--port', '0', '--data', data])
    const { body } = await client(await program.ready)('GET', '/v1/customer/jobs?orderBy=createdAt')
    const ids = (page: any) => page.data.map(({ id }: any) => id)
    t.strictSame(ids(body), ids(answers.jobs), `kill ${kill}`)
    await stop(program)
  }
})
