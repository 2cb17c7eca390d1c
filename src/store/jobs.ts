import type { JobDetails, JobRecord, Transition } from '../domain/jobs/job.ts'
import type { JobState } from '../../schemas/jobs.ts'
import { endAt, enteredAt, nextAt, stateAt } from '../domain/jobs/lifecycle.ts'
import type { Slice } from '../wire/paging.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Store } from './database.ts'
import { readCache } from './read-cache.ts'
import { encodeDocument } from '../wire/encode.ts'

/** A page of a list; `offset` may lie beyond the end. */
export interface PageRequest {
  readonly limit: number
  readonly offset: number
  readonly orderBy: JobOrder
}

export interface JobOrder {
  readonly field: JobOrderField
  readonly descending: boolean
}

/** Column of each field that lists are ordered by. */
const jobOrderColumns = {
  createdAt: 'created_at',
  name: 'name',
  templateId: 'template_id',
  state: 'state',
  submittedAt: 'submitted_at',
  endedAt: 'ended_at',
  id: 'id',
} as const
/** SQL to order by a field as answers show it: the planned end of a running job is not shown, and null is the smallest value. */
export const jobOrderSql = (field: JobOrderField): string =>
  field === 'endedAt' ? 'CASE WHEN ended_at <= @now THEN ended_at END' : jobOrderColumns[field]

export type JobOrderField = keyof typeof jobOrderColumns

/** The fields that a list of jobs can be ordered by. */
export const jobOrderFields = Object.keys(jobOrderColumns) as JobOrderField[]

export interface JobPage {
  readonly jobs: JobRecord[]
  /** Jobs of the account, on all pages. */
  readonly total: number
}

/** Which jobs of a world are wanted; null: any. */
export interface JobConditions {
  readonly state: string | null
  readonly templateId: string | null
  /** A part of name or id. */
  readonly text: string | null
}

export interface JobStore {
  /** Deleted jobs are found, too; look at `deletedAt`. */
  find(world: number, id: string): JobRecord | undefined
  /** Call inside an act. */
  insert(world: number, job: JobRecord, now: Micros): void
  /** Call inside an act. Replaces the job with the same id. Of deleted ones, the newest 1,000 keep their documents. */
  update(world: number, job: JobRecord, now: Micros): void
  /** The account's jobs that are not deleted. Call `settle` before, if the order is by state. */
  list(world: number, account: string, page: PageRequest, now: Micros): JobPage
  /** The world's matching jobs of all accounts, without deleted ones, newest first. Call `settle` before. */
  listAll(world: number, slice: Slice, conditions: JobConditions): JobPage
  /**
   * Call inside an act. Brings the columns that lists use up to a moment.
   *
   * @returns what happened since the last time, in order
   */
  settle(world: number, now: Micros): Transition[]
  /** Jobs of the world that are not deleted, by state. Call `settle` before. */
  countByState(world: number): Partial<Record<JobState, number>>
  /**
   * Jobs whose blocks are really run, as it stood when their world was settled last. Reads every job.
   *
   * @param world null: all worlds
   */
  reallyRunning(world: number | null): { readonly world: number; readonly id: string }[]
  /** Ids of the world's jobs that are not deleted. Reads every job. */
  ids(world: number): string[]
  /** When the next job of the world enters a state by itself, or null. The past if `settle` has work to do. */
  nextAt(world: number): Micros | null
}

/** A row of `jobColumns`, as an array: objects cost half as much again. */
export type JobRow = readonly [
  id: string,
  account: string,
  templateId: string,
  name: string,
  createdAt: number,
  deletedAt: number | null,
  doc: string,
]

/** Reads a row. The document of a deleted job may be empty, and rows of earlier versions lack some fields. */
export function toJob([id, account, templateId, name, createdAt, deletedAt, doc]: JobRow): JobRecord {
  const {
    description = '',
    config = {},
    dataSource = null,
    dataDestination = null,
    params = null,
    upload = null,
    run = null,
    script = null,
    pace = null,
  } = JSON.parse(doc) as Partial<JobDetails>
  return {
    id,
    account,
    templateId,
    name,
    createdAt,
    deletedAt,
    description,
    config,
    dataSource,
    dataDestination,
    params,
    upload,
    run,
    script,
    pace,
    isForgotten: doc === emptyDocument,
  }
}

const emptyDocument = '{}'

/** Deleted jobs of a world that keep their documents. */
const keptDeleted = 1000

function toDoc({ description, config, dataSource, dataDestination, params, upload, run, script, pace }: JobRecord) {
  const doc: JobDetails = { description, config, dataSource, dataDestination, params, upload, run, script, pace }
  return encodeDocument(doc, params)
}

/** The values of the lifecycle columns for a job at a moment. */
function lifeColumns({ run, deletedAt }: JobRecord, now: Micros) {
  return [
    stateAt(run, now),
    enteredAt(run, 'JOB_STATE_STARTED'),
    enteredAt(run, 'JOB_STATE_UPLOADING'),
    endAt(run),
    // A deleted job moves no more.
    deletedAt === null ? nextAt(run, now) : null,
  ] as const
}

export const jobColumns = 'id, account, template_id, name, created_at, deleted_at, doc'
const lifeNames = 'state, submitted_at, started_at, ended_at, next_at'

