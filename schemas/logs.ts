import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message, Text, Timestamp } from './proto.ts'

export const logLevels = ['UNKNOWN', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'PANIC'] as const
export type LogLevel = (typeof logLevels)[number]

export const logServices = ['PARTITIONER', 'ASSEMBLER', 'TASKRUNNER'] as const
export type LogService = (typeof logServices)[number]

/** `POST /v1/customer/logs`; an empty list restricts nothing. */
export const LogsRequest = Message('LogsRequest', {
  jobId: Text({ minLength: 1 }),
  taskIds: Type.Optional(
    Type.Array(Text(), { description: 'Keys of `taskrunner`; others than these are left out there' }),
  ),
  levels: Type.Optional(Type.Array(Enum(logLevels))),
  services: Type.Optional(Type.Array(Enum(logServices))),
})
export type LogsRequest = Static<typeof LogsRequest>

export const Log = Message('Log', { log: Text(), timestamp: Timestamp(), level: Enum(logLevels) })
export type Log = Static<typeof Log>

export const LogsResponse = Message('LogsResponse', {
  partitioner: Type.Array(Log),
  assembler: Type.Array(Log),
  taskrunner: Type.Record(Type.String(), Type.Object({ logs: Type.Array(Log) }), {
    description: 'Task id -> its lines',
  }),
})
export type LogsResponse = Static<typeof LogsResponse>
