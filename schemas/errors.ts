import { type Static, Type } from '@sinclair/typebox'

/** Body of every answer that is not a success: the vendor's rpcStatus, with a gRPC code. */
export const RpcStatus = Type.Object(
  {
    code: Type.Integer({ description: 'gRPC status code' }),
    message: Type.String({ description: 'The error in a sentence' }),
    details: Type.Array(Type.Unsafe<never>({}), { description: 'Always empty' }),
  },
  { $id: 'rpcStatus', title: 'rpcStatus' },
)
export type RpcStatus = Static<typeof RpcStatus>
