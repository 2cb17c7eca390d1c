import type { SaveSecretRequest } from '../../schemas/secrets.ts'
import { failedPrecondition, notFound, show } from '../base/errors.ts'
import type { Ids } from '../base/ids.ts'
import { namedSecret, requestedSecret, secretVariables } from '../domain/accounts/secrets.ts'
import type { Micros } from '../base/timestamps.ts'
import type { Commit } from '../store/commit.ts'
import type { JobRecord } from '../domain/jobs/job.ts'
import type { SecretStore } from '../store/secrets.ts'
import type { SecretRecord } from '../domain/accounts/secrets.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Caller } from './caller.ts'

/** Credentials that data sources name by their id. */
export interface Secrets {
  /** The account's secrets; those of one type, if it is not empty. */
  list(caller: Caller, secretType: string): SecretRecord[]
  /**
   * Keeps a secret, in place of the one with the same type and id (chosen).
   *
   * @throws ApiError 400, code 3
   */
  save(caller: Caller, request: SaveSecretRequest): Promise<SecretRecord>
  /** @throws ApiError 404 */
  delete(caller: Caller, secretType: string, id: string): Promise<void>
  /**
   * Checks that the secrets which a job's source and destination name are there, fit and have not expired.
   *
   * @throws ApiError 400, code 9, that names the secret (documented that it must be there; chosen when and how it is refused)
   */
  assertPresent(caller: Pick<Caller, 'account' | 'world'>, job: JobRecord, now: Micros): void
  /** Variables with the secrets that a block's manifest names, as far as they are there. */
  variables(world: WorldRecord, account: string, secretIds: readonly string[]): Readonly<Record<string, string>>
}

export function createSecrets(commit: Commit, rows: SecretStore, ids: Ids): Secrets {
  return {
    list: ({ world, account }, secretType) => rows.list(world.key, account, secretType === '' ? undefined : secretType),

    async save({ world, account }, request) {
      const secret = requestedSecret(request, () => ids.uuid())
      await commit(() => rows.save(world.key, account, secret, request.secretKey))
      return secret
    },

    async delete({ world, account }, secretType, id) {
      if (await commit(() => rows.delete(world.key, account, secretType, id))) return
      throw notFound(`secret ${show(id)} of type ${show(secretType)} does not exist`)
    },

    variables: (world, account, secretIds) =>
      Object.assign(
        {},
        ...secretIds.flatMap((id) => rows.withKeys(world.key, account, id).map(secretVariables)),
      ) as Record<string, string>,

    assertPresent({ world, account }, job, now) {
      for (const field of ['dataSource', 'dataDestination'] as const) {
        const named = job[field] === null ? undefined : namedSecret(job[field])
        if (named === undefined) continue
        const { id, types } = named
        const found = types.flatMap((type) => rows.find(world.key, account, type, id) ?? [])
        const which = `the ${field} of job ${job.id} names secret ${show(id)}`
        if (found.length === 0) {
          const other = rows.list(world.key, account).find((secret) => secret.id === id)
          throw failedPrecondition(
            `${which}, ${other === undefined ? 'which does not exist' : `which is of type ${other.secretType}`}: ` +
              `POST one with secretType ${types.join(' or ')} to /v1/auth/secrets`,
            'secret-missing',
          )
        }
        const valid = found.some(({ expiresAt }) => expiresAt === null || expiresAt > now)
        if (valid) continue
        throw failedPrecondition(
          `${which}, which expired at ${found[0]!.expires!}: POST it to /v1/auth/secrets again`,
          'secret-missing',
        )
      }
    },
  }
}
