import type { JobState } from '../../schemas/jobs.ts'
import type { JobRecord, Transition } from '../domain/jobs/job.ts'
import { entriesAt, enteredAt, enterRun, failRun, isFinal, type Run, stateAt } from '../domain/jobs/lifecycle.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Commit } from '../store/commit.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { TransitionBus } from './events.ts'
import type { Rows } from '../store/rows.ts'

/** One run of one job: a later one of a job with the same id began at another time. */
export interface RunOf {
  readonly world: WorldRecord
  readonly jobId: string
  /** When it was run. */
  readonly began: Micros
}

/** The acts by which those who really run a job's blocks move it along. */
export interface Runs {
  /**
   * Enters a state, and those before it.
   *
   * @returns undefined if the run has ended meanwhile, or is gone
   */
  enter(
    run: RunOf,
    to: JobState,
    known?: { readonly tasks?: number; readonly payment?: number },
  ): Promise<JobRecord | undefined>
  /** Ends a run in FAILED, unless it has ended. */
  fail(run: RunOf, reason: string): Promise<void>
  /** The job of a run that has not ended, or undefined. */
  find(run: RunOf): JobRecord | undefined
  /** Counts a task of a job as running. Returns what ends that. */
  beginTask(run: RunOf): () => void
  /** Tasks of a run that really run now; none once the job has ended. */
  tasks(run: RunOf): number
  /** Fails what runs on paper only, since the emulator that ran it is gone. */
  failCut(): Promise<void>
  /** Fails what ran in the world from which this one was copied. Call inside an act. */
  failCopied(world: WorldRecord): void
}

/** The error of a job whose blocks are no longer run. */
export const cutReason = 'the emulator ended while this job ran'

/** The same for a copy of a job, whose blocks do not run. */
const copiedReason = 'its world was copied while this job ran'

/** The parts of the emulator that runs need. */
interface RunSurroundings {
  readonly commit: Commit
  readonly rows: Pick<Rows, 'jobs' | 'worlds'>
  readonly transitions: TransitionBus
  readonly now: (world: WorldRecord) => Micros
  /** The life of a job was changed, and with it perhaps its end. Called inside an act. */
  readonly onLife: (world: WorldRecord, job: JobRecord) => void
}

export function createRuns({ commit, rows: { jobs: rows, worlds }, transitions, now, onLife }: RunSurroundings): Runs {
  function worldOf(key: number): WorldRecord | undefined {
    const name = worlds.nameOf(key)
    return name === undefined ? undefined : worlds.find(name)
  }

  const working = new Map<string, number>()
  const keyOf = ({ world, jobId, began }: RunOf): string => `${world.key}/${jobId}/${began}`
  const countTask = (key: string, by: number): void => {
    const count = (working.get(key) ?? 0) + by
    if (count > 0) working.set(key, count)
    else working.delete(key)
  }

  function find({ world, jobId, began }: RunOf): JobRecord | undefined {
    const job = rows.find(world.key, jobId)
    if (job === undefined || job.deletedAt !== null || job.run?.blocks === undefined) return undefined
    const isSame = enteredAt(job.run, 'JOB_STATE_STARTED') === began
    return isSame && !isFinal(stateAt(job.run, now(world))) ? job : undefined
  }

  async function change(
    run: RunOf,
    make: (run: Run, present: Micros) => Run | undefined,
  ): Promise<JobRecord | undefined> {
    const { world } = run
    const happened: Transition[] = []
    const changed = await commit(() => {
      const present = now(world)
      happened.push(...rows.settle(world.key, present))
      const job = find(run)
      const life = job === undefined ? undefined : make(job.run!, present)
      if (job === undefined || life === undefined) return undefined
      const after = { ...job, run: life }
      rows.update(world.key, after, present)
      onLife(world, after)
      const known = entriesAt(job.run, present).length
      for (const [state, at] of entriesAt(life, present).slice(known)) {
        happened.push({ jobId: job.id, account: job.account, state, at })
      }
      return after
    })
    transitions.announce(world.key, happened)
    return changed
  }

  return {
    beginTask(run) {
      countTask(keyOf(run), 1)
      return () => countTask(keyOf(run), -1)
    },
    tasks: (run) => (find(run) === undefined ? 0 : (working.get(keyOf(run)) ?? 0)),
    find,
    enter: (run, to, known) => change(run, (life, present) => enterRun(life, to, present, known)),
    async fail(run, reason) {
      await change(run, (life, present) => failRun(life, present, reason))
    },
    failCopied(world) {
      const present = now(world)
      for (const { id } of rows.reallyRunning(world.key)) {
        const job = rows.find(world.key, id)
        if (job?.run == null || isFinal(stateAt(job.run, present))) continue
        const failed = { ...job, run: failRun(job.run, present, copiedReason) }
        rows.update(world.key, failed, present)
        onLife(world, failed)
      }
    },
    async failCut() {
      for (const { world: key, id } of rows.reallyRunning(null)) {
        const world = worldOf(key)
        const began = world && enteredAt(rows.find(key, id)?.run ?? null, 'JOB_STATE_STARTED')
        if (world === undefined || began === null || began === undefined) continue
        await change({ world, jobId: id, began }, (life, present) => failRun(life, present, cutReason))
      }
    },
  }
}
