import t from 'tap'
import { type Filter, FilterRequest } from '../../schemas/filters.ts'
import { formatTimestamp, parseTimestamp } from '../../src/base/timestamps.ts'
import { compileDecoder } from '../../src/wire/decode.ts'
import { compileFilters, type FilterFields } from '../../src/wire/filters.ts'
import { openStore } from '../../src/store/database.ts'
import { jobFilterFields, type JobFilterField, jobFilterSql } from '../../src/store/job-filters.ts'
import { client, emulator } from '../emulator.ts'
import { google, filter, template } from './filter-calls.ts'

const fields = {
  name: { kind: 'text' },
  size: { kind: 'number' },
  cost: { kind: 'number', nullable: true },
  'config.isTest': { kind: 'bool' },
  createdAt: { kind: 'timestamp' },
  state: { kind: 'enum', names: ['NEW', 'BUSY', 'DONE'] },
  tags: { kind: 'list' },
  'stateTimestamps.STATE_NEW': { kind: 'timestamp' },
} as const satisfies FilterFields<string>

/** Reads filters as they come in a body. */
const read = (filters: Filter[]) => {
  const { filters: decoded = [] } = decode(JSON.stringify({ filters }), []) as FilterRequest
  return compileFilters(fields)(decoded)
}
const decode = compileDecoder(FilterRequest, {})

void t.test('filters become criteria', async (t) => {
  for (const [sent, expected] of [
    [filter('name', 'EQ', 'x'), { field: 'name', op: '=', value: 'x' }],
    [
      { field: 'name', value: 'x' },
      { field: 'name', op: '=', value: 'x' },
    ],
    [filter('name', 1, 'x'), { field: 'name', op: '!=', value: 'x' }],
    [filter('name', 'EQ', google('StringValue', 'x')), { field: 'name', op: '=', value: 'x' }],
    [filter('name', 'EQ', google('StringValue', '')), { field: 'name', op: '=', value: '' }],
    [
      filter('name', 'EQ', { '@type': 'google.protobuf.StringValue', value: 'x' }),
      { field: 'name', op: '=', value: 'x' },
    ],
    [filter('name', 'EQ', google('Value', 'x')), { field: 'name', op: '=', value: 'x' }],
    [filter('name', 'EQ'), { field: 'name', op: '=', value: '' }],
    [filter('name', 'NEQ', null), { field: 'name', op: '!=', value: '' }],
    [filter('name', 'EQ', {}), { field: 'name', op: '=', value: '' }],
    [filter('name', 'IN', ['x', google('StringValue', 'y')]), { field: 'name', op: 'in', values: ['x', 'y'] }],
    [filter('name', 'IN', google('ListValue', ['x'])), { field: 'name', op: '=', value: 'x' }],
    [filter('name', 'IN', []), { field: 'name', op: 'in', values: [] }],
    [filter('name', 'NOT_IN', google('Value', ['x'])), { field: 'name', op: 'not in', values: ['x'] }],
    [filter('name', 'LIKE', 'a_%'), { field: 'name', op: 'glob', pattern: 'a?*', prefix: 'a' }],
    [filter('name', 'LIKE', '%a*[?'), { field: 'name', op: 'glob', pattern: '*a[*][[][?]', prefix: '' }],
    [filter('name', 'LIKE', 'a\\%b%'), { field: 'name', op: 'glob', pattern: 'a%b*', prefix: 'a%b' }],
    [filter('size', 'GT', 5), { field: 'size', op: '>', value: 5 }],
    [filter('size', 'GTE', '5'), { field: 'size', op: '>=', value: 5 }],
    [filter('size', 'LT', google('Int64Value', '-5')), { field: 'size', op: '<', value: -5 }],
    [filter('size', 'LTE', google('DoubleValue', 0.5)), { field: 'size', op: '<=', value: 0.5 }],
    [filter('size', 'EQ', google('UInt32Value', 0)), { field: 'size', op: '=', value: 0 }],
    [filter('size', 'LT', google('DoubleValue', 'Infinity')), { field: 'size', op: '<', value: Infinity }],
    [filter('size', 'EQ', null), { field: 'size', op: '=', value: 0 }],
    [filter('cost', 'EQ', null), { field: 'cost', op: 'unset' }],
    [filter('cost', 'NEQ', null), { field: 'cost', op: 'set' }],
    [filter('config.isTest', 'EQ', google('BoolValue', true)), { field: 'config.isTest', op: '=', value: 1 }],
    [filter('config.is_test', 'NEQ', true), { field: 'config.isTest', op: '!=', value: 1 }],
    [filter('created_at', 'GT', '1970-01-01T00:00:01Z'), { field: 'createdAt', op: '>', value: 1_000_000 }],
    [
      filter('createdAt', 'LT', google('Timestamp', '1970-01-01T01:00:00.5+01:00')),
      { field: 'createdAt', op: '<', value: 500_000 },
    ],
    [filter('createdAt', 'NEQ', null), { field: 'createdAt', op: 'set' }],
    [filter('state_timestamps.STATE_NEW', 'EQ', null), { field: 'stateTimestamps.STATE_NEW', op: 'unset' }],
    [filter('state', 'EQ', 'BUSY'), { field: 'state', op: '=', value: 'BUSY' }],
    [filter('state', 'EQ', 2), { field: 'state', op: '=', value: 'DONE' }],
    [filter('state', 'EQ', null), { field: 'state', op: '=', value: 'NEW' }],
    [filter('state', 'NEQ', 'BUSY'), { field: 'state', op: 'in', values: ['NEW', 'DONE'] }],
    [filter('state', 'GTE', 'BUSY'), { field: 'state', op: 'in', values: ['BUSY', 'DONE'] }],
    [filter('state', 'GT', 'DONE'), { field: 'state', op: 'in', values: [] }],
    [filter('state', 'LT', google('StringValue', 'BUSY')), { field: 'state', op: '=', value: 'NEW' }],
    [filter('state', 'NOT_IN', ['NEW', 'BUSY']), { field: 'state', op: '=', value: 'DONE' }],
    [filter('state', 'LIKE', '%E%'), { field: 'state', op: 'in', values: ['NEW', 'DONE'] }],
    [filter('state', 'LIKE', '_U%Y'), { field: 'state', op: '=', value: 'BUSY' }],
    [filter('state', 'LIKE', 'N'), { field: 'state', op: 'in', values: [] }],
    [filter('tags', 'ARRAY_CONTAINS', 'x'), { field: 'tags', op: 'has any', values: ['x'] }],
    [filter('tags', 'ARRAY_CONTAINS_ANY', ['x', 'y']), { field: 'tags', op: 'has any', values: ['x', 'y'] }],
  ] as [Filter, object][]) {
    t.same(read([sent]), [expected], JSON.stringify(sent))
  }
})

