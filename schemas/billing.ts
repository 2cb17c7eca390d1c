import { Type } from '@sinclair/typebox'
import { Double, Message, Nullable, Text, Timestamp, UInt32 } from './proto.ts'

/** `GET /v1/wallet/transactions/csv`: a CSV inside of JSON. */
export const TransactionsCsv = Message('TransactionsCsv', { csv: Text() })

/** `GET /v1/wallet/account`. */
export const AccountResponse = Message('AccountResponse', {
  account: Type.Object({
    id: Text(),
    createdAt: Nullable(Timestamp()),
    updatedAt: Nullable(Timestamp()),
    ownerId: Text(),
    accountType: Text(),
    verified: Type.Boolean(),
    serviceAccount: Type.Boolean(),
    payments: Type.Boolean(),
    payouts: Type.Boolean(),
    name: Text(),
    email: Text(),
    tier: Double(),
    revenueShare: Double(),
    gracePeriodEndAt: Nullable(Timestamp()),
    numberOfAppsAllowed: Double(),
    externalId: Text(),
  }),
})

/** `POST /v1/wallet/top_up`. */
export const TopUpRequest = Message('TopUpRequest', {
  currencyAmount: Type.Optional(Text()),
  currency: Type.Optional(Text()),
  amount: Type.Optional(Text()),
})
export const TopUpResponse = Message('TopUpResponse', {
  topUpRequest: Type.Object({
    id: Text(),
    createdAt: Timestamp(),
    updatedAt: Timestamp(),
    ownerId: Text(),
    accountId: Text(),
    billingProfileId: Text(),
    amount: Double(),
    currency: Text(),
    currencyAmount: Text(),
    exchangeRate: Double(),
    state: Text({ description: 'NEW, PENDING, CONFIRMED, CANCELED or FAILED' }),
    confirmImmediately: Type.Boolean(),
    topupType: Text(),
    shouldDowngradeTier: Type.Boolean(),
    shouldRecoverCompletely: Type.Boolean(),
  }),
  clientSecret: Text(),
  cardDetails: Type.Array(
    Type.Object({ id: Text(), brand: Text(), last4: Text(), expMonth: UInt32(), expYear: UInt32() }),
  ),
})
export const CancelTopUpRequest = Message('CancelTopUpRequest', {
  id: Text({ minLength: 1 }),
  cancelMessage: Type.Optional(Text()),
})

export const BillingPortal = Message('BillingPortal', { url: Text() })

export const Plans = Message('Plans', {
  plans: Type.Array(
    Type.Object({ id: Text(), createdAt: Timestamp(), updatedAt: Timestamp(), state: Text(), amount: Text() }),
  ),
})

/** `POST /v1/wallet/payout`. */
export const PayoutBody = Message('PayoutBody', {
  amount: Type.Optional(Text()),
  currency: Type.Optional(Text()),
  currencyAmount: Type.Optional(Text()),
})
const Payout = Message('Payout', {
  id: Text(),
  createdAt: Timestamp(),
  updatedAt: Timestamp(),
  ownerId: Text(),
  accountId: Text(),
  payoutProfileId: Text(),
  amount: Text(),
  currency: Text(),
  currencyAmount: Text(),
  exchangeRate: Text(),
  state: Text(),
  sentAt: Nullable(Timestamp()),
  confirmedAt: Nullable(Timestamp()),
})
export const PayoutResponse = Message('PayoutResponse', { payoutRequest: Payout })
export const PayoutHistoryQuery = Type.Object({ limit: Type.Optional(UInt32()), offset: Type.Optional(UInt32()) })
export const PayoutHistory = Message('PayoutHistory', { accountId: Text(), payoutRequests: Type.Array(Payout) })