export function jobStore(store: Store): JobStore {
  const byId = store.prepare<JobRow>(`SELECT ${jobColumns} FROM jobs WHERE world = ? AND id = ?`).raw()
  const insert = store.prepare(
    `INSERT INTO jobs (world, ${jobColumns}, ${lifeNames}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = store.prepare(
    `UPDATE jobs SET (template_id, name, deleted_at, doc, ${lifeNames}) = (?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE world = ? AND id = ?`,
  )
  const forget = store.prepare(
    `UPDATE jobs SET name = '', doc = '{}' WHERE seq IN (
       SELECT seq FROM jobs WHERE world = ? AND deleted_at IS NOT NULL AND doc <> '{}'
       ORDER BY deleted_at DESC, seq DESC LIMIT -1 OFFSET ${keptDeleted}
     )`,
  )
  const live = store.prepare<{ id: string }>('SELECT id FROM jobs WHERE world = ? AND deleted_at IS NULL')
  const count = store.prepare<{ jobs: number }>('SELECT jobs FROM accounts WHERE world = ? AND name = ?')
  const due = store
    .prepare<[seq: number, nextAt: number, ...job: JobRow]>(
      `SELECT seq, next_at, ${jobColumns} FROM jobs WHERE world = ? AND next_at <= ? ORDER BY next_at`,
    )
    .raw()
  const settleOne = store.prepare('UPDATE jobs SET state = ?, next_at = ? WHERE seq = ?')
  const next = store.prepare<{ at: number | null }>(
    'SELECT min(next_at) AS at FROM jobs WHERE world = ? AND next_at IS NOT NULL',
  )

  const byState = store.prepare<{ state: JobState; jobs: number }>(
    'SELECT state, count(*) AS jobs FROM jobs WHERE world = ? AND deleted_at IS NULL GROUP BY state',
  )

  const running = store.prepare<{ world: number; id: string }>(
    `SELECT world, id FROM jobs WHERE (@world IS NULL OR world = @world) AND deleted_at IS NULL
       AND state NOT IN ('JOB_STATE_NEW', 'JOB_STATE_COMPLETE', 'JOB_STATE_FAILED')
       AND json_extract(doc, '$.run.blocks') IS NOT NULL`,
  )

  const fits = `world = @world AND deleted_at IS NULL AND (@state IS NULL OR state = @state)
    AND (@templateId IS NULL OR template_id = @templateId)
    AND (@text IS NULL OR instr(lower(name), lower(@text)) > 0 OR instr(lower(id), lower(@text)) > 0)`
  const countFitting = store.prepare<{ jobs: number }>(`SELECT count(*) AS jobs FROM jobs WHERE ${fits}`)
  const fitting = store
    .prepare<JobRow>(`SELECT ${jobColumns} FROM jobs WHERE ${fits} ORDER BY seq DESC LIMIT @limit OFFSET @offset`)
    .raw()

  // Clients poll: the same job or page is read many times before anything changes.
  const kept = readCache<JobRecord>(store)
  const keptPages = readCache<JobPage>(store)

  return {
    find(world, id) {
      const key = `${world} ${id}`
      const known = kept.find(key)
      if (known !== undefined) return known
      const row = byId.get(world, id)
      return row === undefined ? undefined : kept.keep(key, toJob(row), row[6].length)
    },
    insert(world, job, now) {
      const { id, account, templateId, name, createdAt, deletedAt } = job
      insert.run(world, id, account, templateId, name, createdAt, deletedAt, toDoc(job), ...lifeColumns(job, now))
    },
    update(world, job, now) {
      const { id, templateId, name, deletedAt } = job
      update.run(templateId, name, deletedAt, toDoc(job), ...lifeColumns(job, now), world, id)
      if (deletedAt !== null) forget.run(world)
    },
    list(world, account, { limit, offset, orderBy }, now) {
      const key = `${world} ${account} ${orderBy.field} ${orderBy.descending} ${limit} ${offset}`
      const known = keptPages.find(key)
      if (known !== undefined) return known
      const total = count.get(world, account)?.jobs ?? 0
      if (offset >= total) return { jobs: [], total }
      const direction = orderBy.descending ? 'DESC' : 'ASC'
      const order = `ORDER BY ${jobOrderSql(orderBy.field)} ${direction}, seq ${direction}`
      const page = `FROM jobs WHERE world = ? AND account = ? AND deleted_at IS NULL ${order} LIMIT ? OFFSET ?`
      // An index has the order, and rows before the offset are not read. Only the end has to be sorted: then without the documents.
      const sql =
        orderBy.field === 'endedAt'
          ? `SELECT ${jobColumns} FROM jobs WHERE seq IN (SELECT seq ${page}) ${order}`
          : `SELECT ${jobColumns} ${page}`
      const rows = store.prepare<JobRow>(sql).raw().all(world, account, limit, offset, { now })
      const found = { jobs: rows.map(toJob), total }
      // Time changes this order, without an act.
      if (orderBy.field === 'endedAt') return found
      return keptPages.keep(
        key,
        found,
        rows.reduce((size, row) => size + row[6].length, 0),
      )
    },
    listAll(world, { limit, offset }, conditions) {
      const wanted = { world, ...conditions }
      const total = countFitting.get(wanted)!.jobs
      const rows = offset < total ? fitting.all({ ...wanted, limit, offset }) : []
      return { jobs: rows.map(toJob), total }
    },
    settle(world, now) {
      const transitions: Transition[] = []
      for (const [seq, dueAt, ...row] of due.all(world, now)) {
        const { id, account, run } = toJob(row)
        for (const [state, at] of run?.timeline ?? []) {
          if (at >= dueAt && at <= now) transitions.push({ jobId: id, account, state, at })
        }
        settleOne.run(stateAt(run, now), nextAt(run, now), seq)
      }
      return transitions.sort((a, b) => a.at - b.at)
    },
    countByState: (world) => Object.fromEntries(byState.all(world).map(({ state, jobs }) => [state, jobs])),
    reallyRunning: (world) => running.all({ world }),
    ids: (world) => live.all(world).map(({ id }) => id),
    nextAt: (world) => next.get(world)?.at ?? null,
  }
}
