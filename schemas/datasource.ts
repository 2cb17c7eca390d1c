import { type Static, Type } from '@sinclair/typebox'
import { AnyMessage, Int64, Message, Nullable, Text } from './proto.ts'

/** Where a job's input comes from, or where its output goes to. */
export const DataSource = Message(
  'DataSource',
  {
    dataSourceDescriptor: Type.Optional(Text({ description: 'url, file, bucket, s3, aws, gcp, storj, bypass …' })),
    params: Type.Optional(AnyMessage({ description: 'An object with its type in `@type`' })),
  },
  { description: 'Where a job reads from or writes to' },
)
export type DataSource = Static<typeof DataSource>

/** The same on the way out: nothing is left out. */
export const DataSourceView = Message('DataSourceView', {
  dataSourceDescriptor: Text(),
  params: Type.Unsafe<Record<string, unknown> | null>({
    type: ['object', 'null'],
    additionalProperties: true,
    'x-proto': 'any',
  }),
})
export type DataSourceView = Static<typeof DataSourceView>

export const HttpDataSource = Message('HttpDataSource', {
  name: Type.Optional(Text()),
  url: Type.Optional(Text()),
  username: Type.Optional(Text()),
  password: Type.Optional(Text()),
})

export const LocalFileDataSource = Message('LocalFileDataSource', {
  tempUrl: Type.Optional(Text()),
  name: Type.Optional(Text()),
})

export const S3DataSource = Message('S3DataSource', {
  name: Type.Optional(Text()),
  bucketName: Type.Optional(Text()),
  cloudRegion: Type.Optional(Text()),
  secretId: Type.Optional(Text()),
  accessKey: Type.Optional(Text({ description: '2023: key given inline' })),
  secretKey: Type.Optional(Text({ description: '2023: key given inline' })),
})

export const StorjDataSource = Message('StorjDataSource', {
  ...S3DataSource.properties,
  tempUrl: Type.Optional(Text({ description: 'Always empty; a notebook of 2023 reads it' })),
})

/** The messages that `params` may hold, by the full name after the last `/` of `@type`. */
export const dataSourceTypes = {
  'bytenite.data_source.HttpDataSource': HttpDataSource,
  'bytenite.data_source.LocalFileDataSource': LocalFileDataSource,
  'bytenite.data_source.S3DataSource': S3DataSource,
  'bytenite.data_source.StorjDataSource': StorjDataSource,
}
export type DataSourceType = keyof typeof dataSourceTypes

/** `POST /v1/customer/datasource/test`. */
export const DataSourceInfoRequest = Message('DataSourceInfoRequest', {
  dataSource: DataSource,
  listFiles: Type.Optional(Type.Boolean({ description: 'Show the directory, too' })),
})

const FileInfo = Message('FileInfo', { id: Text(), name: Text(), path: Text(), size: Int64({ description: 'Bytes' }) })

export interface Directory {
  name: string
  path: string
  directories: Directory[]
  files: Static<typeof FileInfo>[]
}
const Directory = Type.Unsafe<Directory>(
  Type.Object({
    name: Text(),
    path: Text(),
    directories: Type.Array(Type.Object({}, { description: 'Directories of the same shape' })),
    files: Type.Array(FileInfo),
  }),
)

/** The result of testing a data source. */
export const DataSourceInfo = Message('DataSourceInfo', {
  filename: Text(),
  path: Text(),
  size: Int64({ description: 'Bytes' }),
  properties: Type.Record(Type.String(), Text()),
  tempUrl: Text(),
  files: Nullable(Directory),
})
export type DataSourceInfo = Static<typeof DataSourceInfo>
