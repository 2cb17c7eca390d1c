import type { Explanation } from '../../schemas/control.ts'
import type { Fault } from '../../schemas/faults.ts'
import type { Exchange } from '../../schemas/journal.ts'
import { describeFault } from './faults.ts'
import type { JobState } from '../../schemas/jobs.ts'
import { type Entry, isFinal, progressAt, type Run } from '../domain/jobs/lifecycle.ts'
import type { RunBlocks } from '../domain/jobs/pace.ts'
import type { JobRecord } from '../domain/jobs/job.ts'
import { formatTimestamp, type Micros } from '../base/timestamps.ts'

/**
 * Why a job is where it is: its timeline with reasons, what moves it on, and the requests about it.
 *
 * @param why says why the blocks of its template are not run, and why the job cannot be run, as things are now
 */
export function explain(
  job: JobRecord,
  now: Micros,
  exchanges: readonly Exchange[],
  faults: readonly Fault[],
  why: { readonly played: () => string; readonly notRun: () => string | undefined },
): Explanation {
  const { state, errorMessage } = progressAt(job.run, job.createdAt, now)
  const past: Entry = ['JOB_STATE_NEW', job.createdAt]
  const entries = [past, ...(job.run?.timeline ?? [])]
  return {
    jobId: job.id,
    templateId: job.templateId,
    name: job.name,
    state,
    now: formatTimestamp(now),
    deleted: job.deletedAt !== null,
    timeline: [
      ...entries.map(([name, at]) => ({
        state: name,
        at: formatTimestamp(at),
        entered: at <= now,
        reason: reasonOf(name, job),
      })),
      ...(job.run?.pending ?? []).map((name, index) => ({
        state: name,
        at: '',
        entered: false,
        reason: waitsFor(job.run!, index),
      })),
    ],
    next: nextOf(job, state, now, why.notRun),
    scenario: job.script?.scenario ?? '',
    pace: job.pace ?? '',
    execution: executionOf(job, why.played),
    errorMessage,
    requests: exchanges.map(({ at, operation, status, fault }) => {
      const rule = faults.find(({ id }) => id === fault)
      return { at, operation, status, fault: fault ?? '', faultDoes: rule === undefined ? '' : describeFault(rule) }
    }),
  }
}

function executionOf({ run, script, pace }: JobRecord, whyPlayed: () => string): string {
  if (run === null) return ''
  if (run.blocks !== undefined) return `run: ${blocksOf(run.blocks)}`
  const why = script !== null ? 'a scenario decided it' : pace !== null ? 'it has its own pace' : whyPlayed()
  return `played: ${why}`
}

function reasonOf(state: JobState, { run, pace }: JobRecord): string {
  if (state === 'JOB_STATE_NEW') return 'the job was created'
  if (state === 'JOB_STATE_STARTED') return 'the job was run'
  if (state === 'JOB_STATE_FAILED') return run!.failure
  if (run?.blocks !== undefined) return 'its building blocks reached it'
  return pace === null ? 'the pace of the run' : 'the pace of the job'
}

const waitsFor = ({ polls, blocks, follows }: Run, index: number): string =>
  blocks !== undefined
    ? 'waits for its building blocks'
    : polls === null
      ? (follows?.[index] ?? null) === null
        ? 'waits at a gate'
        : 'the pace, once the gate before it is open'
      : `waits for reads by a client (${polls.seen} of ${polls.total} so far)`

const blocksOf = ({ partitioner, app, assembler }: RunBlocks): string => [partitioner, app, assembler].join(', ')

function nextOf(
  { id, run, deletedAt }: JobRecord,
  state: JobState,
  now: Micros,
  whyNotRun: () => string | undefined,
): string {
  if (deletedAt !== null) return 'nothing: the job was deleted'
  if (run === null) return whyNotRun() ?? `POST /v1/customer/jobs/${id}/run starts it`
  if (isFinal(state)) return 'nothing: the job has ended'
  const future = run.timeline.find(([, at]) => at > now)
  const byItself = future === undefined ? undefined : `time: ${future[0]} at ${formatTimestamp(future[1])}`
  if (run.pending.length === 0) return byItself ?? 'nothing: this job never ends; abort it'
  const [first] = run.pending
  const told =
    run.blocks !== undefined
      ? `its building blocks: ${blocksOf(run.blocks)}`
      : run.polls === null
        ? `POST /_emulator/worlds/{world}/jobs/${id}/release opens the gate before ${first}`
        : `reads by a client, such as GET /v1/customer/jobs/${id} (the next state is ${first})`
  return byItself === undefined ? told : `${told}; or ${byItself}`
}
