import { type Static, Type } from '@sinclair/typebox'
import { Page } from './pagination.ts'
import { AnyMessage, Double, Message, Nullable, Text, Timestamp } from './proto.ts'

/** `GET /v1/wallet/balance`; amounts are in ByteChips. */
export const Balance = Message('Balance', {
  accountId: Text({ format: 'uuid' }),
  totalBalance: Double(),
  availableBalance: Double({ description: 'The total without what running jobs will cost' }),
  amountDue: Double(),
})
export type Balance = Static<typeof Balance>

/** The entity that a transaction is about. */
const Entity = Message('Entity', { type: Text(), id: Text(), name: Text() })

export const Transaction = Message('Transaction', {
  id: Text({ format: 'uuid' }),
  createdAt: Timestamp(),
  accountFrom: Text(),
  accountTo: Text(),
  amount: Double({ description: 'ByteChips' }),
  transactionType: Text({ description: 'payment, topup or coupon' }),
  relatedEntity: Entity,
  notes: Text(),
  transactionData: Nullable(AnyMessage()),
  hash: Text({ description: 'SHA-256, hexadecimal' }),
  relatedEntityData: Type.Object({
    ...Entity.properties,
    jobName: Text(),
    jobId: Text(),
    description: Text(),
    currency: Text(),
    currencyAmount: Text(),
    exchangeRate: Double(),
    couponCode: Text(),
    jobTemplate: Text(),
  }),
  description: Text(),
  balance: Double({ description: 'The total balance after it' }),
})
export type Transaction = Static<typeof Transaction>

/** `GET /v1/wallet/transactions` and `POST /v1/wallet/transactions/filter`. */
export const TransactionsPage = Page('TransactionsPage', Transaction)
export type TransactionsPage = Static<typeof TransactionsPage>

/** `GET /v1/wallet/exchange_rate`. */
export const ExchangeRateQuery = Type.Object({
  currency: Type.Optional(Text({ description: 'USD' })),
  currencyAmount: Type.Optional(Double({ description: 'Money to change into ByteChips' })),
  amount: Type.Optional(Double({ description: 'ByteChips to change into money' })),
})
export type ExchangeRateQuery = Static<typeof ExchangeRateQuery>

export const ExchangeRate = Message('ExchangeRate', {
  currency: Text(),
  currencyAmount: Double(),
  exchangeRate: Double({ description: 'Money for one ByteChip' }),
  amount: Double({ description: 'ByteChips' }),
})
export type ExchangeRate = Static<typeof ExchangeRate>

/** `POST /v1/wallet/redeem_coupon`. */
export const RedeemCouponRequest = Message('RedeemCouponRequest', { couponCode: Text({ minLength: 1 }) })

export const RedeemCouponResponse = Message('RedeemCouponResponse', {
  id: Text({ format: 'uuid' }),
  code: Text(),
  amount: Text({ description: 'ByteChips' }),
})
export type RedeemCouponResponse = Static<typeof RedeemCouponResponse>
