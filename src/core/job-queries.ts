import { normaliseId } from '../base/ids.ts'
import type { JobRecord } from '../domain/jobs/job.ts'
import { enteredAt, runningTasks } from '../domain/jobs/lifecycle.ts'
import type { JobCriterion, JobFilterStore } from '../store/job-filters.ts'
import { needsSettling } from '../store/job-filters.ts'
import type { Slice } from '../wire/paging.ts'
import type { JobConditions, JobPage, JobStore, PageRequest } from '../store/jobs.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Caller } from './caller.ts'
import type { Jobs } from './jobs.ts'
import type { Runs } from './runs.ts'

/** Questions about many jobs at once. Nothing here changes what a client sees. */
export interface JobQueries {
  /** The caller's jobs that meet all criteria, and the moment for which that is true. */
  filter(
    caller: Caller,
    criteria: readonly JobCriterion[],
    page: PageRequest,
  ): Promise<JobPage & { readonly at: Micros }>
  /** Jobs of a world, of all accounts, newest first, and the moment of their states. */
  all(world: WorldRecord, slice: Slice, conditions: JobConditions): Promise<JobPage & { readonly at: Micros }>
  /** The caller's jobs of these ids; ids of no such job are passed over. */
  named(caller: Caller, ids: readonly string[]): JobRecord[]
  /**
   * How many tasks of each job are running now. Jobs that are not there, or not the caller's, are left out (chosen: one wrong
   * id does not spoil the answer about the others).
   */
  runningTasks(caller: Caller, ids: readonly string[]): Record<string, number>
}

export function createJobQueries(
  jobs: Jobs,
  rows: JobStore,
  filters: JobFilterStore,
  now: (world: WorldRecord) => Micros,
  runs: Pick<Runs, 'tasks'>,
): JobQueries {
  function own({ world, account }: Caller, id: string): JobRecord | undefined {
    const job = rows.find(world.key, normaliseId(id))
    return job?.account === account && job.deletedAt === null ? job : undefined
  }

  return {
    async filter(caller, criteria, page) {
      const { world, account } = caller
      if (criteria.length === 0) return jobs.list(caller, page)
      const read = (at: Micros) => ({ ...filters.filter(world.key, account, criteria, page, at), at })
      return needsSettling(criteria, page.orderBy) ? jobs.settled(world, read) : read(now(world))
    },

    all: (world, slice, conditions) =>
      jobs.settled(world, (at) => ({ ...rows.listAll(world.key, slice, conditions), at })),

    named: (caller, ids) => ids.flatMap((id) => own(caller, id) ?? []),

    runningTasks(caller, ids) {
      const { world } = caller
      const at = now(world)
      const counts: [string, number][] = []
      for (const id of ids) {
        const job = own(caller, id)
        if (job === undefined) continue
        const began = job.run?.blocks === undefined ? null : enteredAt(job.run, 'JOB_STATE_STARTED')
        counts.push([id, began === null ? runningTasks(job.run, at) : runs.tasks({ world, jobId: job.id, began })])
      }
      return Object.fromEntries(counts)
    },
  }
}
