import type { CreateJobRequest, JobState } from '../../schemas/jobs.ts'
import type { JobConfig } from '../../schemas/job-parts.ts'
import type { Catalogue } from './catalogue.ts'
import { failedPrecondition, notFound, show } from '../base/errors.ts'
import { type Ids, normaliseId } from '../base/ids.ts'
import {
  assertAccount,
  assertAllowed,
  assertRunnable,
  changedJob,
  createdJob,
  type JobChange,
  priceOf,
  requestedId,
  taskCount,
} from '../domain/jobs/job.ts'
import { abortRun, countPoll, entriesAt, type Outcome, runUpTo, startRun } from '../domain/jobs/lifecycle.ts'
import { checkedPace, type Pace, parsePace, type RunBlocks } from '../domain/jobs/pace.ts'
import { heldJob, pacedJob, releasedJob, withRun } from '../domain/jobs/steering.ts'
import type { ScenarioRegistry } from '../control/scenarios.ts'
import type { Commit } from '../store/commit.ts'
import type { JobPage, PageRequest } from '../store/jobs.ts'
import type { JobRecord, Transition, Upload } from '../domain/jobs/job.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Caller } from './caller.ts'
import type { TransitionBus } from './events.ts'
import type { Rows } from '../store/rows.ts'

/** The acts on jobs. Each is one transaction; what is refused changes nothing. */
export interface Jobs {
  /** Creates a job, or updates the one that has the id and was not started. */
  create(caller: Caller, request: CreateJobRequest): Promise<JobRecord>
  /** Changes a job that was not started; absent fields stay. */
  update(caller: Caller, id: string, change: JobChange): Promise<JobRecord>
  /** Starts a job; a config given here counts besides the one the job has. */
  run(caller: Caller, id: string, config: JobConfig): Promise<JobRecord>
  /** Deletes a job that is yet to start, stops one that runs. */
  abort(caller: Caller, id: string): Promise<JobRecord>
  delete(caller: Caller, id: string): Promise<JobRecord>
  /** The client says that the file is there. */
  uploadCompleted(caller: Caller, id: string): Promise<JobRecord>
  /** A file was put to the job's temporary URL; the URL itself was the permission. */
  uploaded(
    world: WorldRecord,
    id: string,
    upload: Omit<Upload, 'completed'>,
    /** Puts the file into its place, in the same act; called only if the job takes it. */
    place: () => void,
  ): Promise<JobRecord>
  /**
   * A job, for those who need no account to see it: holders of signed links.
   *
   * @throws ApiError 404
   */
  find(world: WorldRecord, id: string): JobRecord
  /** @throws ApiError 404, or 403 if it is another account's */
  get(caller: Caller, id: string): JobRecord
  /** The job, of any account, also if it was deleted. @throws ApiError 404 */
  findAny(world: WorldRecord, id: string): JobRecord
  /**
   * Counts a read of a client on those of the jobs whose pace is polls; in one act, each job once.
   *
   * @param jobs as the client would see them now
   * @returns true if any was counted, so that these jobs are out of date
   */
  poll(caller: Caller, jobs: readonly JobRecord[]): Promise<boolean>
  /** Makes a job wait before a state that it would enter by itself. */
  hold(world: WorldRecord, id: string, before: JobState): Promise<JobRecord>
  /**
   * Overrides the pace of one job; an empty string removes the override. A running job continues at the new pace.
   *
   * @throws ApiError 400 for what is not a pace, code 9 for a job that has ended; 404
   */
  setPace(world: WorldRecord, id: string, pace: string): Promise<JobRecord>
  /** Opens the next gates of a job whose pace is gates. */
  release(world: WorldRecord, id: string, steps: number): Promise<JobRecord>
  /** The caller's jobs, and the moment for which order and states are true. */
  list(caller: Caller, page: PageRequest): Promise<JobPage & { readonly at: Micros }>
  /** Brings what lists use up to the present; tells listeners what happened. */
  settle(world: WorldRecord): Promise<void>
  /** The same, and reads them at that moment, before anything else can move them on. */
  settled<Read>(world: WorldRecord, read: (at: Micros) => Read): Promise<Read>
  /** Puts a job of the seed into a world. Call inside an act. */
  addSeeded(world: WorldRecord, request: CreateJobRequest, state: JobState): void
}

