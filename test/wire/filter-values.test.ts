import t from 'tap'
import { client, emulator, steadyClock } from '../emulator.ts'
import { google, filter, template } from './filter-calls.ts'

void t.test('a filter by state is true as of now, though nobody asked since', async (t) => {
  const clock = steadyClock()
  const { url } = await emulator(t, { pace: { by: 'time', total: 10_000_000 }, clock })
  const call = client(url)
  const { id } = (await call('POST', '/v1/customer/jobs', { templateId: 'img-gen-diffusers' })).body.job
  await call('POST', `/v1/customer/jobs/${id}/run`)
  for (const [by, state] of [
    [0, 'JOB_STATE_STARTED'],
    [0.499, 'JOB_STATE_STARTED'],
    [0.001, 'JOB_STATE_UPLOADING'],
    [9.499, 'JOB_STATE_DOWNLOADING'],
    [0.001, 'JOB_STATE_COMPLETE'],
  ] as const) {
    clock.advance(by)
    const { body } = await call('POST', '/v1/customer/jobs/filter', { filters: [filter('state', 'EQ', state)] })
    t.match(body, { pagination: { total: 1 }, data: [{ id, state }] })
  }
})

void t.test('a filtered list has pages', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  for (let i = 0; i < 7; i++) {
    await call('POST', '/v1/customer/jobs', {
      templateId: template,
      name: i % 2 === 0 ? 'even' : 'odd',
      jobId: `job-${i}`,
    })
  }
  const even = [filter('name', 'EQ', google('StringValue', 'even'))]
  const page = async (body: object) => (await call('POST', '/v1/customer/jobs/filter', { filters: even, ...body })).body
  const ids = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id)

  const all = await page({})
  t.same(ids(all), ['job-6', 'job-4', 'job-2', 'job-0'], 'newest first')
  const second = await page({ pagination: { limit: 2, offset: 1 } })
  t.same(ids(second), ['job-4', 'job-2'])
  t.same(second.pagination, { total: 4, offset: 1, hasPrevious: true, hasNext: true })
  t.same(ids(await page({ order_by: 'created_at' })), ['job-0', 'job-2', 'job-4', 'job-6'])
  t.same(ids(await page({ orderBy: 'id desc', pagination: { limit: '1' } })), ['job-6'])
  const beyond = await page({ pagination: { offset: 100 } })
  t.same(beyond, { pagination: { total: 4, offset: 100, hasPrevious: true, hasNext: false }, data: [] })
  t.same(
    (await call('POST', '/v1/customer/jobs/filter')).body,
    (await call('GET', '/v1/customer/jobs')).body,
    'no body: the list',
  )

  await call('DELETE', '/v1/customer/jobs/job-2')
  t.same(ids(await page({})), ['job-6', 'job-4', 'job-0'], 'deleted jobs are gone')
  const stranger = client(url, 'test_default:stranger')
  t.equal((await stranger('POST', '/v1/customer/jobs/filter', { filters: even })).body.pagination.total, 0)
  const other = client(url, 'test_other')
  t.equal((await other('POST', '/v1/customer/jobs/filter', { filters: even })).body.pagination.total, 0)
})

void t.test('wrong filters get 400, code 3', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  for (const [body, message] of [
    [{ filters: [{ field: 'stat', value: 'x' }] }, /did you mean "state"/],
    [{ filters: [{ condition: 'FILTER_CONDITION_EQ', value: 'x' }] }, /filters\[0\]\.field is required/],
    [{ filters: 'x' }, /filters/],
    [{ filters: [{ field: 'state', value: 'x' }] }, /expected one of JOB_STATE_NEW/],
    [{ pagination: { limit: -1 } }, /pagination\.limit/],
  ] as [object, RegExp][]) {
    const answer = await call('POST', '/v1/customer/jobs/filter', body)
    t.equal(answer.status, 400)
    t.match(answer.body, { code: 3, message, details: [] })
  }
})
