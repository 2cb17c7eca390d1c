import type { TransactionsFilterRequest } from '../schemas/wallet.ts'
import { invalidArgument, show } from './errors.ts'
import { nearest } from './nearest.ts'
import type { TransactionsRequest } from './store/wallets.ts'

type Filter = NonNullable<TransactionsFilterRequest['filters']>[number]

/** Fields that transactions can be filtered by, with the type of their values. */
const fields = { transactionType: 'string', amount: 'number' } as const

/**
 * Reads filters on transactions: equality on `transactionType` and `amount`, joined by AND. A value comes plain, or as an Any
 * that wraps it, `{"@type": …, "value": …}`.
 *
 * @throws ApiError 400, code 3, naming the filter and what is possible
 */
export function parseTransactionFilters(filters: readonly Filter[]): TransactionsRequest['equal'] {
  return filters.map(({ field: name, condition = 'FILTER_CONDITION_EQ', value }, index) => {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const where = `filters[${index}]`
    if (camel !== 'transactionType' && camel !== 'amount') {
      const meant = nearest(name, Object.keys(fields))
      throw invalidArgument(
        `${where}.field ${show(name)} is unknown${meant === undefined ? '' : ` (did you mean "${meant}"?)`}; ` +
          `known are ${Object.keys(fields).join(', ')}`,
      )
    }
    if (condition !== 'FILTER_CONDITION_EQ') {
      throw invalidArgument(`${where}.condition ${condition} is not possible for transactions; possible is EQ`)
    }
    const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value
    const wanted = fields[camel]
    const read = wanted === 'number' && typeof plain === 'string' && plain.trim() !== '' ? Number(plain) : plain
    if ((typeof read !== 'string' && typeof read !== 'number') || typeof read !== wanted || Number.isNaN(read)) {
      throw invalidArgument(`${where}.value ${show(value)}: expected a ${wanted} for ${camel}`)
    }
    return [camel, read] as const
  })
}
