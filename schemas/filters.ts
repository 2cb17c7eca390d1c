import { type Static, Type } from '@sinclair/typebox'
import { FilterValue, Message, Text, UInt32, Value } from './proto.ts'

/** Every condition of a filter, in the vendor's order; the position is the number of the enum. */
export const filterConditions = [
  'FILTER_CONDITION_EQ',
  'FILTER_CONDITION_NEQ',
  'FILTER_CONDITION_GT',
  'FILTER_CONDITION_GTE',
  'FILTER_CONDITION_LT',
  'FILTER_CONDITION_LTE',
  'FILTER_CONDITION_ARRAY_CONTAINS',
  'FILTER_CONDITION_ARRAY_CONTAINS_ANY',
  'FILTER_CONDITION_IN',
  'FILTER_CONDITION_NOT_IN',
  'FILTER_CONDITION_LIKE',
] as const
export type FilterCondition = (typeof filterConditions)[number]

/** One condition on one field. */
export const Filter = Message('Filter', {
  field: Text({
    minLength: 1,
    description: 'Name of a field, in camelCase or snake_case, with dots: `config.jobTimeout`',
  }),
  // An enum with unknown names ignored would be EQ if a name is misspelt, so the name is read by the filter itself.
  condition: Type.Optional(Value({ description: `${filterConditions.join(', ')}; absent: the first` })),
  value: Type.Optional(
    FilterValue({
      description:
        'Plain JSON, or an Any of a well-known type: {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "x"}',
    }),
  ),
})
export type Filter = Static<typeof Filter>

/** Body of every `…/filter`. */
export const FilterRequest = Message('FilterRequest', {
  pagination: Type.Optional(
    Type.Object({
      limit: Type.Optional(UInt32({ description: 'Rows on a page; 0 or absent: 10; at most 1000' })),
      offset: Type.Optional(UInt32({ description: 'Rows to skip' })),
    }),
  ),
  filters: Type.Optional(Type.Array(Filter, { description: 'All of them must hold; at most 100' })),
  orderBy: Type.Optional(Text({ description: 'A field name, then optionally ` asc` or ` desc`' })),
})
export type FilterRequest = Static<typeof FilterRequest>
