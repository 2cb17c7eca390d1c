import { type TSchema, Type } from '@sinclair/typebox'
import { DataSource } from '../../../schemas/datasource.ts'
import { AppParams, JobConfig } from '../../../schemas/job-parts.ts'
import { jobStates } from '../../../schemas/jobs.ts'
import { Double, Enum, Nullable, Text, UInt32 } from '../../../schemas/proto.ts'
import { ScenarioResult } from '../../../schemas/scenarios.ts'
import { ContactInfo } from '../../../schemas/users.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { requestedId } from '../../domain/jobs/job.ts'
import { parseJson } from '../../wire/json.ts'
import { problemOf } from '../../wire/schema-check.ts'
import { endOfTime } from '../../base/timestamps.ts'
import { checkedPace } from '../../domain/jobs/pace.ts'
import type { JobDetails } from '../../domain/jobs/job.ts'
import type { WorldRow } from '../world-tables.ts'

/** A moment, in microseconds. */
const Moment = () => Type.Integer({ minimum: 0, maximum: endOfTime })

/** `Run` of `src/domain/jobs/lifecycle.ts`. An entry of the timeline is a pair, which `timelineProblem` looks at. */
const Run = Type.Object({
  timeline: Type.Array(Type.Unsafe({ type: 'array' })),
  pending: Type.Array(Enum(jobStates)),
  plan: Type.Optional(Type.Array(Enum(jobStates))),
  polls: Nullable(Type.Object({ total: UInt32(), seen: UInt32(), steps: UInt32() })),
  tasks: UInt32(),
  payment: Double(),
  failure: Text(),
  plannedFailure: Text(),
  taskTimeout: UInt32(),
  jobTimeout: UInt32(),
})

const Script = Type.Object({
  scenario: Type.String(),
  results: Type.Optional(Type.Array(ScenarioResult)),
  logs: Type.Optional(Type.Array(Type.String())),
})

/** What columns hold that are JSON, by table. What a row says twice, in a column and in here, must agree. */
const documents: Readonly<Record<string, { readonly column: string; readonly schema: TSchema }>> = {
  jobs: {
    column: 'doc',
    schema: Type.Object({
      description: Text(),
      config: JobConfig,
      dataSource: Nullable(DataSource),
      dataDestination: Nullable(DataSource),
      params: Nullable(AppParams),
      // Rows of the first schema lack these.
      upload: Type.Optional(
        Nullable(
          Type.Object({
            size: Type.Integer({ minimum: 0 }),
            name: Text(),
            completed: Type.Boolean(),
          }),
        ),
      ),
      run: Type.Optional(Nullable(Run)),
      script: Type.Optional(Nullable(Script)),
      pace: Type.Optional(Nullable(Text())),
    }),
  },
  templates: {
    column: 'doc',
    schema: Type.Object({
      id: Text(),
      owner: Text(),
      account: Nullable(Text()),
      description: Text(),
      app: Text(),
      partitioner: Text(),
      assembler: Text(),
      dataSource: Nullable(DataSource),
      dataDestination: Nullable(DataSource),
      params: Nullable(AppParams),
      config: Nullable(JobConfig),
      createdAt: Nullable(Moment()),
      updatedAt: Nullable(Moment()),
    }),
  },
  users: {
    column: 'doc',
    schema: Type.Object({ firstName: Text(), lastName: Text(), contactInfo: Nullable(Type.Partial(ContactInfo)) }),
  },
  secrets: { column: 'params', schema: Type.Record(Type.String(), Text()) },
}

/**
 * Checks what the database cannot: the JSON in a row that comes from outside.
 *
 * @throws ApiError 400 that names the column and the field
 */
export function assertStored(table: string, row: WorldRow): void {
  const document = documents[table]
  if (document === undefined) return
  const { column, schema } = document
  const text = row[column]
  if (typeof text !== 'string') throw invalidArgument(`${column} ${show(text)}: expected a text`)
  let value: unknown
  try {
    value = parseJson(Buffer.from(text))
  } catch (error) {
    throw invalidArgument(`${column}: ${(error as Error).message}`)
  }
  const problem = problemOf(schema, value, column) ?? disagreement(table, row, value)
  if (problem !== undefined) throw invalidArgument(problem)
}

function disagreement(table: string, row: WorldRow, value: unknown): string | undefined {
  if (table === 'templates') {
    return (['id', 'account'] as const)
      .filter((name) => (value as Record<string, unknown>)[name] !== row[name])
      .map((name) => `doc.${name} is not the ${name} of its row`)[0]
  }
  if (table !== 'jobs') return undefined
  const { id } = row
  if (typeof id !== 'string' || requestedId(id, false) !== id) return `id ${show(id)}: expected the id of a job`
  const { run, pace } = value as Partial<JobDetails>
  if (pace) checkedPace(pace)
  return timelineProblem(run)
}

function timelineProblem(run: JobDetails['run'] | undefined): string | undefined {
  let last = 0
  for (const [index, [state, at]] of (run?.timeline ?? []).entries()) {
    const isEntry = jobStates.includes(state) && Number.isSafeInteger(at) && at >= last && at <= endOfTime
    if (!isEntry) return `doc.run.timeline[${index}]: expected a state and a moment, in order`
    last = at
  }
  return undefined
}
