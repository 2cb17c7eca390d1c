import { invalidArgument } from '../base/errors.ts'
import { jobStates, priorities } from '../../schemas/jobs.ts'
import type { Criterion } from '../wire/filters.ts'
import { normaliseId } from '../base/ids.ts'
import type { Micros } from '../base/timestamps.ts'
import { type Clause, clauseOf, type FilterColumn } from './criteria.ts'
import type { Store } from './database.ts'
import { type JobOrder, type JobPage, type JobRow, jobColumns, jobOrderSql, type PageRequest, toJob } from './jobs.ts'

interface JobFilterColumn extends FilterColumn {
  /** Its value moves with time: call `settle` before. */
  readonly moves?: true
}

const text = (path: string): JobFilterColumn => ({
  kind: 'text',
  sql: `coalesce(json_extract(doc, '$.${path}'), '')`,
})
const number = (path: string): JobFilterColumn => ({
  kind: 'number',
  sql: `coalesce(json_extract(doc, '$.${path}'), 0)`,
})

const never: JobFilterColumn = { kind: 'timestamp', sql: 'NULL' }
const empty: JobFilterColumn = { kind: 'list', sql: `'[]'` }

/** Past rows of the timeline: `$[0]` the state, `$[1]` when it was entered. */
const entered = `json_each(doc, '$.run.timeline') AS entry WHERE json_extract(entry.value, '$[1]') <= @now`
const enteredAt = (state: string): string =>
  `(SELECT json_extract(entry.value, '$[1]') FROM ${entered} AND json_extract(entry.value, '$[0]') = '${state}')`

const seen = (column: string): string => `CASE WHEN ${column} <= @now THEN ${column} END`

/**
 * The fields that jobs can be filtered by: those of the answer, with what they show as SQL.
 *
 * An index answers for `id`, `state`, `templateId`, `name`, `createdAt`, `submittedAt` and `endedAt` with EQ, GT, GTE, LT, LTE,
 * IN and, for texts, LIKE with a beginning that is not a wildcard; for `state` with every condition. Such a filter costs what
 * the rows that match its best field cost. Everything else reads the account's jobs one by one.
 */
const columns = {
  id: { kind: 'text', sql: 'id', normalise: normaliseId },
  templateId: { kind: 'text', sql: 'template_id' },
  name: { kind: 'text', sql: 'name' },
  description: text('description'),
  state: { kind: 'enum', sql: 'state', names: jobStates, moves: true },
  priority: { kind: 'enum', sql: `'${priorities[0]}'`, names: priorities },
  createdAt: { kind: 'timestamp', sql: 'created_at' },
  submittedAt: { kind: 'timestamp', sql: seen('submitted_at'), column: 'submitted_at' },
  startedAt: { kind: 'timestamp', sql: seen('started_at') },
  endedAt: { kind: 'timestamp', sql: seen('ended_at'), column: 'ended_at' },
  startAt: never,
  deletedAt: never,
  duration: {
    kind: 'number',
    sql: 'CASE WHEN ended_at <= @now THEN (ended_at - submitted_at) / 1000000.0 END',
    nullable: true,
  },
  paymentAmount: number('run.payment'),
  numUnitsEstimation: number('run.tasks'),
  numChunks: {
    kind: 'number',
    sql: `CASE WHEN ${enteredAt('JOB_STATE_PARTITIONED')} IS NULL THEN 0 ELSE json_extract(doc, '$.run.tasks') END`,
  },
  errorMessage: {
    kind: 'text',
    sql: `CASE WHEN state = 'JOB_STATE_FAILED' THEN json_extract(doc, '$.run.failure') ELSE '' END`,
    moves: true,
  },
  appId: { kind: 'text', sql: `''` },
  'config.taskTimeout': number('config.taskTimeout'),
  'config.jobTimeout': number('config.jobTimeout'),
  'config.isTestJob': { kind: 'bool', sql: number('config.isTestJob').sql },
  'dataSource.dataSourceDescriptor': text('dataSource.dataSourceDescriptor'),
  'dataSource.params.name': text('dataSource.params.name'),
  'dataSource.params.url': text('dataSource.params.url'),
  'dataSource.params.bucketName': text('dataSource.params.bucketName'),
  'dataDestination.dataSourceDescriptor': text('dataDestination.dataSourceDescriptor'),
  'dataDestination.params.name': text('dataDestination.params.name'),
  'dataDestination.params.bucketName': text('dataDestination.params.bucketName'),
  'params.preset': text('params.preset'),
  'regions.blacklist': empty,
  'regions.whitelist': empty,
  stateTimestamps: {
    kind: 'list',
    names: jobStates,
    sql:
      `(SELECT json_insert(json_group_array(json_extract(entry.value, '$[0]')), '$[#]', '${jobStates[0]}') ` +
      `FROM ${entered})`,
  },
  ...(Object.fromEntries(
    jobStates.map((state) => [
      `stateTimestamps.${state}`,
      { kind: 'timestamp', sql: state === jobStates[0] ? 'created_at' : enteredAt(state) },
    ]),
  ) as Record<`stateTimestamps.${(typeof jobStates)[number]}`, JobFilterColumn>),
} as const satisfies Record<string, JobFilterColumn>

export type JobFilterField = keyof typeof columns
export type JobCriterion = Criterion<JobFilterField>

/** The fields of jobs that filters can name. */
export const jobFilterFields: Readonly<Record<JobFilterField, JobFilterColumn>> = columns

