import { type Static, Type } from '@sinclair/typebox'
import { AnyMessage, Text } from './proto.ts'

/** Where a job's input comes from, or where its output goes to. */
export const DataSource = Type.Object({
  dataSourceDescriptor: Type.Optional(Text({ description: 'url, file, bucket, s3, aws, gcp, storj, bypass …' })),
  params: Type.Optional(AnyMessage({ description: 'An object that names its type in `@type`' })),
})
export type DataSource = Static<typeof DataSource>

/** The same on the way out: nothing is left out. */
export const DataSourceView = Type.Object({
  dataSourceDescriptor: Text(),
  params: Type.Unsafe<Record<string, unknown> | null>({
    type: ['object', 'null'],
    additionalProperties: true,
    'x-proto': 'any',
  }),
})
export type DataSourceView = Static<typeof DataSourceView>

export const HttpDataSource = Type.Object({
  name: Type.Optional(Text()),
  url: Type.Optional(Text()),
  username: Type.Optional(Text()),
  password: Type.Optional(Text()),
})

export const LocalFileDataSource = Type.Object({
  tempUrl: Type.Optional(Text()),
  name: Type.Optional(Text()),
})

export const S3DataSource = Type.Object({
  name: Type.Optional(Text()),
  bucketName: Type.Optional(Text()),
  cloudRegion: Type.Optional(Text()),
  secretId: Type.Optional(Text()),
  accessKey: Type.Optional(Text({ description: '2023: key given inline' })),
  secretKey: Type.Optional(Text({ description: '2023: key given inline' })),
})

/** The messages that `params` may hold, by the full name after the last `/` of `@type`. */
export const dataSourceTypes = {
  'bytenite.data_source.HttpDataSource': HttpDataSource,
  'bytenite.data_source.LocalFileDataSource': LocalFileDataSource,
  'bytenite.data_source.S3DataSource': S3DataSource,
  'bytenite.data_source.StorjDataSource': S3DataSource,
}
export type DataSourceType = keyof typeof dataSourceTypes