void t.test('filters that are wrong are refused by name', async (t) => {
  const many = (count: number) => Array.from({ length: count }, () => 'x')
  for (const [sent, message] of [
    [
      [filter('nam', 'EQ', 'x')],
      /filters\[0\]\.field "nam" is unknown \(did you mean "name"\?\); known are name, size/,
    ],
    [[filter('constructor', 'EQ', 'x')], /"constructor" is unknown/],
    [
      [filter('name', 'EQ', 'x'), filter('name', 'EQUALS', 'x')],
      /filters\[1\]\.condition "FILTER_CONDITION_EQUALS" is unknown/,
    ],
    [[{ field: 'name', condition: 'NOTIN', value: [] }], /did you mean "FILTER_CONDITION_NOT_IN"/],
    [[{ field: 'name', condition: 'EQ', value: 'x' }], /did you mean "FILTER_CONDITION_EQ"/],
    [[{ field: 'name', condition: 99, value: 'x' }], /condition 99 is unknown/],
    [[filter('name', 'EQ', 5)], /filters\[0\]\.value 5: expected a string/],
    [[filter('size', 'EQ', 'many')], /value "many": expected a number/],
    [[filter('size', 'EQ', [1])], /expected a number/],
    [[filter('size', 'GT')], /filters\[0\]\.value is required: expected a number/],
    [[filter('config.isTest', 'EQ', 'true')], /expected true or false/],
    [
      [filter('config.isTest', 'GT', true)],
      /FILTER_CONDITION_GT does not fit field config.isTest, which is a bool; known are FILTER_CONDITION_EQ/,
    ],
    [[filter('createdAt', 'GT', 'yesterday')], /"yesterday": expected RFC 3339/],
    [[filter('createdAt', 'LIKE', '2025%')], /LIKE does not fit field createdAt/],
    [[filter('state', 'EQ', 'DOME')], /expected one of NEW, BUSY, DONE \(did you mean "DONE"\?\)/],
    [[filter('state', 'IN', ['NEW', 7])], /filters\[0\]\.value\[1\] 7: expected one of/],
    [[filter('tags', 'EQ', 'x')], /does not fit field tags, which is a list/],
    [[filter('name', 'ARRAY_CONTAINS', 'x')], /does not fit field name, which is a text/],
    [[filter('name', 'IN', 'x')], /"x": expected a list for FILTER_CONDITION_IN/],
    [[filter('name', 'IN')], /value is required: expected a list/],
    [[filter('name', 'IN', many(1001))], /holds 1001 values; at most 1000 are allowed/],
    [many(101).map((name) => filter('name', 'EQ', name)), /holds 101 filters; at most 100 are allowed/],
    [[filter('name', 'LIKE', 'x'.repeat(1001))], /pattern of 1001 characters/],
    [[filter('name', 'EQ', { stringValue: 'x' })], /expected plain JSON or an Any/],
    [[filter('name', 'EQ', google('StrinValue', 'x'))], /unable to resolve .*did you mean google.protobuf.StringValue/],
    [
      [filter('name', 'EQ', google('StringValue', 5))],
      /invalid value for string field value: 5; filters\[0\].value.value takes a JSON string/,
    ],
    [[filter('size', 'EQ', google('Int32Value', 2 ** 31))], /takes a whole number from -2147483648 to 2147483647/],
    [[filter('size', 'EQ', google('Int64Value', '9223372036854775808'))], /invalid value for int64 field value/],
    [[filter('size', 'EQ', google('FloatValue', 3.5e38))], /invalid value for float field value/],
    [[filter('name', 'EQ', google('StringValue'))], /missing "value" field/],
    [[filter('name', 'EQ', google('StringValue', null))], /invalid value for string field value: null/],
    [[filter('createdAt', 'EQ', google('Timestamp', '2025'))], /takes RFC 3339/],
  ] as [Filter[], RegExp][]) {
    t.throws(() => read(sent), { message, kind: 'invalidArgument' }, message.source)
  }
})

