import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { genericOk, GenericResponse } from '../../schemas/generic.ts'
import {
  AccountResponse,
  BillingPortal,
  CancelTopUpRequest,
  PayoutBody,
  PayoutHistory,
  PayoutHistoryQuery,
  PayoutResponse,
  Plans,
  TopUpRequest,
  TopUpResponse,
  TransactionsCsv,
} from '../../schemas/billing.ts'
import { notFound, show } from '../base/errors.ts'
import { uuidFromName } from '../base/ids.ts'
import { formatTimestamp } from '../base/timestamps.ts'
import type { Core } from '../core.ts'
import type { Caller } from '../core/caller.ts'
import { displayName, emailOf, userId } from '../domain/accounts/users.ts'
import { accountId, exchangeRate, transactionToWire } from '../domain/accounts/wallet.ts'

/** Billing of the Wallet API. */
export const billingRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['billing']
    const owned = ({ world, account }: Caller) => {
      const at = formatTimestamp(core.clocks.now(world))
      return {
        createdAt: at,
        updatedAt: at,
        ownerId: userId(world.name, account),
        accountId: accountId(world.name, account),
      }
    }
    app.get(
      '/transactions/csv',
      {
        schema: {
          operationId: 'Wallet_GetTransactionsCsv',
          summary: 'Get all transactions as CSV in a JSON field',
          tags: ['wallet'],
          response: { 200: TransactionsCsv },
        },
      },
      async ({ caller }) => {
        const { transactions } = await core.wallet.transactions(caller, {
          limit: 100_000,
          offset: 0,
          orderBy: { field: 'createdAt', descending: true },
          criteria: [],
        })
        const own = accountId(caller.world.name, caller.account)
        const rows = transactions
          .map((transaction) => transactionToWire(transaction, own))
          .map(({ createdAt, transactionType, description, amount, balance }) => [
            createdAt,
            transactionType,
            description,
            amount,
            balance,
          ])
        const line = (cells: readonly unknown[]): string =>
          cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(',')
        return {
          csv: `${[['Date & Time', 'Type', 'Description', 'Amount', 'Balance'], ...rows].map(line).join('\r\n')}\r\n`,
        }
      },
    )
    app.get(
      '/account',
      {
        schema: {
          operationId: 'Wallet_GetAccountInfo',
          summary: 'Get the billing account',
          tags,
          response: { 200: AccountResponse },
        },
      },
      async ({ caller }) => {
        const { world, account } = caller
        return {
          account: {
            id: accountId(world.name, account),
            createdAt: formatTimestamp(world.createdAt),
            updatedAt: formatTimestamp(world.createdAt),
            ownerId: userId(world.name, account),
            accountType: 'user',
            verified: true,
            serviceAccount: false,
            payments: true,
            payouts: false,
            name: displayName(world.name, account),
            email: emailOf(world.name, account),
            tier: 0,
            revenueShare: 0,
            gracePeriodEndAt: null,
            numberOfAppsAllowed: 1000,
            externalId: '',
          },
        }
      },
    )
    app.post(
      '/top_up',
      {
        schema: {
          operationId: 'Wallet_CreateTopUpRequest',
          summary: 'Start a top-up; it is never paid, so the balance stays',
          tags,
          body: TopUpRequest,
          response: { 200: TopUpResponse },
        },
      },
      async ({ caller, body: { amount = '0', currency = 'USD', currencyAmount = '0' } }) => {
        const { accountId: account, ...rest } = owned(caller)
        const id = uuidFromName(`top-up of ${account} at ${rest.createdAt}`)
        return {
          topUpRequest: {
            id,
            ...rest,
            accountId: account,
            billingProfileId: '',
            amount: Number(amount) || 0,
            currency,
            currencyAmount,
            exchangeRate,
            state: 'NEW',
            confirmImmediately: false,
            topupType: '',
            shouldDowngradeTier: false,
            shouldRecoverCompletely: false,
          },
          clientSecret: `pi_${id.replaceAll('-', '')}_secret_emulated`,
          cardDetails: [],
        }
      },
    )
    app.post(
      '/cancel_top_up',
      {
        schema: {
          operationId: 'Wallet_CancelTopUpRequest',
          summary: 'Cancel a top-up; always 404',
          tags,
          body: CancelTopUpRequest,
          response: { 200: GenericResponse },
        },
      },
      async ({ body }) => {
        if (body.id !== '')
          throw notFound(`top-up ${show(body.id)} does not exist: the emulator keeps none`, 'nothing-behind')
        return genericOk
      },
    )
    app.get(
      '/billing_portal',
      {
        schema: {
          operationId: 'Wallet_GenerateBillingPortal',
          summary: 'Get the address of the billing portal, which does not exist',
          tags,
          response: { 200: BillingPortal },
        },
      },
      async () => ({ url: 'https://billing.invalid/' }),
    )
    app.get(
      '/plans',
      {
        schema: {
          operationId: 'Wallet_GetPlans',
          summary: 'List plans; always empty',
          tags,
          response: { 200: Plans },
        },
      },
      async () => ({ plans: [] }),
    )
    app.post(
      '/payout',
      {
        schema: {
          operationId: 'Wallet_RequirePayout',
          summary: 'Request a payout; nothing is paid',
          tags,
          body: PayoutBody,
          response: { 200: PayoutResponse },
        },
      },
      async ({ caller, body: { amount = '0', currency = 'USD', currencyAmount = '0' } }) => {
        const rest = owned(caller)
        return {
          payoutRequest: {
            id: uuidFromName(`payout of ${rest.accountId} at ${rest.createdAt}`),
            ...rest,
            payoutProfileId: '',
            amount,
            currency,
            currencyAmount,
            exchangeRate: String(exchangeRate),
            state: 'NEW',
            sentAt: null,
            confirmedAt: null,
          },
        }
      },
    )
    app.get(
      '/payout_history',
      {
        schema: {
          operationId: 'Wallet_PayoutHistory',
          summary: 'List payouts; always empty',
          tags,
          querystring: PayoutHistoryQuery,
          response: { 200: PayoutHistory },
        },
      },
      async ({ caller }) => ({ accountId: owned(caller).accountId, payoutRequests: [] }),
    )
  }
