import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Message, Text, UInt32 } from './proto.ts'

/** Query of every list: the names carry their dots, as the vendor's reference writes them. */
export const ListQuery = Type.Object({
  'pagination.limit': Type.Optional(UInt32({ description: 'Rows on a page; 0 or absent: 10; at most 1000' })),
  'pagination.offset': Type.Optional(UInt32({ description: 'Rows to skip' })),
  orderBy: Type.Optional(Text({ description: 'A field name, then optionally ` asc` or ` desc`' })),
})
export type ListQuery = Static<typeof ListQuery>

export const PaginationResponse = Message(
  'PaginationResponse',
  {
    total: UInt32({ description: 'Number of rows on all pages' }),
    offset: UInt32({ description: 'Number of rows before this page' }),
    hasPrevious: Type.Boolean({ description: 'True if there is a page before this one' }),
    hasNext: Type.Boolean({ description: 'True if there is a page after this one' }),
  },
  { description: 'The place of this page in the list' },
)
export type PaginationResponse = Static<typeof PaginationResponse>

/** The envelope of every list. */
export const Page = <T extends TSchema>(name: string, item: T) =>
  Message(name, { pagination: PaginationResponse, data: Type.Array(item) })
