import { type Static, Type } from '@sinclair/typebox'
import { RpcStatus } from './errors.ts'
import { jobStates } from './jobs.ts'
import { AnyMessage, Enum, Message, Text, Timestamp } from './proto.ts'

/** The `data` of an event (chosen: no event of the service was saved). */
export const JobStateEvent = Message('JobStateEvent', {
  '@type': Type.Literal('type.googleapis.com/bytenite.customer.JobStateEvent'),
  jobId: Text(),
  state: Enum(jobStates),
  timestamp: Timestamp({ description: 'When the state was entered' }),
})
export type JobStateEvent = Static<typeof JobStateEvent>

/** One message of `GET /v1/customer/events`: an event, or the error that ends the stream. */
export const EventMessage = Message('EventMessage', {
  result: Type.Optional(Type.Object({ event: Text({ description: '`job.state`' }), data: AnyMessage() })),
  error: Type.Optional(Type.Object(RpcStatus.properties)),
})
export type EventMessage = Static<typeof EventMessage>
