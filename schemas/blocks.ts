import { type Static, Type } from '@sinclair/typebox'
import { ListQuery, PaginationResponse } from './pagination.ts'
import { Bytes, Int64, Message, Nullable, Text, Timestamp, UInt32 } from './proto.ts'

const DeviceRequirements = Message('DeviceRequirements', {
  minCpu: UInt32({ description: 'Cores' }),
  minMemory: UInt32({ description: 'GiB' }),
  gpu: Type.Array(Text()),
})

const PlatformConfig = Message('PlatformConfig', {
  container: Text({ description: 'Image that the block runs in' }),
  privateImage: Type.Boolean(),
  username: Text(),
  token: Text({ description: 'Masked' }),
  secrets: Type.Array(Text(), { description: 'Ids of secrets that the block is given' }),
})

/** An app, in the order of the vendor's reference. */
export const App = Message('App', {
  id: Text(),
  name: Text(),
  version: Text({ description: 'major.minor' }),
  owner: Text({ description: 'Id of the user' }),
  status: Text({ description: 'active or inactive' }),
  deviceRequirements: DeviceRequirements,
  isPublic: Type.Boolean(),
  createdAt: Timestamp(),
  updatedAt: Timestamp(),
  platform: Text(),
  hash: Text({ description: 'SHA-256 of what was pushed, in base64' }),
  link: Text(),
  platformConfig: PlatformConfig,
  entrypoint: Text(),
  revision: Int64({ description: 'How often it was pushed again' }),
  description: Text(),
  userName: Text(),
})
export type App = Static<typeof App>

/** An engine, in the order of the vendor's reference. */
export const Engine = Message('Engine', {
  id: Text(),
  name: Text(),
  version: Text({ description: 'major.minor' }),
  owner: Text({ description: 'Id of the user' }),
  type: Text({ description: 'partitioner or assembler' }),
  status: Text({ description: 'active or inactive' }),
  description: Text(),
  hash: Text({ description: 'SHA-256 of what was pushed, in base64' }),
  link: Text(),
  entrypoint: Text(),
  revision: UInt32({ description: 'How often it was pushed again' }),
  createdAt: Timestamp(),
  updatedAt: Timestamp(),
  deletedAt: Nullable(Timestamp()),
  platform: Text(),
  platformConfig: PlatformConfig,
  deviceRequirements: DeviceRequirements,
  isPublic: Type.Boolean(),
  userName: Text(),
})
export type Engine = Static<typeof Engine>

export const BlocksQuery = Type.Object({
  orderBy: ListQuery.properties.orderBy,
  'pagination.limit': ListQuery.properties['pagination.limit'],
  'pagination.offset': ListQuery.properties['pagination.offset'],
  isPublic: Type.Optional(Type.Boolean({ description: 'true: only what all may use, of which there is nothing' })),
})
export type BlocksQuery = Static<typeof BlocksQuery>

export const AppsPage = Message('AppsPage', { apps: Type.Array(App), pagination: PaginationResponse })
export const EnginesPage = Message('EnginesPage', { engines: Type.Array(Engine), pagination: PaginationResponse })

export const AppResponse = Message('AppResponse', { app: App })

/** `POST /v1/dev/apps`. */
export const UploadAppRequest = Message('UploadAppRequest', {
  data: Bytes({ description: 'A tar of the folder with manifest.json and app/, in base64; at most 4 MiB' }),
})

export const AppParams = Type.Object({
  appTag: Text({ description: 'name, name@major, name@major.minor, or the id' }),
})
export const EngineParams = Type.Object({
  engineTag: Text({ description: 'name, name@major, name@major.minor, or the id' }),
})

/** The one message of operations on engines: what is not in the path is in the query. */
export const EngineMessage = Message('EngineMessage', {
  engineId: Text(),
  engineTag: Text(),
  engineData: Text({ description: 'Bytes in base64' }),
  engineLink: Text(),
  engineStatus: Text(),
})
export type EngineMessage = Static<typeof EngineMessage>

export const EngineQuery = Type.Object({
  engineId: Type.Optional(Text()),
  engineData: Type.Optional(Bytes({ description: 'Bytes in base64' })),
  engineLink: Type.Optional(Text()),
  engineStatus: Type.Optional(Text()),
})

/** `POST /v1/dev/engines`: in the query, a form or, as a kindness, a JSON body. */
export const UploadEngineQuery = Type.Object({
  engineId: Type.Optional(Text()),
  engineTag: Type.Optional(Text()),
  engineData: Type.Optional(
    Bytes({ description: 'A tar of the folder with manifest.json and app/, in base64; also in a form or a JSON body' }),
  ),
  engineLink: Type.Optional(Text()),
  engineStatus: Type.Optional(Text()),
})
