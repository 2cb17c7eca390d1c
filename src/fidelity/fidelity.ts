import {
  type FidelityQuery,
  type FidelityResponse,
  type FidelityRow,
  type Ground,
  type OperationFidelity,
} from '../../schemas/fidelity.ts'
import { type ApiError, errorCatalogue, type ErrorName } from '../base/errors.ts'
import { behaviourRows } from './behaviour-rows.ts'
import { type ErrorGround, errorRows } from '../base/error-rows.ts'
import { type Entry, operations } from './operations.ts'
import type { Row } from '../base/row.ts'
import { successRows } from './success-rows.ts'

/** The header of every answer that says why it is as it is: `documented; get-job`. */
export const groundHeader = 'x-emulator-ground'

export type AnswerGround = ErrorGround | keyof typeof successRows

const answerRows: Readonly<Record<AnswerGround, Row>> = { ...successRows, ...errorRows }

const texts = new Map(Object.entries(answerRows).map(([id, { ground }]) => [id, `${ground}; ${id}`]))

/** The value of the header for a row. */
export const groundText = (id: AnswerGround): string => texts.get(id)!

/** The evidence of a row, as a paragraph for people. */
export function evidenceText(id: AnswerGround): string {
  const { ground, known } = answerRows[id]
  return `Evidence: ${ground}. ${known}`
}

/** An operation with the evidence for its answers. */
export interface OperationGround extends Entry {
  readonly operation: string
  /** One row for every answer, even if an error names another. */
  readonly whole?: AnswerGround
}

/** The properties that decide which errors an operation shares with others. */
export interface OperationTraits {
  /** The operation needs no credentials. */
  readonly open?: boolean | undefined
  /** It reads a body. */
  readonly body?: boolean | undefined
  /** The vendor lists it, the emulator does not have it. */
  readonly absent?: boolean | undefined
}

/**
 * The ground of an operation's answers.
 *
 * @param operation as `operationName` writes it
 * @returns undefined if the table has no row for it
 */
export function groundOf(operation: string, traits: OperationTraits): OperationGround | undefined {
  const { open, body, absent } = traits
  const key = `${operation} ${open} ${body} ${absent}`
  if (!grounds.has(key)) grounds.set(key, makeGround(operation, traits))
  return grounds.get(key)
}

/** Grounds that were made for an emulator before, as operations are the same in all. */
const grounds = new Map<string, OperationGround | undefined>()

function makeGround(operation: string, traits: OperationTraits): OperationGround | undefined {
  const [method = '', path = ''] = operation.split(' ')
  if (path.startsWith('/_emulator/')) {
    return { operation, success: { 200: 'control-api' }, errors: {}, whole: 'control-api' }
  }
  if (/^\/v1\/\w+\/docs\b/.test(path)) {
    return { operation, success: { 200: 'docs-pages', 302: 'docs-pages' }, errors: { notFound: ['unknown-path'] } }
  }
  const own = traits.absent === true ? absent : operations[operation]
  if (own === undefined) return undefined
  if (!path.startsWith('/v1/')) return { operation, ...own }
  return { operation, success: own.success, errors: withShared(own.errors, method, path, traits) }
}

const absent: Entry = { success: {}, errors: { unimplemented: ['absent-operation'] } }

function withShared(
  own: Entry['errors'],
  method: string,
  path: string,
  { open, body }: OperationTraits,
): Entry['errors'] {
  const malformed: readonly ErrorGround[] = [
    ...(body === true ? (['malformed-request', 'bad-json', 'required-field'] as const) : []),
    ...(method === 'GET' ? [] : (['strict-mode', 'broken-http'] as const)),
    ...(own.invalidArgument ?? []),
    ...(own.invalidArgument?.includes('bad-query') ? (['strict-mode'] as const) : []),
    ...(path.includes('{') ? (['broken-escape'] as const) : []),
    'grpc-timeout',
    'grpc-headers',
  ]
  return {
    ...own,
    invalidArgument: malformed,
    ...(method !== 'GET' ? { bodyTooLarge: ['body-too-large'] } : {}),
    ...(open === true
      ? { permissionDenied: ['foreign-page'] }
      : {
          unauthenticated: ['not-authenticated', 'wrong-api-key', 'strict-mode'],
          permissionDenied: ['no-permission', 'foreign-page', ...(own.permissionDenied ?? [])],
          resourceExhausted: ['too-many-requests'],
          unavailable: ['temporarily-unavailable'],
        }),
    deadlineExceeded: ['grpc-timeout'],
    internal: ['server-error', 'invalid-utf8', 'grpc-headers'],
  }
}