/** The parts of the emulator that jobs need. */
export interface JobSurroundings {
  readonly commit: Commit
  readonly rows: Pick<Rows, 'jobs'>
  readonly catalogue: Catalogue
  readonly transitions: TransitionBus
  readonly scenarios: ScenarioRegistry
  readonly ids: Ids
  readonly strict: boolean
  /** The world's pace as it is now. */
  readonly pace: (world: WorldRecord) => Pace
  /** The world's present. */
  readonly now: (world: WorldRecord) => Micros
  /** Checks what a run needs beyond the job itself, and books its price. Call inside an act. */
  readonly onRun: (caller: Caller, job: JobRecord, now: Micros) => void
  /** The life of a job that runs was changed, and with it perhaps its end. Called inside an act. */
  readonly onLife: (world: WorldRecord, job: JobRecord) => void
  /** The blocks that a job really runs; the reason in words if it is played. @throws ApiError 400/9 if one is missing */
  readonly blocksOf: (world: WorldRecord, job: JobRecord) => RunBlocks | string
  /**
   * Names the files that a job leaves behind by a change. Called inside the act.
   *
   * @returns what removes them, to be called after the commit; undefined if there are none
   */
  readonly filesLeft: (world: WorldRecord, before: JobRecord, after: JobRecord) => (() => void) | undefined
}

