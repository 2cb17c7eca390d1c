import type { PersonaName } from '../../../schemas/names.ts'
import { ApiError, invalidArgument, permissionDenied, show, unauthenticated } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'

/** `write` for an operation that changes something. */
export type Access = 'read' | 'write'

/** The accounts that a world has. */
export const accounts = ['owner', 'stranger'] as const

interface PersonaRules {
  /** Whose jobs and templates the persona has. */
  readonly account: (typeof accounts)[number]
  readonly meaning: string
  /** The error that meets every call with a valid token, if any. */
  readonly refuse?: (access: Access) => ApiError | undefined
}

/** Who inside a world is calling: the part of an API key after the colon. */
export const personas = {
  owner: { account: 'owner', meaning: 'the default: may do everything' },
  readonly: {
    account: 'owner',
    meaning: '403 on every write',
    refuse: (access) => (access === 'write' ? permissionDenied('this API key may read only') : undefined),
  },
  stranger: {
    account: 'stranger',
    meaning: "another account of the same world: 403 on the owner's jobs, and vice versa",
  },
  forbidden: {
    account: 'owner',
    meaning: '403 on everything',
    refuse: () => permissionDenied('this API key has no permission'),
  },
  expired: {
    account: 'owner',
    meaning: 'gets a token that has already expired: 401',
    refuse: () => unauthenticated('token is expired'),
  },
  revoked: {
    account: 'owner',
    meaning: 'a revoked key: 401, also for token requests',
    refuse: () => unauthenticated('API key is revoked', 'wrong-api-key'),
  },
  limited: {
    account: 'owner',
    meaning: '429 with `Retry-After`',
    refuse: () =>
      new ApiError('resourceExhausted', 'too many requests, retry after 1 second', { headers: { 'retry-after': '1' } }),
  },
  down: {
    account: 'owner',
    meaning: '503 with `Retry-After`',
    refuse: () =>
      new ApiError('unavailable', 'service is temporarily unavailable, retry after 1 second', {
        headers: { 'retry-after': '1' },
      }),
  },
} as const satisfies Record<PersonaName, PersonaRules>

export type Persona = PersonaName

/** The rules of one persona. */
export const rulesOf = (persona: Persona): PersonaRules => personas[persona]

export const isPersona = (name: string): name is Persona => Object.hasOwn(personas, name)

/** @throws ApiError 400 that names the nearest known one */
export function assertPersona(name: string): asserts name is Persona {
  if (isPersona(name)) return
  const known = Object.keys(personas)
  throw invalidArgument(`persona ${show(name)} does not exist${didYouMean(name, known)}; known are ${known.join(', ')}`)
}
