import type { Log, LogLevel, LogService, LogsRequest, LogsResponse } from '../../../schemas/logs.ts'
import type { JobState } from '../../../schemas/jobs.ts'
import { show } from '../../base/errors.ts'
import { uuidFromName } from '../../base/ids.ts'
import { entriesAt } from './lifecycle.ts'
import { type JobRecord, maxTasks } from './job.ts'
import type { Template } from '../templates/template.ts'
import { formatTimestamp, type Micros } from '../../base/timestamps.ts'

/** Maximum number of task lines in an answer (chosen): more would not fit into a gRPC message of 4 MiB. */
export const maxTaskLines = 10_000

/** Time between two lines of a component, unless it ended earlier. */
const pause: Micros = 10_000

/** The components that a template names; empty if the template is gone. */
export type Components = Pick<Template, 'app' | 'partitioner' | 'assembler'>

type Line = readonly [level: LogLevel, log: string]

/** The log of one component: its start, its lines, and, once it has ended, its end and last line. */
interface Part {
  readonly began: Micros
  readonly lines: readonly Line[]
  readonly ended?: { readonly at: Micros; readonly lines: readonly Line[] }
}

/** The id of a job's task, which is always the same (chosen). */
export const taskId = (jobId: string, index: number): string => uuidFromName(`job ${jobId} task ${index}`)

/**
 * The logs of a job as of a moment. They are not stored: they follow from the timeline, the components and the parameters, so
 * asking again shows the same lines, and those that came since. A failed job's last line is an ERROR with the reason, where
 * the job was when it failed.
 *
 * Sources: the three keys, the shape of a line, UNKNOWN for the output of containers and DEBUG or INFO for the platform
 * (documented); that empty lists restrict nothing (observed); the texts and that `taskIds` concerns `taskrunner` alone (chosen).
 *
 * @param filter levels and services by names that exist; unknown task ids find nothing
 */
export function logsAt(
  job: JobRecord,
  components: Components,
  now: Micros,
  filter: Pick<LogsRequest, 'taskIds' | 'levels' | 'services'> = {},
): LogsResponse {
  const wants = (service: LogService) => isAmong(service, filter.services)
  const write = (part: Part | undefined): Log[] =>
    part === undefined ? [] : linesOf(part, now).filter(({ level }) => isAmong(level, filter.levels))
  return {
    partitioner: wants('PARTITIONER') ? write(partitionerPart(job, components, now)) : [],
    assembler: wants('ASSEMBLER') ? write(assemblerPart(job, components, now)) : [],
    taskrunner: wants('TASKRUNNER') ? taskrunnerLogs(job, components, now, filter.taskIds, write) : {},
  }
}

const isAmong = <Item>(item: Item, wanted: readonly Item[] = []): boolean =>
  wanted.length === 0 || wanted.includes(item)

function linesOf({ began, lines, ended }: Part, now: Micros): Log[] {
  const latest = ended?.at ?? Infinity
  const timed = lines.map((line, index) => [Math.min(began + index * pause, latest), line] as const)
  const last = (ended?.lines ?? []).map((line) => [latest, line] as const)
  return [...timed, ...last]
    .filter(([at]) => at <= now)
    .map(([at, [level, log]]) => ({ log, timestamp: formatTimestamp(at), level }))
}

/** The job's way so far, for one component: its states from `first` until `next` is entered. */
function span(job: JobRecord, now: Micros, first: JobState, next: JobState) {
  const entered = entriesAt(job.run, now)
  const began = entered.find(([state]) => state === first)?.[1]
  if (began === undefined) return undefined
  const after = entered.find(([state]) => state === next)?.[1]
  const failed = entered.find(([state]) => state === 'JOB_STATE_FAILED')?.[1]
  return { began, after, failed: after === undefined ? failed : undefined }
}

/** The part of a component, with its end: as planned, with the reason of the failure, or not yet. */
function partOf(
  job: JobRecord,
  now: Micros,
  [first, next]: readonly [JobState, JobState],
  lines: readonly Line[],
  done: readonly Line[],
): Part | undefined {
  const found = span(job, now, first, next)
  if (found === undefined) return undefined
  const { began, after, failed } = found
  if (failed === undefined)
    return { began, lines, ...(after === undefined ? {} : { ended: { at: after, lines: done } }) }
  // Lines that were yet to come when the job failed never came.
  const said = lines.filter((_, index) => began + index * pause <= failed)
  return { began, lines: said, ended: { at: failed, lines: [['ERROR', `job failed: ${job.run!.failure}`]] } }
}