/** The row of an error if neither it nor its operation names one. */
const usual: Readonly<Record<ErrorName, AnswerGround>> = {
  unknown: 'server-error',
  invalidArgument: 'malformed-request',
  deadlineExceeded: 'grpc-timeout',
  notFound: 'unknown-path',
  alreadyExists: 'control-api',
  permissionDenied: 'no-permission',
  resourceExhausted: 'too-many-requests',
  bodyTooLarge: 'body-too-large',
  failedPrecondition: 'malformed-request',
  preconditionFailed: 'result-condition',
  outOfRange: 'range-beyond-end',
  unimplemented: 'wrong-method',
  internal: 'server-error',
  unavailable: 'temporarily-unavailable',
  unauthenticated: 'not-authenticated',
}

/** The value of the header for an error of an operation, if any was asked for. */
export function errorGroundText(operation: OperationGround | undefined, { kind, ground }: ApiError): string {
  return groundText(operation?.whole ?? ground ?? operation?.errors[kind]?.[0] ?? usual[kind])
}

/** The statuses that the vendor lists on every operation besides its success (documented), by the error that causes them. */
export const listedStatuses = {
  400: 'invalidArgument',
  401: 'unauthenticated',
  403: 'permissionDenied',
  404: 'notFound',
  500: 'internal',
  503: 'unavailable',
} as const satisfies Readonly<Record<number, ErrorName>>

/** Every answer that an operation may give, in the order of their statuses. */
function answersOf({ operation, success, errors }: OperationGround): OperationFidelity['answers'] {
  const successes = Object.entries(success).map(([status, id]) => ({
    status: Number(status),
    code: 0,
    rows: [id as string],
    onlyByFault: false,
  }))
  const failures = Object.entries(errors).map(([kind, rows]) => ({
    status: errorCatalogue[kind as ErrorName].status,
    code: errorCatalogue[kind as ErrorName].code,
    rows: rows as readonly string[] as string[],
    onlyByFault: false,
  }))
  const answered = new Set<number>(failures.map(({ status }) => status))
  const listed = operation.includes(' /v1/') && !operation.includes('/docs') ? Object.entries(listedStatuses) : []
  const byFault = listed
    .filter(([status]) => !answered.has(Number(status)))
    .map(([status, kind]) => ({
      status: Number(status),
      code: errorCatalogue[kind].code,
      rows: ['fault', 'listed-status'],
      onlyByFault: true,
    }))
  return [...successes, ...failures, ...byFault].sort((a, b) => a.status - b.status || a.code - b.code)
}

const rowsAbout = (about: FidelityRow['about'], rows: Readonly<Record<string, Row>>): FidelityRow[] =>
  Object.entries(rows).map(([id, { ground, known }]) => ({ id, about, ground, known }))

/** Every row there is. */
const fidelityRows: readonly FidelityRow[] = [
  ...rowsAbout('success', successRows),
  ...rowsAbout('error', errorRows),
  ...rowsAbout('behaviour', behaviourRows),
]

const groundsById: ReadonlyMap<string, Ground> = new Map(fidelityRows.map(({ id, ground }) => [id, ground]))

/** The table, or the part of it that was asked for. */
export function fidelity(known: readonly OperationGround[], { ground, operation }: FidelityQuery): FidelityResponse {
  const isWanted = (id: string): boolean => ground === undefined || groundsById.get(id) === ground
  const wanted = known
    .filter((each) => operation === undefined || each.operation === operation)
    .map((each) => ({
      operation: each.operation,
      answers: answersOf(each).filter(({ rows }) => rows.some(isWanted)),
    }))
    .filter(({ answers }) => answers.length > 0)
  const named = new Set(wanted.flatMap(({ answers }) => answers.flatMap(({ rows }) => rows)))
  return {
    rows: fidelityRows.filter(({ id }) => isWanted(id) && (operation === undefined || named.has(id))),
    operations: wanted,
  }
}