void t.test('a hostile pattern costs nothing', async (t) => {
  const started = performance.now()
  read(Array.from({ length: 100 }, () => filter('state', 'LIKE', `${'%_'.repeat(499)}x`)))
  t.ok(performance.now() - started < 1000)
})

void t.test('filters on the usual fields go through an index', async (t) => {
  const store = openStore(null)
  t.teardown(() => store.close())
  const readJobs = compileFilters(jobFilterFields)
  const newest = { field: 'createdAt', descending: true } as const
  const scope = { world: 1, account: 'owner', now: 1, limit: 10, offset: 0 }
  for (const [sent, search, sorts] of [
    [filter('state', 'EQ', 'JOB_STATE_NEW'), 'jobs_state (world=? AND account=? AND state=?)', false],
    [filter('state', 'NEQ', 'JOB_STATE_NEW'), 'jobs_state (world=? AND account=? AND state=?)', true],
    [filter('templateId', 'EQ', 'x'), 'jobs_template_id (world=? AND account=? AND template_id=?)', false],
    [filter('name', 'EQ', 'x'), 'jobs_name (world=? AND account=? AND name=?)', false],
    [filter('name', 'IN', ['x', 'y']), 'jobs_name (world=? AND account=? AND name=?)', true],
    [filter('name', 'LIKE', 'x%'), 'jobs_name (world=? AND account=? AND name>? AND name<?)', true],
    [
      filter('createdAt', 'GT', '2025-01-01T00:00:00Z'),
      'jobs_created_at (world=? AND account=? AND created_at>?)',
      null,
    ],
    [filter('endedAt', 'LT', '2025-01-01T00:00:00Z'), 'jobs_ended_at (world=? AND account=? AND ended_at<?)', null],
    [filter('id', 'EQ', 'x'), 'jobs_id (world=? AND id=?)', null],
    [filter('id', 'IN', ['x', 'y']), 'jobs_id (world=? AND id=?)', null],
  ] as [Filter, string, boolean | null][]) {
    const { count, page } = jobFilterSql(readJobs([sent]), newest)
    for (const { sql, values } of [count, page]) {
      const plan = store
        .prepare<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values, scope)
        .map(({ detail }) => detail)
      t.ok(
        plan.some((step) => step.startsWith('SEARCH jobs USING') && step.endsWith(search)),
        `${JSON.stringify(sent)}: ${plan.join('; ')}`,
      )
      t.notOk(plan.some((step) => /^SCAN jobs/.test(step)))
      if (sorts !== null && sql === page.sql)
        t.equal(
          plan.some((step) => step.includes('TEMP B-TREE')),
          sorts,
        )
    }
  }
})

