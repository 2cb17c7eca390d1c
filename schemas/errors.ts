import { type Static, Type } from '@sinclair/typebox'

/** Body of every answer that is not a success: the vendor's rpcStatus, with a gRPC code. */
export const RpcStatus = Type.Object(
  {
    code: Type.Integer({ description: 'gRPC status code' }),
    message: Type.String(),
    details: Type.Array(Type.Unsafe<never>({})),
  },
  { $id: 'rpcStatus', title: 'rpcStatus' },
)
export type RpcStatus = Static<typeof RpcStatus>
