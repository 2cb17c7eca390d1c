import { createHash } from 'node:crypto'
import type { ExchangeRate, ExchangeRateQuery, Transaction } from '../../../schemas/wallet.ts'
import { invalidArgument, notFound, show } from '../../base/errors.ts'
import { uuidFromName } from '../../base/ids.ts'
import { formatTimestamp, type Micros } from '../../base/timestamps.ts'

/** ByteChips that a new account has (chosen). */
export const openingBalance = 10_000

/** The cause of an account's first transaction. */
export const openingCause = 'opening'

/** US dollars for one ByteChip, as the vendor's pages of 2025 say (documented). */
export const exchangeRate = 0.03311

/** The only currency that the vendor's pages show. */
const currency = 'USD'

/** The vendor's side of every transaction: the name in the documentation (documented for payments, chosen for the rest). */
const processor = 'stripe-main'

/** An account as transactions name it. */
export const accountId = (world: string, account: string): string => uuidFromName(`wallet of ${account}@${world}`)

/** A change to the balance, by its type. */
export const signOf: Readonly<Record<TransactionType, 1 | -1>> = { payment: -1, topup: 1, coupon: 1 }

export interface Coupon {
  readonly id: string
  readonly code: string
  /** ByteChips that it is worth. */
  readonly amount: number
}

/**
 * The coupon with a code: `FREE-<n>` gives n ByteChips, up to a million (chosen).
 *
 * @throws ApiError 404 that says which coupons there are
 */
export function couponOf(code: string): Coupon {
  const match = /^FREE-([1-9]\d{0,6})$/.exec(code)
  const amount = Number(match?.[1])
  if (match === null || amount > largestCoupon) {
    throw notFound(
      `coupon ${show(code)} does not exist: the emulator has FREE-<n> for n ByteChips up to ${largestCoupon}, as FREE-500`,
    )
  }
  return { id: uuidFromName(`coupon ${code}`), code, amount }
}

export const largestCoupon = 1_000_000

/** Asserts that a transaction from outside can be shown. @throws ApiError 400 that names the field, 404 for an unknown coupon */
export function assertTransaction(type: unknown, cause: unknown): void {
  if (typeof type !== 'string' || !Object.hasOwn(signOf, type)) {
    throw invalidArgument(`type ${show(type)}: expected one of ${Object.keys(signOf).join(', ')}`)
  }
  if (type === 'coupon') couponOf(String(cause))
}

/**
 * Money into ByteChips, or the other way round; `currencyAmount` counts if both are given (chosen).
 *
 * @throws ApiError 400, code 3, for a currency that is not known
 */
export function convert(query: ExchangeRateQuery): ExchangeRate {
  const asked = (query.currency ?? '').trim().toUpperCase() || currency
  if (asked !== currency)
    throw invalidArgument(`currency ${show(query.currency)} is unknown; known is ${currency}`, 'unknown-currency')
  const { currencyAmount = 0, amount = 0 } = query
  const given = currencyAmount === 0 ? { currencyAmount: amount * exchangeRate, amount } : undefined
  return {
    currency,
    currencyAmount: rounded(given?.currencyAmount ?? currencyAmount),
    exchangeRate,
    amount: rounded(given?.amount ?? currencyAmount / exchangeRate),
  }
}

/** To six digits, which hides that doubles are binary. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

/** A transaction as clients see it: fields and order of the SDK of June 2025 (documented). */
export function transactionToWire(transaction: TransactionRecord, accountId: string): Transaction {
  const { id, type, amount, cause, balance, jobName, templateId } = transaction
  const createdAt = formatTimestamp(transaction.createdAt)
  const [accountFrom, accountTo] = signOf[type] < 0 ? [accountId, processor] : [processor, accountId]
  const relatedEntity = { type, ...entityOf[type](transaction) }
  return {
    id,
    createdAt,
    accountFrom,
    accountTo,
    amount,
    transactionType: type,
    relatedEntity,
    notes: '',
    transactionData: null,
    hash: createHash('sha256').update([id, createdAt, accountFrom, accountTo, amount].join(' ')).digest('hex'),
    relatedEntityData: {
      ...relatedEntity,
      jobName,
      jobId: type === 'payment' ? cause : '',
      description: type === 'topup' ? openingText : '',
      currency: type === 'topup' ? currency : '',
      currencyAmount: type === 'topup' ? (amount * exchangeRate).toFixed(2) : '',
      exchangeRate: type === 'topup' ? exchangeRate : 0,
      couponCode: type === 'coupon' ? cause : '',
      jobTemplate: templateId,
    },
    description: descriptionOf[type](relatedEntity.name),
    balance,
  }
}

const openingText = 'Opening balance'

/** The entity that a transaction is about. A job without a name is called by its id (documented). */
const entityOf: Readonly<Record<TransactionType, (of: TransactionRecord) => { id: string; name: string }>> = {
  payment: ({ cause, jobName }) => ({ id: cause, name: jobName || `Job ${cause}` }),
  topup: ({ id }) => ({ id, name: openingText }),
  coupon: ({ cause }) => ({ id: couponOf(cause).id, name: cause }),
}

const descriptionOf: Readonly<Record<TransactionType, (name: string) => string>> = {
  payment: (name) => `Payment for ${name}`,
  topup: (name) => name,
  coupon: (name) => `Coupon ${name}`,
}

/** Amounts are in ByteChips. */
export interface WalletRecord {
  readonly balance: number
  /** ByteChips reserved for running jobs. */
  readonly reserved: number
}

/** The price of a running job, and the moment at which it is decided. */
export interface Reservation {
  readonly jobId: string
  readonly jobName: string
  readonly templateId: string
  readonly amount: number
  /** When the job ends as things stand; null if that waits for polls or gates. */
  readonly endsAt: Micros | null
  /** True if the job completes then. */
  readonly completes: boolean
}

export type TransactionType = 'payment' | 'topup' | 'coupon'

export interface TransactionRecord {
  readonly id: string
  readonly createdAt: Micros
  readonly type: TransactionType
  /** Never negative; the type tells the direction. */
  readonly amount: number
  /** The balance after it. */
  readonly balance: number
  /** Id of the job, code of the coupon, or the occasion. */
  readonly cause: string
  readonly jobName: string
  readonly templateId: string
}
