import type { DataSource } from '../../../schemas/datasource.ts'
import type { SaveSecretRequest, Secret } from '../../../schemas/secrets.ts'
import { descriptors } from '../jobs/data-sources.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import { formatMoment, type Micros, parseMoment, parseTimestamp } from '../../base/timestamps.ts'

/** Types of secrets: `aws` is the name of `s3` since September 2025, `other` came in October 2025 (documented). */
const secretTypes = ['s3', 'aws', 'gcp', 'storj', 'other'] as const

/**
 * The secret that a request wants to keep.
 *
 * @param request in canonical form
 * @param newId makes an id if the request names none
 * @throws ApiError 400, code 3, for an unknown type or an id that no path can hold
 */
export function requestedSecret({ secret }: SaveSecretRequest, newId: () => string): SecretRecord {
  const { id = '', secretType, name = '', accessKey, params = {}, expiresAt } = secret
  checkSecretType('secret.secretType', secretType)
  if (id !== '' && !/^[A-Za-z0-9_.~-]{1,128}$/.test(id)) {
    throw invalidArgument(`secret.id ${show(id)}: expected 1 to 128 letters, digits or any of - _ . ~`, 'secret-form')
  }
  return {
    id: id === '' ? newId() : id,
    secretType,
    name,
    accessKey,
    params,
    ...expiryOf(expiresAt),
  }
}

/** The moment that a client wrote: exactly as clients see it, and as far as a number holds it. */
function expiryOf(text: string | undefined): Pick<SecretRecord, 'expires' | 'expiresAt'> {
  if (text === undefined) return { expires: null, expiresAt: null }
  const expiresAt = Math.min(parseTimestamp(text)!, Number.MAX_SAFE_INTEGER)
  return { expires: formatMoment(parseMoment(text)!), expiresAt }
}

/** @throws ApiError 400, code 3, naming the types there are */
function checkSecretType(field: string, secretType: string): void {
  if (secretTypes.some((known) => known === secretType)) return
  throw invalidArgument(
    `${field} ${show(secretType)} is unknown${didYouMean(secretType, secretTypes)}; known are ${secretTypes.join(', ')}`,
    'secret-form',
  )
}

/**
 * The variables by which a block reads a secret: `{ID}_ACCESS_KEY` and `{ID}_SECRET_KEY`, or `{ID}` for one of type `other`
 * (documented). The id is in capitals, with `_` for what no variable can have in its name (chosen).
 */
export function secretVariables({
  id,
  secretType,
  accessKey,
  secretKey,
}: Pick<SecretRecord, 'accessKey' | 'id' | 'secretType'> & { readonly secretKey: string }): Record<string, string> {
  const name = id.toUpperCase().replace(/[^A-Z0-9_]/g, '_')
  return secretType === 'other'
    ? { [name]: secretKey }
    : { [`${name}_ACCESS_KEY`]: accessKey, [`${name}_SECRET_KEY`]: secretKey }
}

/** The secret that a data source names. */
export interface NamedSecret {
  readonly id: string
  /** Types that will do. */
  readonly types: readonly string[]
}

/** The secret that a data source or destination names in `params`, or undefined if it names none. */
export function namedSecret({ dataSourceDescriptor = '', params }: DataSource): NamedSecret | undefined {
  const id = params?.['secretId']
  if (typeof id !== 'string' || id === '') return undefined
  return { id, types: descriptors[dataSourceDescriptor]?.secrets ?? [] }
}

/** A secret as clients see it; there is nothing secret in the record. */
export const secretToWire = ({ id, secretType, expires, accessKey, params, name }: SecretRecord): Secret => ({
  id,
  secretType,
  expiresAt: expires,
  accessKey,
  params: { ...params },
  name,
})

/** A secret without the key that is secret. */
export interface SecretRecord {
  readonly id: string
  readonly secretType: string
  readonly name: string
  readonly accessKey: string
  readonly params: Readonly<Record<string, string>>
  /** RFC 3339, to the nanosecond. */
  readonly expires: string | null
  readonly expiresAt: Micros | null
}
