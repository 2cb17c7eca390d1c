import { mediaTypeOf } from '../results/content-types.ts'
import { createHash } from 'node:crypto'
import type { DataSource, DataSourceInfo, Directory } from '../../../schemas/datasource.ts'
import { checkDataDestination, checkDataSource, descriptors } from './data-sources.ts'
import { invalidArgument, show } from '../../base/errors.ts'

/**
 * The result of testing a data source. Nothing is looked up anywhere: what is told of a file follows from its name, so
 * that it is always the same (chosen). A file that the source names is there; folders are empty, as nothing is known of them.
 *
 * Source: the shape of the answer is documented; `tempUrl` stays empty, as no job takes an upload here (chosen).
 *
 * @throws ApiError 400, code 3, for a descriptor or a type that is wrong, or a source that does not say where to look
 */
export function sourceInfo(source: DataSource, listFiles: boolean): DataSourceInfo {
  const { dataSourceDescriptor = '' } = source
  const isDestination = Object.hasOwn(descriptors, dataSourceDescriptor) && !descriptors[dataSourceDescriptor]!.source
  const checked = isDestination ? checkDataDestination(source) : checkDataSource(source)
  const path = pathOf(checked)
  const filename = path.slice(path.lastIndexOf('/') + 1)
  const isThere = filename !== '' && !isUploadedLater(checked)
  const size = isThere ? String(plausibleSize(`${dataSourceDescriptor} ${JSON.stringify(checked.params)}`)) : '0'
  return {
    filename,
    path,
    size,
    properties: isThere ? { 'content-type': mediaTypeOf(filename) } : {},
    tempUrl: '',
    files: listFiles ? directoryOf(path, filename, isThere ? size : undefined) : null,
  }
}

const isUploadedLater = ({ dataSourceDescriptor }: DataSource): boolean =>
  dataSourceDescriptor === 'file' || dataSourceDescriptor === 'local'

/** Where the source points to, in its own words; empty if it points nowhere. */
function pathOf({ dataSourceDescriptor = '', params = {} }: DataSource): string {
  const text = (field: string): string => (typeof params[field] === 'string' ? params[field] : '')
  switch (dataSourceDescriptor) {
    case 'url': {
      const url = text('url')
      if (!URL.canParse(url) || !/^(https?|ftp):/i.test(url)) {
        throw invalidArgument(
          `dataSource.params.url ${show(url)}: expected the address of a file, as in "https://example.com/a.mp4"`,
          'source-check',
        )
      }
      return new URL(url).pathname
    }
    case 's3':
    case 'aws':
    case 'gcp':
    case 'storj':
      if (text('bucketName') === '') throw invalidArgument('dataSource.params.bucketName is required', 'source-check')
      return text('name')
    default:
      return text('name')
  }
}

function directoryOf(path: string, filename: string, size: string | undefined): Directory {
  const folder = path.slice(0, path.length - filename.length)
  const name = folder.split('/').filter(Boolean).at(-1) ?? ''
  const files = size === undefined ? [] : [{ id: path, name: filename, path, size }]
  return { name, path: folder, directories: [], files }
}

/** Bytes, from a kibibyte to 64 mebibytes. */
const plausibleSize = (name: string): number =>
  1024 + (createHash('sha256').update(name).digest().readUInt32BE() % (64 * 1024 * 1024 - 1024))