function partitionerPart(job: JobRecord, { partitioner }: Components, now: Micros): Part | undefined {
  const { tasks } = job.run ?? { tasks: 0 }
  return partOf(
    job,
    now,
    ['JOB_STATE_STARTED', 'JOB_STATE_PARTITIONED'],
    [
      ['INFO', 'job accepted'],
      ['DEBUG', `reading data source "${job.dataSource?.dataSourceDescriptor ?? ''}"`],
      ...containerStart(partitioner),
      ['UNKNOWN', `PARTITIONER_PARAMS=${show(job.params?.partitioner ?? {})}`],
    ],
    [
      ['UNKNOWN', `wrote ${tasks} ${tasks === 1 ? 'chunk' : 'chunks'}`],
      ['INFO', 'container exited with code 0'],
    ],
  )
}

function taskPart(job: JobRecord, { app }: Components, now: Micros, index: number): Part | undefined {
  return partOf(
    job,
    now,
    ['JOB_STATE_PARTITIONED', 'JOB_STATE_TASKS_COMPLETED'],
    [
      ['DEBUG', `task data downloaded: chunk ${index + 1} of ${job.run!.tasks}`],
      ...containerStart(app),
      ['UNKNOWN', `APP_PARAMS=${show(job.params?.app ?? {})}`],
    ],
    [
      ['UNKNOWN', 'done'],
      ['INFO', 'container exited with code 0'],
    ],
  )
}

function assemblerPart(job: JobRecord, { assembler }: Components, now: Micros): Part | undefined {
  const { tasks } = job.run ?? { tasks: 0 }
  return partOf(
    job,
    now,
    ['JOB_STATE_TASKS_COMPLETED', 'JOB_STATE_COMPLETE'],
    [
      ['DEBUG', `results of ${tasks} ${tasks === 1 ? 'task' : 'tasks'} downloaded`],
      ...containerStart(assembler),
      ['UNKNOWN', `ASSEMBLER_PARAMS=${show(job.params?.assembler ?? {})}`],
    ],
    [
      ['INFO', 'container exited with code 0'],
      ['INFO', `results saved to "${job.dataDestination?.dataSourceDescriptor ?? 'bucket'}"`],
    ],
  )
}

const containerStart = (component: string): readonly Line[] => [
  ['DEBUG', `image available: ${component === '' ? 'passthrough' : component}`],
  ['DEBUG', 'gpus requested: 0'],
  ['INFO', 'container starting'],
  ['INFO', 'container started'],
]

/**
 * The tasks that have anything to say. If all lines of all tasks are too many, each task keeps its last ones, and the
 * first task's logs begin with a WARN that says so.
 */
function taskrunnerLogs(
  job: JobRecord,
  components: Components,
  now: Micros,
  taskIds: readonly string[] | undefined,
  write: (part: Part | undefined) => Log[],
): LogsResponse['taskrunner'] {
  const began = span(job, now, 'JOB_STATE_PARTITIONED', 'JOB_STATE_TASKS_COMPLETED')?.began
  if (began === undefined) return {}
  const wanted = new Set(taskIds)
  const tasks = Array.from({ length: Math.min(job.run!.tasks, maxTasks) }, (_, index) => ({
    id: taskId(job.id, index),
    index,
  })).filter(({ id }) => wanted.size === 0 || wanted.has(id))
  const share = Math.max(1, Math.floor(maxTaskLines / tasks.length))
  let leftOut = 0
  const logs = tasks.flatMap(({ id, index }) => {
    const lines = write(taskPart(job, components, now, index))
    leftOut += Math.max(0, lines.length - share)
    return lines.length === 0 ? [] : [[id, { logs: lines.slice(-share) }] as const]
  })
  if (leftOut > 0) {
    const log = `${leftOut} lines are left out: of ${tasks.length} tasks the last ${share} each are shown; name tasks in taskIds for more`
    logs[0]![1].logs.unshift({ log, timestamp: formatTimestamp(began), level: 'WARN' })
  }
  return Object.fromEntries(logs)
}
