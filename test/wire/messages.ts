import { Type } from '@sinclair/typebox'
import { AnyMessage, Double, Enum, Int64, Struct, Text, Timestamp, UInt32 } from '../../schemas/proto.ts'

/** A message with one field of each kind. */
export const Message = Type.Object({
  aText: Type.Optional(Text()),
  aFlag: Type.Optional(Type.Boolean()),
  aNumber: Type.Optional(UInt32()),
  aLong: Type.Optional(Int64()),
  aDouble: Type.Optional(Double()),
  anEnum: Type.Optional(Enum(['ZERO', 'ONE'])),
  aMoment: Type.Optional(Timestamp()),
  aStruct: Type.Optional(Struct()),
  anAny: Type.Optional(AnyMessage()),
  aList: Type.Optional(Type.Array(UInt32())),
  aMap: Type.Optional(Type.Record(Type.String(), UInt32())),
  inner: Type.Optional(Type.Object({ deepText: Type.Optional(Text()) })),
})
