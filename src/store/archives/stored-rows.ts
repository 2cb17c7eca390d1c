import { type TSchema, Type } from '@sinclair/typebox'
import { Text } from '../../../schemas/proto.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { parseMoment } from '../../base/timestamps.ts'
import { StoredBlock } from '../../domain/blocks/manifest.ts'
import { accounts } from '../../domain/accounts/personas.ts'
import { UserRecord } from '../../domain/accounts/users.ts'
import { assertTransaction } from '../../domain/accounts/wallet.ts'
import { type JobDetails, requestedId, StoredDetails } from '../../domain/jobs/job.ts'
import { checkedPace } from '../../domain/jobs/pace.ts'
import { Template } from '../../domain/templates/template.ts'
import { parseJson } from '../../wire/json.ts'
import type { WorldRow } from '../world-tables.ts'
import type { Check } from './check.ts'

/** The columns that hold JSON, by table. */
const documents: Readonly<Record<string, { readonly column: string; readonly schema: TSchema }>> = {
  jobs: { column: 'doc', schema: StoredDetails },
  templates: { column: 'doc', schema: Template },
  blocks: { column: 'doc', schema: StoredBlock },
  users: { column: 'doc', schema: UserRecord },
  secrets: { column: 'params', schema: Type.Record(Type.String(), Text()) },
}

/**
 * Checks what the database cannot of a row that comes from outside: its JSON, and texts that stand for something.
 *
 * @throws ApiError 400 that names the column and the field
 */
export function assertStored(check: Check, table: string, row: WorldRow): void {
  const { account } = row
  if (account !== undefined && !(accounts as readonly unknown[]).includes(account)) {
    throw invalidArgument(`account ${show(account)}: expected one of ${accounts.join(', ')}`)
  }
  if (table === 'transactions') assertTransaction(row['type'], row['cause'])
  const document = documents[table]
  if (document === undefined) return
  const { column, schema } = document
  const text = row[column]
  if (text === undefined) throw invalidArgument(`${column} is missing`)
  if (typeof text !== 'string') throw invalidArgument(`${column} ${show(text)}: expected a text`)
  let value: unknown
  try {
    value = parseJson(Buffer.from(text))
  } catch (error) {
    throw invalidArgument(`${column}: ${(error as Error).message}`)
  }
  const problem = check(schema, value, column) ?? disagreement(table, row, value)
  if (problem !== undefined) throw invalidArgument(problem)
}

function disagreement(table: string, row: WorldRow, value: unknown): string | undefined {
  if (table === 'templates') {
    return (['id', 'account'] as const)
      .filter((name) => (value as Record<string, unknown>)[name] !== row[name])
      .map((name) => `doc.${name} is not the ${name} of its row`)[0]
  }
  if (table === 'blocks') {
    const { kind } = row
    return kind === 'app' || kind === 'engine' ? undefined : `kind ${show(kind)}: expected app or engine`
  }
  if (table === 'secrets') return expiryProblem(row['expires'] ?? null)
  if (table !== 'jobs') return undefined
  const { id } = row
  if (typeof id !== 'string' || requestedId(id, false) !== id) return `id ${show(id)}: expected the id of a job`
  const { run, pace } = value as Partial<JobDetails>
  if (pace) checkedPace(pace)
  return timelineProblem(run)
}

const expiryProblem = (expires: unknown): string | undefined =>
  expires === null || (typeof expires === 'string' && parseMoment(expires) !== undefined)
    ? undefined
    : `expires ${show(expires)}: expected a time of RFC 3339`

function timelineProblem(run: JobDetails['run'] | undefined): string | undefined {
  let last = 0
  for (const [index, [, at]] of (run?.timeline ?? []).entries()) {
    if (at < last) return `doc.run.timeline[${index}]: expected a moment no earlier than the one before`
    last = at
  }
  return undefined
}