/** Fields whose index is worth starting from, the one that leaves fewest rows first, and the column each index ends with. */
const indexes: readonly (readonly [JobFilterField, index: string, last: JobOrder['field'] | 'seq'])[] = [
  ['id', 'jobs_id', 'id'],
  ['name', 'jobs_name', 'seq'],
  ['state', 'jobs_state', 'seq'],
  ['templateId', 'jobs_template_id', 'seq'],
  ['createdAt', 'jobs_created_at', 'createdAt'],
  ['submittedAt', 'jobs_submitted_at', 'submittedAt'],
  ['endedAt', 'jobs_ended_at', 'endedAt'],
]

/** How well an index narrows by a criterion: 0 best. */
function reach(criterion: JobCriterion): number | undefined {
  switch (criterion.op) {
    case '=':
      return 0
    case 'in':
      // What was GT or NEQ of a state leaves many of them.
      return criterion.field === 'state' ? 2 : 0
    case 'glob':
      return criterion.prefix === '' ? undefined : 1
    case '>':
    case '>=':
    case '<':
    case '<=':
      return 1
    default:
      return undefined
  }
}

function bestIndex(criteria: readonly JobCriterion[]): (typeof indexes)[number] | undefined {
  const usable = indexes.flatMap((index) =>
    criteria
      .filter(({ field }) => field === index[0])
      .map((criterion) => ({ index, reach: reach(criterion) }))
      .filter((found) => found.reach !== undefined),
  )
  // Sorting is stable: among equals the order of the table counts.
  return usable.sort((a, b) => a.reach! - b.reach!)[0]?.index
}

/** Tells if these criteria, or this order, need settled rows. */
export const needsSettling = (criteria: readonly JobCriterion[], orderBy: JobOrder): boolean =>
  orderBy.field === 'state' || criteria.some(({ field }) => jobFilterFields[field].moves === true)

/**
 * Writes the two statements of a filtered page, which take `@world`, `@account`, `@now`, and for the page `@limit` and
 * `@offset`.
 *
 * The index is named, since without statistics SQLite may walk all jobs in the order asked for rather than sort the few that
 * match. Within a world the order of making is the order of `seq`, with which the indexes for EQ end: so the usual order, by
 * `createdAt`, needs no sorting there.
 */
export function jobFilterSql(criteria: readonly JobCriterion[], orderBy: JobOrder): { count: Clause; page: Clause } {
  const clauses = criteria.map((criterion) => clauseOf(criterion, jobFilterFields[criterion.field]))
  const values = clauses.flatMap((clause) => clause.values)
  const best = bestIndex(criteria)
  // Without one, rows are read in the order in which they lie in the file.
  const by = `INDEXED BY ${best?.[1] ?? 'jobs_created_at'} `
  const where = ['world = @world', 'account = @account', 'deleted_at IS NULL', ...clauses.map(({ sql }) => sql)].join(
    ' AND ',
  )
  const direction = orderBy.descending ? 'DESC' : 'ASC'
  const order =
    orderBy.field === 'createdAt' && best?.[2] === 'seq'
      ? `ORDER BY seq ${direction}`
      : `ORDER BY ${jobOrderSql(orderBy.field)} ${direction}, seq ${direction}`
  return {
    count: { sql: `SELECT count(*) AS count FROM jobs ${by}WHERE ${where}`, values },
    page: {
      sql: `SELECT ${jobColumns} FROM jobs WHERE seq IN (
              SELECT seq FROM jobs ${by}WHERE ${where} ${order} LIMIT @limit OFFSET @offset
            ) ${order}`,
      values,
    },
  }
}

export interface JobFilterStore {
  /** The account's jobs that meet all criteria. Call `settle` before, if `needsSettling` says so. */
  filter(world: number, account: string, criteria: readonly JobCriterion[], page: PageRequest, now: Micros): JobPage
}

/** Characters of a pattern times those that it is matched against: about a second of work. */
const mostWork = 5e8

export const jobFilterStore = (store: Store): JobFilterStore => {
  /** Matching may compare every character of a pattern with every character of the texts, and blocks other requests meanwhile. */
  function assertCheap(field: JobFilterField, pattern: string, scope: object): void {
    const size = `SELECT total(length(${jobFilterFields[field].sql})) AS characters FROM jobs
      WHERE world = @world AND account = @account AND deleted_at IS NULL AND @now IS NOT NULL`
    const { characters } = store.prepare<{ characters: number }>(size).get(scope)!
    if (pattern.length * characters <= mostWork) return
    throw invalidArgument(
      `a pattern of ${pattern.length} characters for ${field}, which has ${characters} in all jobs: shorten the pattern`,
      'filter-rules',
    )
  }

  return {
    filter(world, account, criteria, { limit, offset, orderBy }, now) {
      const { count, page } = jobFilterSql(criteria, orderBy)
      const scope = { world, account, now }
      for (const criterion of criteria)
        if (criterion.op === 'glob') assertCheap(criterion.field, criterion.pattern, scope)
      const total = store.prepare<{ count: number }>(count.sql).get(...count.values, scope)!.count
      if (offset >= total) return { jobs: [], total }
      const rows = store
        .prepare<JobRow>(page.sql)
        .raw()
        .all(...page.values, { ...scope, limit, offset })
      return { jobs: rows.map(toJob), total }
    },
  }
}
