// What reads found is kept until the next act, and the text of a job until time moves it: nobody gets what is out of date.
import t from 'tap'
import { openStore } from '../../src/store/database.ts'
import { readCache } from '../../src/store/read-cache.ts'
import { client, emulator, steadyClock } from '../emulator.ts'

void t.test('what was read is kept', async (t) => {
  const store = openStore(null)
  t.teardown(() => store.close())
  const cache = readCache<string>(store)

  await t.test('until the next act, whatever that does', async (t) => {
    t.equal(cache.keep('a', 'one', 3), 'one')
    t.equal(cache.find('a'), 'one')
    t.equal(cache.find('b'), undefined)
    await store.commit(() => undefined)
    t.equal(cache.find('a'), undefined)
    cache.keep('a', 'two', 3)
    store.act(() => undefined)
    t.equal(cache.find('a'), undefined)
  })

  await t.test('but not during an act, which may be undone', async (t) => {
    cache.keep('a', 'before', 6)
    await store
      .commit(() => {
        t.equal(cache.find('a'), undefined, 'the act may have changed it')
        cache.keep('a', 'within', 6)
        throw new Error('undone')
      })
      .catch(() => undefined)
    t.equal(cache.find('a'), undefined)
  })

  await t.test('in a memory that has a bound', async (t) => {
    cache.keep('large', 'x', 60_000)
    t.equal(cache.find('large'), undefined)
    for (let i = 0; i < 100; i++) cache.keep(`job ${i}`, 'x', 40_000)
    t.equal(cache.find('job 99'), 'x')
    const left = Array.from({ length: 100 }, (_, i) => cache.find(`job ${i}`)).filter((found) => found !== undefined)
    t.ok(left.length <= 25, `${left.length} are left`)
  })

  await t.test('by the jobs of a client that polls', async (t) => {
    const { url } = await emulator(t)
    const call = client(url)
    const { body } = await call('POST', '/v1/customer/jobs', { templateId: 'hello-world-template', name: 'one' })
    const path = `/v1/customer/jobs/${body.job.id}`
    const names = async () => {
      const job = await call('GET', path)
      const list = await call('GET', '/v1/customer/jobs')
      return [job.body.job?.name ?? job.status, ...list.body.data.map(({ name }: { name: string }) => name)]
    }
    t.strictSame(await names(), ['one', 'one'])
    t.strictSame(await names(), ['one', 'one'])
    await call('PATCH', `${path}/jobname`, '"two"')
    t.strictSame(await names(), ['two', 'two'])
    await call('POST', '/v1/customer/jobs', { templateId: 'hello-world-template', name: 'three' })
    t.strictSame(await names(), ['two', 'three', 'two'])
    await call('DELETE', path)
    t.strictSame(await names(), [404, 'three'])
    await call('POST', '/_emulator/worlds/default/reset')
    t.strictSame(await names(), [404])
  })

  await t.test('by the text of a job, until time moves it on, or its template changes', async (t) => {
    const clock = steadyClock()
    const { url } = await emulator(t, { clock, pace: '1h' })
    const call = client(url)
    await call('POST', '/v1/dev/templates', { id: 'own', description: 'before', app: 'hello-world' })
    const none = { dataSourceDescriptor: 'bypass' }
    const request = { templateId: 'own', dataSource: none, dataDestination: none }
    const { body } = await call('POST', '/v1/customer/jobs', request)
    const path = `/v1/customer/jobs/${body.job.id}`
    t.equal((await call('POST', `${path}/run`)).status, 200)
    const read = async () => {
      const { job, templateInfo } = (await call('GET', path)).body
      return [job.state, Object.keys(job.stateTimestamps).length, job.duration, templateInfo.description]
    }
    t.strictSame(await read(), ['JOB_STATE_STARTED', 2, null, 'before'])
    t.strictSame(await read(), ['JOB_STATE_STARTED', 2, null, 'before'])
    await call('POST', '/v1/dev/templates', { id: 'own', description: 'after', app: 'hello-world' })
    t.strictSame(await read(), ['JOB_STATE_STARTED', 2, null, 'after'])
    // No act between these: time alone moves the job.
    clock.advance(3600)
    t.strictSame(await read(), ['JOB_STATE_COMPLETE', 10, 3600, 'after'])
    const plain = (await call('GET', `${path}?x=1`)).headers.get('content-type')
    t.equal(plain, 'application/json')
  })

  await t.test('but not for a link to upload to, which is signed anew', async (t) => {
    const clock = steadyClock()
    const { url } = await emulator(t, { clock })
    const call = client(url)
    const { body } = await call('POST', '/v1/customer/jobs', {
      templateId: 'hello-world-template',
      dataSource: {
        dataSourceDescriptor: 'file',
        params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource', name: 'a.txt' },
      },
    })
    const link = async () => (await call('GET', `/v1/customer/jobs/${body.job.id}`)).body.job.dataSource.params.tempUrl
    const before = await link()
    t.match(before, /^http/)
    clock.advance(60)
    t.not(await link(), before)
  })
})
