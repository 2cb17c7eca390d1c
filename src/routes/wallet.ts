import type { FastifyPluginAsync } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FilterRequest } from '../../schemas/filters.ts'
import { ListQuery } from '../../schemas/pagination.ts'
import {
  Balance,
  ExchangeRate,
  ExchangeRateQuery,
  RedeemCouponRequest,
  RedeemCouponResponse,
  TransactionsPage,
} from '../../schemas/wallet.ts'
import type { Core } from '../core.ts'
import type { Caller } from '../core/caller.ts'
import { type AuthOptions, registerAuth } from '../plugins/auth.ts'
import { absentRoutes } from './absent.ts'
import { billingRoutes } from './billing.ts'
import { infoRoute } from './info.ts'
import { compileFilters } from '../wire/filters.ts'
import { paginationOf, parseOrder, type Slice, slice, sliceOf } from '../wire/paging.ts'
import { type TransactionCriterion, transactionFilterFields, transactionOrderFields } from '../store/wallet.ts'
import { accountId, convert, transactionToWire } from '../domain/accounts/wallet.ts'
import { addRoutes } from './add-routes.ts'

/** The Wallet API. */
export const walletRoutes =
  (core: Core, auth: AuthOptions): FastifyPluginAsync =>
  async (scope) => {
    registerAuth(scope, core, auth)
    await addRoutes(scope, [accountRoutes(core), billingRoutes(core), infoRoute('Wallet'), absentRoutes('/v1/wallet')])
  }

/** The same below `/v1/customer`, the base of 2023. The OpenAPI documents leave it out. */
export const walletRoutesOf2023 =
  (core: Core, auth: AuthOptions): FastifyPluginAsync =>
  async (scope) => {
    registerAuth(scope, core, auth)
    scope.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true }
    })
    await addRoutes(scope, [accountRoutes(core)])
  }

const readFilters = compileFilters(transactionFilterFields)

const accountRoutes =
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
        config: { orderBy: transactionOrderFields },
        schema: {
          ...transactions,
          operationId: 'Wallet_GetTransactionList',
          summary: 'List transactions, newest first',
          querystring: ListQuery,
        },
      },
      async ({ caller, query }) => page(caller, sliceOf(query), query.orderBy, []),
    )

    app.post(
      '/transactions/filter',
      {
        // Nothing is changed by asking.
        config: { access: 'read', orderBy: transactionOrderFields },
        schema: {
          ...transactions,
          operationId: 'Wallet_FilterTransactions',
          summary: 'List the transactions that match all filters, newest first',
          body: FilterRequest,
        },
      },
      async ({ caller, body: { pagination, filters = [], orderBy } }) =>
        page(caller, slice(pagination?.limit, pagination?.offset), orderBy, readFilters(filters)),
    )

    app.get(
      '/exchange_rate',
      {
        schema: {
          operationId: 'Wallet_GetExchangeRate',
          summary: 'Convert money to ByteChips, or ByteChips to money',
          tags: ['wallet'],
          querystring: ExchangeRateQuery,
          response: { 200: ExchangeRate },
        },
      },
      async (request) => convert(request.query),
    )

    app.post(
      '/redeem_coupon',
      {
        schema: {
          operationId: 'Wallet_RedeemCoupon',
          summary: 'Redeem a coupon; FREE-<n> gives n ByteChips, once per account',
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

    async function page(caller: Caller, part: Slice, orderBy = '', criteria: readonly TransactionCriterion[]) {
      const order =
        orderBy.trim() === ''
          ? ({ field: 'createdAt', descending: true } as const)
          : parseOrder(orderBy, transactionOrderFields)
      const { transactions, total } = await core.wallet.transactions(caller, { ...part, orderBy: order, criteria })
      const own = accountId(caller.world.name, caller.account)
      return {
        pagination: paginationOf(part, total),
        data: transactions.map((transaction) => transactionToWire(transaction, own)),
      }
    }
  }
