import type { FaultRequest } from '../../../schemas/faults.ts'
import { type FaultKind, faultKinds } from '../../../schemas/sweep-names.ts'
import { tokenExpired } from '../../base/errors.ts'
import { isStorageOperation } from '../../wire/operations.ts'

/** The properties of a request that decide which faults are possible. */
export interface FaultyRequest {
  readonly operation: string
  /** True if its answer had a body. */
  readonly hasBody: boolean
}

/** The fault that each kind adds for its request. */
export const faultRules: Readonly<Record<FaultKind, Omit<FaultRequest, 'operation' | 'nth'>>> = {
  'reset-after': { connection: 'resetAfter' },
  '503': { status: 503, retryAfter: 1 },
  '500': { status: 500 },
  'reset-before': { connection: 'resetBefore' },
  '401': { status: 401, message: tokenExpired },
  cut: { answer: 'cut' },
  slow: { answer: 'slow' },
}

const accessToken = 'POST /v1/auth/access_token'

/** The kinds of faults that tell something about a request, the most telling first. */
export function kindsFor({ operation, hasBody }: FaultyRequest): FaultKind[] {
  const possible: Readonly<Record<FaultKind, boolean>> = {
    // A read changes nothing: to lose its answer is the same as a reset before it.
    'reset-after': !/^(GET|HEAD) /.test(operation),
    '503': true,
    '500': true,
    'reset-before': true,
    // Links carry a signature of their own, and a key that is exchanged does not expire.
    '401': operation !== accessToken && !isStorageOperation(operation),
    cut: hasBody,
    slow: hasBody,
  }
  return faultKinds.filter((kind) => possible[kind])
}
