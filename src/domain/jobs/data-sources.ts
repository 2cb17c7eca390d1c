import { typeName } from '../../wire/any.ts'
import type { DataSource, DataSourceType } from '../../../schemas/datasource.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'

/** The meaning of one descriptor. */
interface Descriptor {
  /** May be a job's input. */
  readonly source: boolean
  /** May be a job's destination. */
  readonly destination: boolean
  /** Types that `params` may have; none: `params` are not looked at. */
  readonly types: readonly DataSourceType[]
  /** Types of secrets that fit; none: no secret is needed. */
  readonly secrets?: readonly string[]
}

const http: DataSourceType = 'bytenite.data_source.HttpDataSource'
const localFile: DataSourceType = 'bytenite.data_source.LocalFileDataSource'
const s3: DataSourceType = 'bytenite.data_source.S3DataSource'
const storj: DataSourceType = 'bytenite.data_source.StorjDataSource'

/** Every descriptor of the vendor's data-sources pages, and the older names that clients still send. */
export const descriptors: Readonly<Record<string, Descriptor>> = {
  url: { source: true, destination: false, types: [http] },
  file: { source: true, destination: false, types: [localFile] },
  /** Name of `file` until May 2023. */
  local: { source: true, destination: false, types: [localFile] },
  bucket: { source: false, destination: true, types: [] },
  s3: { source: true, destination: true, types: [s3], secrets: ['s3', 'aws'] },
  /** Name of `s3` since September 2025. */
  aws: { source: true, destination: true, types: [s3], secrets: ['aws', 's3'] },
  gcp: { source: true, destination: true, types: [s3], secrets: ['gcp'] },
  storj: { source: true, destination: true, types: [s3, storj], secrets: ['storj'] },
  bypass: { source: true, destination: true, types: [] },
}

const typeUrl = (type: string): string => `type.googleapis.com/${type}`

/** Tells if the input is a file that the client uploads to a temporary URL. */
export const isUpload = (source: DataSource | null): boolean =>
  source !== null && (descriptors[source.dataSourceDescriptor ?? '']?.types.includes(localFile) ?? false)

/**
 * Checks a job's input.
 *
 * @returns what to keep: an upload without `params` gets empty ones, as it needs a place for its temporary URL
 * @throws ApiError 400, code 3, naming the descriptor and those there are
 */
export function checkDataSource(source: DataSource): DataSource {
  check('dataSource', source, 'source')
  if (!isUpload(source)) return source
  const name = typeof source.params?.['name'] === 'string' ? source.params['name'] : ''
  return {
    dataSourceDescriptor: source.dataSourceDescriptor ?? '',
    params: { '@type': source.params?.['@type'] ?? typeUrl(localFile), name },
  }
}

/** Checks where a job's output goes. Throws as `checkDataSource` does. */
export function checkDataDestination(destination: DataSource): DataSource {
  check('dataDestination', destination, 'destination')
  return destination
}

function check(field: string, { dataSourceDescriptor = '', params }: DataSource, role: 'source' | 'destination'): void {
  const known = Object.keys(descriptors).filter((name) => descriptors[name]![role])
  const descriptor = Object.hasOwn(descriptors, dataSourceDescriptor) ? descriptors[dataSourceDescriptor] : undefined
  if (descriptor === undefined || !descriptor[role]) {
    const problem =
      dataSourceDescriptor === ''
        ? 'is required'
        : descriptor === undefined
          ? `${show(dataSourceDescriptor)} is unknown${didYouMean(dataSourceDescriptor, known)}`
          : `${show(dataSourceDescriptor)} cannot be a ${role}`
    throw invalidArgument(`${field}.dataSourceDescriptor ${problem}; known are ${known.join(', ')}`, 'source-check')
  }
  const type = params?.['@type']
  if (type !== undefined && descriptor.types.length > 0 && !descriptor.types.some((name) => name === typeName(type))) {
    const expected = descriptor.types.map((name) => show(typeUrl(name))).join(' or ')
    throw invalidArgument(
      `${field}.params.@type ${show(type)} does not fit descriptor "${dataSourceDescriptor}"; expected ${expected}`,
      'source-check',
    )
  }
}
