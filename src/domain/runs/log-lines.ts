import type { JobState } from '../../../schemas/jobs.ts'
import type { Log, LogLevel, LogService, LogsRequest, LogsResponse } from '../../../schemas/logs.ts'
import { entriesAt, type Run } from '../jobs/lifecycle.ts'
import { taskId } from '../jobs/logs.ts'
import { formatTimestamp, type Micros } from '../../base/timestamps.ts'

/** A line of the log of a job that is really run, as its file has it. */
export interface StoredLine {
  readonly at: Micros
  readonly service: LogService
  /** Number of the task's chunk; 0 for others. */
  readonly chunk: number
  readonly level: LogLevel
  readonly log: string
}

/** The way a run has failed by a moment; the component is the one that worked then. */
export interface Failure {
  readonly at: Micros
  readonly failure: string
  readonly service: LogService
}

/** When, why and where a run failed, if it has by a moment. */
export function failureAt(run: Run | null, now: Micros): Failure | undefined {
  const entries = entriesAt(run, now)
  const last = entries.at(-1)
  if (run === null || last?.[0] !== 'JOB_STATE_FAILED') return undefined
  return { at: last[1], failure: run.failure, service: serviceIn(entries.at(-2)?.[0] ?? 'JOB_STATE_STARTED') }
}

/** The component that works in a state. */
export function serviceIn(state: JobState): LogService {
  if (state === 'JOB_STATE_PARTITIONED') return 'TASKRUNNER'
  const early: readonly JobState[] = ['JOB_STATE_STARTED', 'JOB_STATE_UPLOADING', 'JOB_STATE_PARTITIONING']
  return early.includes(state) ? 'PARTITIONER' : 'ASSEMBLER'
}

/** Lines and bytes of one answer at most, by key of it: together no more than a gRPC message of 4 MiB holds. */
const most = { lines: 10_000, bytes: { PARTITIONER: 2 ** 20, ASSEMBLER: 2 ** 20, TASKRUNNER: 2 ** 21 } } as const

/** The last lines of one part, within bounds. */
class LastLines {
  private lines: StoredLine[] = []
  /** Index of the first line that counts; those before it go now and then, many at once. */
  private first = 0
  private bytes = 0
  leftOut = 0
  private readonly most: { readonly lines: number; readonly bytes: number }

  constructor(bounds: { readonly lines: number; readonly bytes: number }) {
    this.most = bounds
  }

  add(line: StoredLine): void {
    this.lines.push(line)
    this.bytes += line.log.length
    const count = (): number => this.lines.length - this.first
    while (count() > this.most.lines || (this.bytes > this.most.bytes && count() > 1)) {
      this.bytes -= this.lines[this.first++]!.log.length
      this.leftOut++
    }
    if (this.first > this.most.lines) {
      this.lines = this.lines.slice(this.first)
      this.first = 0
    }
  }

  all(): readonly StoredLine[] {
    return this.lines.slice(this.first)
  }
}

/**
 * The answer to a request for logs, out of the lines that the blocks of a job printed so far.
 *
 * @param lines in the order in which they were printed
 * @param end when the job failed and why, if it did; lines printed later are left out
 */
export async function storedLogs(
  jobId: string,
  lines: AsyncIterable<StoredLine>,
  end: Failure | undefined,
  { taskIds = [], levels = [], services = [] }: Pick<LogsRequest, 'levels' | 'services' | 'taskIds'>,
): Promise<LogsResponse> {
  const parts = new Map(
    (['PARTITIONER', 'TASKRUNNER', 'ASSEMBLER'] as const).map((service) => [
      service,
      new LastLines({ lines: most.lines, bytes: most.bytes[service] }),
    ]),
  )
  const ids = new Map<number, string>()
  const idOf = (chunk: number): string => {
    const id = ids.get(chunk) ?? taskId(jobId, chunk)
    ids.set(chunk, id)
    return id
  }
  let saidWhy = false
  const take = (line: StoredLine): void => {
    if (levels.length > 0 && !levels.includes(line.level)) return
    if (services.length > 0 && !services.includes(line.service)) return
    if (line.service === 'TASKRUNNER' && taskIds.length > 0 && !taskIds.includes(idOf(line.chunk))) return
    parts.get(line.service)!.add(line)
  }
  for await (const line of lines) {
    if (end !== undefined && line.at > end.at) continue
    saidWhy ||= line.level === 'ERROR'
    take(line)
  }
  // Of an abort or a limit the blocks do not know.
  if (end !== undefined && !saidWhy) {
    take({ at: end.at, service: end.service, chunk: 0, level: 'ERROR', log: `job failed: ${end.failure}` })
  }
  const logsOf = (service: LogService): Log[] => {
    const part = parts.get(service)!
    const found = part.all()
    const first = found[0]
    if (part.leftOut === 0 || first === undefined) return found.map(toLog)
    const log = `${part.leftOut} lines are left out: the last ${found.length} are shown`
    return [toLog({ ...first, level: 'WARN', log }), ...found.map(toLog)]
  }
  const taskrunner: LogsResponse['taskrunner'] = {}
  const tasks = parts.get('TASKRUNNER')!
  const [first] = tasks.all()
  if (first !== undefined && tasks.leftOut > 0) {
    const log = `${tasks.leftOut} lines of tasks are left out: the last ones are shown; name tasks in taskIds for more`
    taskrunner[idOf(first.chunk)] = { logs: [toLog({ ...first, level: 'WARN', log })] }
  }
  for (const line of tasks.all()) (taskrunner[idOf(line.chunk)] ??= { logs: [] }).logs.push(toLog(line))
  return { partitioner: logsOf('PARTITIONER'), assembler: logsOf('ASSEMBLER'), taskrunner }
}

const toLog = ({ log, at, level }: StoredLine): Log => ({ log, timestamp: formatTimestamp(at), level })