void t.test('what a client sends never gets into a statement', async (t) => {
  const readJobs = compileFilters(jobFilterFields)
  const evil = `x') OR 1=1; DROP TABLE jobs; --`
  const values: Readonly<Record<string, unknown>> = { number: 4711, bool: true, timestamp: '2031-07-08T09:10:11Z' }
  for (const field of Object.keys(jobFilterFields) as JobFilterField[]) {
    const { kind, names } = jobFilterFields[field]
    const value = names?.[3] ?? values[kind] ?? evil
    for (const condition of kind === 'list' ? ['ARRAY_CONTAINS'] : ['EQ', 'NEQ']) {
      const { count, page } = jobFilterSql(readJobs([filter(field, condition, value)]), {
        field: 'name',
        descending: false,
      })
      t.notMatch(count.sql + page.sql, /DROP|4711|1941268211/)
    }
  }
})

void t.test('jobs are filtered by every field', async (t) => {
  const { url } = await emulator(t, { pace: { by: 'time', total: 10_000_000 } })
  const call = client(url)
  const bypass = { dataSourceDescriptor: 'bypass' }
  const base = { templateId: template, dataSource: bypass }
  const advance = (by: string) => call('POST', '/_emulator/worlds/default/clock/advance', { by })
  const create = async (body: object) => (await call('POST', '/v1/customer/jobs', body)).body.job as { id: string }
  await call('POST', '/_emulator/worlds/default/clock/freeze')

  const ended = await create({
    ...base,
    name: 'ended*',
    description: 'first',
    config: { jobTimeout: 60, isTestJob: true },
  })
  const failing = await create({ ...base, name: 'Failing', config: { taskTimeout: 1 } })
  await advance('1s')
  await call('POST', `/v1/customer/jobs/${ended.id}/run`)
  await advance('8s')
  await call('POST', `/v1/customer/jobs/${failing.id}/run`)
  const running = await create({
    templateId: 'img-gen-diffusers',
    name: 'running 100%',
    params: { partitioner: { num_replicas: 7 } },
  })
  await advance('1s')
  await call('POST', `/v1/customer/jobs/${running.id}/run`)
  const fresh = await create({
    templateId: template,
    dataSource: {
      dataSourceDescriptor: 'url',
      params: { '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource', url: 'https://example.com/a.txt' },
    },
    dataDestination: bypass,
  })
  await advance('4s')
  // Now: 14 s. `ended` ran from 1 to 11, `failing` failed at 9 + 2 + 1, `running` ran 4 of 10 s, `fresh` never.
  const names = new Map([ended, failing, running, fresh].map(({ id }, index) => [id, 'efrn'[index]]))
  const find = async (...filters: unknown[]) => {
    const { status, body } = await call('POST', '/v1/customer/jobs/filter', { filters, orderBy: 'createdAt' })
    t.equal(status, 200, JSON.stringify(filters))
    t.equal(body.pagination.total, body.data.length)
    return body.data.map(({ id }: { id: string }) => names.get(id)).join('')
  }
  const zero = parseTimestamp((await call('GET', `/v1/customer/jobs/${ended.id}`)).body.job.createdAt as string)!
  const at = (seconds: number) => formatTimestamp(zero + seconds * 1_000_000)

  for (const [field, condition, value, expected] of [
    ['state', 'EQ', 'JOB_STATE_COMPLETE', 'e'],
    ['state', 'NEQ', 'JOB_STATE_NEW', 'efr'],
    ['state', 'GT', 'JOB_STATE_COMPLETE', 'f'],
    ['state', 'IN', ['JOB_STATE_NEW', 'JOB_STATE_PARTITIONED'], 'rn'],
    ['state', 'LIKE', 'JOB_STATE_%E%', 'efrn'],
    ['id', 'EQ', ended.id.toUpperCase(), 'e'],
    ['id', 'IN', [ended.id, fresh.id, 'unknown'], 'en'],
    ['id', 'NOT_IN', [ended.id, fresh.id], 'fr'],
    ['template_id', 'EQ', template, 'efn'],
    ['templateId', 'NEQ', template, 'r'],
    ['name', 'EQ', '', 'n'],
    ['name', 'NEQ', '', 'efr'],
    ['name', 'GTE', 'ended*', 'er'],
    ['name', 'LIKE', 'ended*', 'e'],
    ['name', 'LIKE', '%ing%', 'fr'],
    ['name', 'LIKE', 'f%', ''],
    ['name', 'LIKE', '%100\\%', 'r'],
    ['name', 'LIKE', '______', 'e'],
    ['description', 'EQ', 'first', 'e'],
    ['description', 'LIKE', '%', 'efrn'],
    ['createdAt', 'EQ', at(0), 'ef'],
    ['createdAt', 'GT', at(9), 'n'],
    ['createdAt', 'GTE', at(9), 'rn'],
    ['createdAt', 'LT', google('Timestamp', at(9)), 'ef'],
    ['submittedAt', 'EQ', null, 'n'],
    ['submittedAt', 'NEQ', at(1), 'frn'],
    ['submittedAt', 'GT', at(1), 'fr'],
    ['startedAt', 'LTE', at(9.5), 'ef'],
    ['endedAt', 'EQ', null, 'rn'],
    ['endedAt', 'NEQ', null, 'ef'],
    ['endedAt', 'GT', at(11), 'f'],
    ['endedAt', 'IN', [at(11), at(12), at(20)], 'ef'],
    ['endedAt', 'NOT_IN', [at(11)], 'frn'],
    ['startAt', 'EQ', null, 'efrn'],
    ['deletedAt', 'NEQ', null, ''],
    ['duration', 'EQ', 10, 'e'],
    ['duration', 'LT', google('DoubleValue', 5.5), 'f'],
    ['duration', 'EQ', null, 'rn'],
    ['paymentAmount', 'GT', 2, 'r'],
    ['paymentAmount', 'EQ', 0, 'n'],
    ['numUnitsEstimation', 'EQ', google('Int64Value', '7'), 'r'],
    ['numChunks', 'GTE', 1, 'efr'],
    ['errorMessage', 'EQ', 'taskTimeout of 1 s exceeded', 'f'],
    ['errorMessage', 'EQ', '', 'ern'],
    ['priority', 'EQ', 'EXECUTION_PRIORITY_UNDEFINED', 'efrn'],
    ['priority', 'GT', 'EXECUTION_PRIORITY_UNDEFINED', ''],
    ['appId', 'EQ', '', 'efrn'],
    ['config.jobTimeout', 'GT', 0, 'e'],
    ['config.task_timeout', 'EQ', 1, 'f'],
    ['config.isTestJob', 'EQ', true, 'e'],
    ['config.isTestJob', 'NEQ', true, 'frn'],
    ['dataSource.dataSourceDescriptor', 'EQ', 'bypass', 'efr'],
    ['data_source.params.url', 'LIKE', 'https://%', 'n'],
    ['dataDestination.dataSourceDescriptor', 'IN', ['bucket'], 'efr'],
    ['stateTimestamps.JOB_STATE_MERGING', 'NEQ', null, 'e'],
    ['stateTimestamps.JOB_STATE_PARTITIONED', 'EQ', at(12), 'r'],
    ['state_timestamps.JOB_STATE_NEW', 'LTE', at(0), 'ef'],
    ['stateTimestamps', 'ARRAY_CONTAINS', 'JOB_STATE_FAILED', 'f'],
    ['stateTimestamps', 'ARRAY_CONTAINS_ANY', ['JOB_STATE_FAILED', 'JOB_STATE_MERGED'], 'ef'],
    ['stateTimestamps', 'ARRAY_CONTAINS', 'JOB_STATE_NEW', 'efrn'],
    ['regions.whitelist', 'ARRAY_CONTAINS', 'eu', ''],
  ] as [string, string, unknown, string][]) {
    t.equal(await find(filter(field, condition, value)), expected, `${field} ${condition} ${JSON.stringify(value)}`)
  }

  t.equal(
    await find(
      filter('templateId', 'EQ', template),
      filter('state', 'NEQ', 'JOB_STATE_NEW'),
      filter('name', 'LIKE', 'F%'),
    ),
    'f',
    'all filters must hold',
  )
  t.equal(await find(), 'efrn', 'without filters, all jobs')
})
