import type { ListQuery, PaginationResponse } from '../../schemas/pagination.ts'
import { invalidArgument, show } from '../base/errors.ts'
import { didYouMean, nearest } from '../base/nearest.ts'
import type { UnknownField } from './unknown-fields.ts'

/** Rows on a page if the client does not say: what the vendor's console showed (chosen). */
const defaultLimit = 10

/** Maximum number of rows on a page (chosen). */
export const maxLimit = 1000

export interface Slice {
  readonly limit: number
  readonly offset: number
}

/** The part of a list that a client asks for; a limit of 0 is an unset one. */
export const slice = (limit = 0, offset = 0): Slice => ({ limit: Math.min(limit || defaultLimit, maxLimit), offset })

/** The part of a list that a query asks for. */
export const sliceOf = (query: ListQuery): Slice => slice(query['pagination.limit'], query['pagination.offset'])

export const paginationOf = ({ limit, offset }: Slice, total: number): PaginationResponse => ({
  total,
  offset,
  hasPrevious: offset > 0 && total > 0,
  hasNext: offset + limit < total,
})

/**
 * Takes an `orderBy` out of a message if it cannot be read, so that the list comes in its own order. A service that sorts in its
 * database would ignore it or fail; ignoring it is chosen.
 *
 * @param unknown gets what was taken out
 */
export function dropUnreadableOrder(
  message: { orderBy?: string },
  fields: readonly string[],
  unknown: UnknownField[],
): void {
  const { orderBy = '' } = message
  if (orderBy.trim() === '' || readOrder(orderBy, fields) !== undefined) return
  delete message.orderBy
  const [name = ''] = orderBy.trim().split(/\s+/)
  unknown.push({ path: `orderBy=${show(orderBy)}`, suggestion: nearest(name, fields), known: fields })
}

interface Order<Field> {
  readonly field: Field
  readonly descending: boolean
}

function readOrder<Field extends string>(text: string, fields: readonly Field[]): Order<Field> | undefined {
  const [name = '', direction = 'asc', ...rest] = text.trim().split(/\s+/)
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const field = fields.find((known) => known === camel)
  if (field === undefined || !/^(asc|desc)$/i.test(direction) || rest.length > 0) return undefined
  return { field, descending: direction.toLowerCase() === 'desc' }
}

/**
 * Reads `orderBy`: a field in camelCase or snake_case, then optionally ` asc` or ` desc`.
 *
 * @throws ApiError 400, code 3, naming the fields there are
 */
export function parseOrder<Field extends string>(text: string, fields: readonly Field[]): Order<Field> {
  const order = readOrder(text, fields)
  if (order !== undefined) return order
  const [name = ''] = text.trim().split(/\s+/)
  throw invalidArgument(
    `orderBy ${show(text)}: expected a field${didYouMean(name, fields)}, then nothing, "asc" or "desc"; ` +
      `known are ${fields.join(', ')}`,
    'order-rules',
  )
}
