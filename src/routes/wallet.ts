import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ListQuery } from '../../schemas/pagination.ts'
import {
  Balance,
  ExchangeRate,
  ExchangeRateQuery,
  RedeemCouponRequest,
  RedeemCouponResponse,
  TransactionsFilterRequest,
  TransactionsPage,
} from '../../schemas/wallet.ts'
import type { Core } from '../core.ts'
import type { Caller } from '../core/caller.ts'
import { paginationOf, parseOrder, sliceOf } from '../paging.ts'
import { type TransactionsRequest, transactionOrderFields } from '../store/wallets.ts'
import { parseTransactionFilters } from '../transaction-filters.ts'
import { accountId, exchange, transactionToWire } from '../wallet.ts'

/** The Wallet API. */
export const walletRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/balance',
      {
        schema: {
          operationId: 'Wallet_GetBalance',
          summary: 'Get the balance of the account',
          tags: ['wallet'],
          response: { 200: Balance },
        },
      },
      async (request) => core.wallet.balance(request.caller),
    )

    const transactions = { tags: ['wallet'], response: { 200: TransactionsPage } }

    app.get(
      '/transactions',
      {
        schema: {
          ...transactions,
          operationId: 'Wallet_GetTransactionList',
          summary: 'List transactions, newest first',
          querystring: ListQuery,
        },
      },
      async (request) => page(request.caller, request.query, []),
    )

    app.post(
      '/transactions/filter',
      {
        // Nothing is changed by asking.
        config: { access: 'read' },
        schema: {
          ...transactions,
          operationId: 'Wallet_FilterTransactions',
          summary: 'List the transactions that pass all filters, newest first',
          body: TransactionsFilterRequest,
        },
      },
      async ({ caller, body }) => {
        const { pagination: { limit = 0, offset = 0 } = {}, orderBy = '', filters = [] } = body
        const query = { 'pagination.limit': limit, 'pagination.offset': offset, orderBy }
        return page(caller, query, parseTransactionFilters(filters))
      },
    )

    app.get(
      '/exchange_rate',
      {
        schema: {
          operationId: 'Wallet_GetExchangeRate',
          summary: 'Change money into ByteChips, or ByteChips into money',
          tags: ['wallet'],
          querystring: ExchangeRateQuery,
          response: { 200: ExchangeRate },
        },
      },
      async (request) => exchange(request.query),
    )

    app.post(
      '/redeem_coupon',
      {
        schema: {
          operationId: 'Wallet_RedeemCoupon',
          summary: 'Add what a coupon is worth; FREE-<n> gives n ByteChips, once per account',
          tags: ['wallet'],
          body: RedeemCouponRequest,
          response: { 200: RedeemCouponResponse },
        },
      },
      async (request) => {
        const { id, code, amount } = await core.wallet.redeem(request.caller, request.body.couponCode.trim())
        return { id, code, amount: String(amount) }
      },
    )

    async function page(caller: Caller, query: ListQuery, equal: TransactionsRequest['equal']) {
      const slice = sliceOf(query)
      const { orderBy = '' } = query
      const order =
        orderBy.trim() === ''
          ? ({ field: 'createdAt', descending: true } as const)
          : parseOrder(orderBy, transactionOrderFields)
      const { transactions, total } = await core.wallet.transactions(caller, { ...slice, orderBy: order, equal })
      const own = accountId(caller.world.name, caller.account)
      return {
        pagination: paginationOf(slice, total),
        data: transactions.map((transaction) => transactionToWire(transaction, own)),
      }
    }
  }
