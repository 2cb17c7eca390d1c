import type { ListQuery, PaginationResponse } from '../../schemas/pagination.ts'
import { invalidArgument, show } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'

/** Rows on a page where the client does not say: what the vendor's console showed (chosen). */
const defaultLimit = 10

/** Rows on a page at most; more are to be had from the next page (chosen). */
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
 * Reads `orderBy`: a field in camelCase or snake_case, then optionally ` asc` or ` desc`.
 *
 * @throws ApiError 400, code 3, naming the fields there are
 */
export function parseOrder<Field extends string>(
  text: string,
  fields: readonly Field[],
): { field: Field; descending: boolean } {
  const [name = '', direction = 'asc', ...rest] = text.trim().split(/\s+/)
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const field = fields.find((known) => known === camel)
  if (field === undefined) {
    throw invalidArgument(
      `orderBy ${show(text)}: cannot order by ${show(name)}${didYouMean(name, fields)}; ` +
        `known are ${fields.join(', ')}`,
      'order-rules',
    )
  }
  if (!/^(asc|desc)$/i.test(direction) || rest.length > 0) {
    throw invalidArgument(`orderBy ${show(text)}: expected a field, then nothing, "asc" or "desc"`, 'order-rules')
  }
  return { field, descending: direction.toLowerCase() === 'desc' }
}
