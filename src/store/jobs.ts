import type { DataSource } from '../../schemas/datasource.ts'
import type { AppParams, JobConfig } from '../../schemas/job-parts.ts'
import type { JobState } from '../../schemas/jobs.ts'
import type { Micros } from '../timestamps.ts'
import type { Store } from './database.ts'

/** What clients set on a job and no list sorts by. */
export interface JobDetails {
  readonly description: string
  readonly config: JobConfig
  readonly dataSource: DataSource | null
  readonly dataDestination: DataSource | null
  readonly params: AppParams | null
}

export interface JobRecord extends JobDetails {
  readonly id: string
  /** Whose job it is inside the world. */
  readonly account: string
  readonly templateId: string
  readonly name: string
  readonly state: JobState
  readonly createdAt: Micros
  readonly deletedAt: Micros | null
}

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

const orderColumns = {
  createdAt: 'created_at',
  name: 'name',
  templateId: 'template_id',
  state: 'state',
  id: 'id',
} as const
export type JobOrderField = keyof typeof orderColumns

/** The fields that a list of jobs can be ordered by. */
export const jobOrderFields = Object.keys(orderColumns) as JobOrderField[]

export interface JobPage {
  readonly jobs: JobRecord[]
  /** Jobs of the account, on all pages. */
  readonly total: number
}

export interface JobStore {
  /** Deleted jobs are found, too; look at `deletedAt`. */
  find(world: number, id: string): JobRecord | undefined
  /** Call inside an act. */
  insert(world: number, job: JobRecord): void
  /** Call inside an act. Replaces the job with the same id. */
  update(world: number, job: JobRecord): void
  /** The account's jobs that are not deleted. */
  list(world: number, account: string, page: PageRequest): JobPage
}

interface JobRow {
  id: string
  account: string
  template_id: string
  name: string
  state: JobState
  created_at: number
  deleted_at: number | null
  doc: string
}

const toRecord = (row: JobRow): JobRecord => ({
  id: row.id,
  account: row.account,
  templateId: row.template_id,
  name: row.name,
  state: row.state,
  createdAt: row.created_at,
  deletedAt: row.deleted_at,
  ...(JSON.parse(row.doc) as JobDetails),
})

const toDoc = ({ description, config, dataSource, dataDestination, params }: JobRecord): string =>
  JSON.stringify({ description, config, dataSource, dataDestination, params } satisfies JobDetails)

const columns = 'id, account, template_id, name, state, created_at, deleted_at, doc'

export function jobStore(store: Store): JobStore {
  const byId = store.prepare<JobRow>(`SELECT ${columns} FROM jobs WHERE world = ? AND id = ?`)
  const insert = store.prepare(`INSERT INTO jobs (world, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const update = store.prepare(
    'UPDATE jobs SET account = ?, template_id = ?, name = ?, state = ?, deleted_at = ?, doc = ? WHERE world = ? AND id = ?',
  )
  const count = store.prepare<{ jobs: number }>('SELECT jobs FROM accounts WHERE world = ? AND name = ?')

  return {
    find(world, id) {
      const row = byId.get(world, id)
      return row === undefined ? undefined : toRecord(row)
    },
    insert(world, job) {
      const { id, account, templateId, name, state, createdAt, deletedAt } = job
      insert.run(world, id, account, templateId, name, state, createdAt, deletedAt, toDoc(job))
    },
    update(world, job) {
      const { id, account, templateId, name, state, deletedAt } = job
      update.run(account, templateId, name, state, deletedAt, toDoc(job), world, id)
    },
    list(world, account, { limit, offset, orderBy }) {
      const total = count.get(world, account)?.jobs ?? 0
      if (offset >= total) return { jobs: [], total }
      const direction = orderBy.descending ? 'DESC' : 'ASC'
      const order = `ORDER BY ${orderColumns[orderBy.field]} ${direction}, seq ${direction}`
      // The inner query walks an index only; rows are read for the page alone, so a far offset stays cheap.
      const rows = store
        .prepare<JobRow>(
          `SELECT ${columns} FROM jobs WHERE seq IN (
             SELECT seq FROM jobs WHERE world = ? AND account = ? AND deleted_at IS NULL ${order} LIMIT ? OFFSET ?
           ) ${order}`,
        )
        .all(world, account, limit, offset)
      return { jobs: rows.map(toRecord), total }
    },
  }
}