export function createJobs(surroundings: JobSurroundings): Jobs {
  const { commit, catalogue, transitions, scenarios, ids, strict, pace, now, onRun, onLife, blocksOf, filesLeft } =
    surroundings
  const { jobs: rows } = surroundings.rows

  function find(world: WorldRecord, id: string): JobRecord {
    const job = rows.find(world.key, normaliseId(id))
    if (job === undefined || job.deletedAt !== null) throw notFound(`job ${show(id)} does not exist`, 'unknown-job')
    return job
  }

  function get({ world, account }: Caller, id: string): JobRecord {
    const job = find(world, id)
    assertAccount(job, account)
    return job
  }

  /**
   * Changes one job: settles the world first, so that nothing that has happened already is lost, then tells listeners what the
   * change itself brought about.
   */
  async function change(
    world: WorldRecord,
    read: () => JobRecord,
    make: (job: JobRecord, present: Micros) => JobRecord,
  ): Promise<JobRecord> {
    const { job, happened, removeFiles } = await commit(() => {
      const before = read()
      const present = now(world)
      const happened = rows.settle(world.key, present)
      const job = make(before, present)
      if (job !== before) rows.update(world.key, job, present)
      if (before.run !== null && job.run !== before.run) onLife(world, job)
      happened.push(...newEntries(before, job, present))
      return { job, happened, removeFiles: filesLeft(world, before, job) }
    })
    removeFiles?.()
    transitions.announce(world.key, happened)
    return job
  }

  /**
   * A change that begins or ends a job's life. It must be allowed for the job as the client could know it, too: of several
   * that come at once exactly one wins, and no abort stops a run that began after it was asked for (chosen).
   */
  async function decide(
    command: 'run' | 'abort' | 'delete',
    caller: Caller,
    id: string,
    make: (job: JobRecord, present: Micros) => JobRecord,
  ): Promise<JobRecord> {
    const asked = get(caller, id)
    assertAllowed(command, asked, now(caller.world))
    return change(
      caller.world,
      () => get(caller, id),
      (job, present) => {
        assertAllowed(command, job, present)
        if (asked.run === null && job.run !== null) {
          throw failedPrecondition(`cannot ${command} job ${job.id}: another request has just run it; retry`)
        }
        return make(job, present)
      },
    )
  }

  const outcomeOf = (world: WorldRecord, job: JobRecord): Outcome => {
    const { taskTimeout = 0, jobTimeout = 0 } = job.config
    const tasks = taskCount(job)
    return {
      pace: pace(world),
      ending: { kind: 'completes' },
      tasks,
      payment: priceOf(tasks),
      taskTimeout,
      jobTimeout,
    }
  }

  const remove = (job: JobRecord, present: Micros): JobRecord => ({ ...job, deletedAt: present })

  return {
    create({ world, account }, request) {
      const id = requestedId(request.jobId, strict)
      let removeFiles: (() => void) | undefined
      const created = commit(() => {
        const existing = id === undefined ? undefined : rows.find(world.key, id)
        const template = catalogue.resolve(world.key, account, request.templateId)
        const present = now(world)
        const job = createdJob(request, { id: id ?? ids.uuid(), existing, template, account, now: present })
        // Each is one statement: only an update that deletes has a second one.
        if (existing === undefined) rows.insert(world.key, job, present)
        else {
          rows.update(world.key, job, present)
          removeFiles = filesLeft(world, existing, job)
        }
        return job
      }, 'last')
      if (id === undefined) return created
      return created.then((job) => {
        removeFiles?.()
        return job
      })
    },

    update: (caller, id, wanted) =>
      change(
        caller.world,
        () => get(caller, id),
        (job, present) => changedJob(job, wanted, present),
      ),

    async run(caller, id, config) {
      let undo = (): void => undefined
      const start = (job: JobRecord, present: Micros): JobRecord => {
        const configured = { ...job, config: { ...job.config, ...config } }
        assertRunnable(configured)
        const decision = scenarios.decide(caller.world.name, configured, outcomeOf(caller.world, configured))
        const { outcome, script } = decision
        undo = decision.undo
        // A test that decides the outcome or the pace of a run needs no code for it.
        const blocks = script === null && job.pace === null ? blocksOf(caller.world, configured) : ''
        const paced =
          typeof blocks === 'object'
            ? { ...outcome, pace: { by: 'run', blocks } as const, tasks: 0, payment: 0 }
            : job.pace === null
              ? outcome
              : { ...outcome, pace: parsePace(job.pace) }
        const running = { ...configured, run: startRun(present, paced), script }
        onRun(caller, running, present)
        return running
      }
      try {
        return await decide('run', caller, id, start)
      } catch (error) {
        // Refused, or not committed: then the scenario was not used.
        undo()
        throw error
      }
    },

    abort: (caller, id) =>
      decide('abort', caller, id, (job, present) =>
        job.run === null ? remove(job, present) : { ...job, run: abortRun(job.run, present) },
      ),

    delete: (caller, id) => decide('delete', caller, id, remove),

    uploadCompleted: (caller, id) =>
      change(
        caller.world,
        () => get(caller, id),
        (job, present) => {
          assertAllowed('upload', job, present)
          if (job.upload === null) {
            throw failedPrecondition(`job ${job.id} has no uploaded file: PUT it to dataSource.params.tempUrl first`)
          }
          return { ...job, upload: { ...job.upload, completed: true } }
        },
      ),

    uploaded: (world, id, upload, place) =>
      change(
        world,
        () => find(world, id),
        (job, present) => {
          assertAllowed('upload', job, present)
          place()
          return { ...job, upload: { ...upload, completed: false } }
        },
      ),

    find,

    get,

    findAny(world, id) {
      const job = rows.find(world.key, normaliseId(id))
      if (job === undefined) throw notFound(`job ${show(id)} does not exist in world ${world.name}`)
      if (job.isForgotten === true) {
        throw notFound(`job ${show(id)} was deleted; what it was is kept for the 1,000 that were deleted last`)
      }
      return job
    },

    async poll({ world, account }, jobs) {
      const counts = ({ run }: JobRecord): boolean => run !== null && run.polls !== null && run.pending.length > 0
      const wanted = new Set(jobs.filter((job) => job.account === account && counts(job)).map(({ id }) => id))
      if (wanted.size === 0) return false
      const happened = await commit(() => {
        const present = now(world)
        const happened = rows.settle(world.key, present)
        for (const id of wanted) {
          const before = rows.find(world.key, id)
          if (before === undefined || before.deletedAt !== null || !counts(before)) continue
          const job = withRun(before, (run) => countPoll(run, present))
          rows.update(world.key, job, present)
          onLife(world, job)
          happened.push(...newEntries(before, job, present))
        }
        return happened
      })
      transitions.announce(world.key, happened)
      return true
    },

    hold: (world, id, before) =>
      change(
        world,
        () => find(world, id),
        (job, present) => heldJob(job, before, present),
      ),

    setPace(world, id, text) {
      const own = text === '' ? undefined : checkedPace(text)
      return change(
        world,
        () => find(world, id),
        (job, present) => pacedJob(job, text || null, own ?? pace(world), present),
      )
    },

    release: (world, id, steps) =>
      change(
        world,
        () => find(world, id),
        (job, present) => releasedJob(job, steps, present),
      ),

    async list({ world, account }, page) {
      const read = (at: Micros) => ({ ...rows.list(world.key, account, page, at), at })
      return page.orderBy.field === 'state' ? settled(world, read) : read(now(world))
    },

    settle: (world) => settled(world, () => undefined),

    settled,

    addSeeded(world, request, state) {
      const present = now(world)
      const id = requestedId(request.jobId, strict) ?? ids.uuid()
      const template = catalogue.resolve(world.key, 'owner', request.templateId)
      const job = createdJob(request, { id, existing: undefined, template, account: 'owner', now: present })
      rows.insert(world.key, { ...job, run: runUpTo(state, present, outcomeOf(world, job)) }, present)
    },
  }

  async function settled<Read>(world: WorldRecord, read: (at: Micros) => Read): Promise<Read> {
    const at = now(world)
    const next = rows.nextAt(world.key)
    if (next === null || next > at) return read(at)
    const { happened, found } = await commit(() => {
      const at = now(world)
      const happened = rows.settle(world.key, at)
      return { happened, found: read(at) }
    })
    transitions.announce(world.key, happened)
    return found
  }
}

/** States that a change itself brought about. */
function newEntries(before: JobRecord, after: JobRecord, now: Micros): Transition[] {
  const known = entriesAt(before.run, now).length
  return entriesAt(after.run, now)
    .slice(known)
    .map(([state, at]) => ({ jobId: after.id, account: after.account, state, at }))
}
