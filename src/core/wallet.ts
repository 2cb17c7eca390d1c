import type { Balance } from '../../schemas/wallet.ts'
import { failedPrecondition, show } from '../base/errors.ts'
import type { Ids } from '../base/ids.ts'
import { endAt, enteredAt } from '../domain/jobs/lifecycle.ts'
import type { Commit } from '../store/commit.ts'
import type { JobRecord } from '../domain/jobs/job.ts'
import type { TransactionPage, TransactionsRequest, WalletStore } from '../store/wallet.ts'
import type { Reservation, TransactionRecord, TransactionType, WalletRecord } from '../domain/accounts/wallet.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Micros } from '../base/timestamps.ts'
import {
  accountId,
  type Coupon,
  couponOf,
  largestCoupon,
  openingBalance,
  openingCause,
  signOf,
} from '../domain/accounts/wallet.ts'
import type { Caller } from './caller.ts'

/**
 * An account's ByteChips.
 *
 * A run reserves its price. Once the job is COMPLETE it is paid; a job that fails or is aborted costs nothing (chosen). Which
 * of them has happened by now is computed from the world's clock before each read; there is no timer. The price of a job
 * whose blocks are really run is known when its tasks are done, and paid even if it is more than there is (chosen).
 */
export interface Wallet {
  balance(caller: Caller): Promise<Balance>
  transactions(caller: Caller, request: TransactionsRequest): Promise<TransactionPage>
  /**
   * Adds what a coupon is worth.
   *
   * @throws ApiError 404 for an unknown coupon, 400/9 for one that the account has redeemed (chosen)
   */
  redeem(caller: Caller, code: string): Promise<Coupon>
  /**
   * Reserves the price of a job that starts now. Call inside an act.
   *
   * @throws ApiError 400/9 if that is more than there is (documented that balance is checked; chosen how it is refused)
   */
  reserve(caller: Caller, job: JobRecord, now: Micros): void
  /** Takes note that the end or the price of a job may be another one. Call inside an act. */
  follow(world: WorldRecord, job: JobRecord): void
}

export function createWallet(commit: Commit, rows: WalletStore, ids: Ids, now: (world: WorldRecord) => Micros): Wallet {
  type Owner = Pick<Caller, 'world' | 'account'>

  function book(
    { world, account }: Owner,
    type: TransactionType,
    entry: Pick<TransactionRecord, 'amount' | 'cause' | 'createdAt'> & Partial<TransactionRecord>,
  ): void {
    const transaction = { jobName: '', templateId: '', ...entry, id: ids.uuid(), type }
    rows.book(world.key, account, signOf[type] * entry.amount, transaction)
  }

  /** Brings a wallet up to a moment: opened, and with every job paid or released that has ended by then. */
  function bookEnded(owner: Owner, present: Micros): WalletRecord {
    const { world, account } = owner
    if (rows.find(world.key, account) === undefined) {
      rows.open(world.key, account)
      book(owner, 'topup', { amount: openingBalance, cause: openingCause, createdAt: world.createdAt })
    }
    for (const reservation of rows.ended(world.key, account, present)) {
      rows.release(world.key, account, reservation)
      // Booked already if a file of an earlier version went back in time and ran the job twice.
      if (!reservation.completes || rows.isBooked(world.key, account, 'payment', reservation.jobId)) continue
      const { jobId, jobName, templateId, amount, endsAt } = reservation
      book(owner, 'payment', { amount, cause: jobId, createdAt: endsAt!, jobName, templateId })
    }
    return rows.find(world.key, account)!
  }

  return {
    balance: ({ world, account }) =>
      commit(() => {
        const { balance, reserved } = bookEnded({ world, account }, now(world))
        return {
          accountId: accountId(world.name, account),
          totalBalance: balance,
          availableBalance: balance - reserved,
          // A run beyond the balance is refused, but what a real run costs is known too late for that.
          amountDue: Math.max(0, -balance),
        }
      }),

    transactions: ({ world, account }, request) =>
      commit(() => {
        bookEnded({ world, account }, now(world))
        return rows.list(world.key, account, request)
      }),

    redeem({ world, account }, code) {
      const coupon = couponOf(code)
      return commit(() => {
        const present = now(world)
        bookEnded({ world, account }, present)
        if (rows.isBooked(world.key, account, 'coupon', code)) {
          throw failedPrecondition(`coupon ${show(code)} was redeemed by this account already`)
        }
        book({ world, account }, 'coupon', { amount: coupon.amount, cause: code, createdAt: present })
        return coupon
      })
    },

    reserve({ world, account }, job, present) {
      const { balance, reserved } = bookEnded({ world, account }, present)
      const amount = job.run?.payment ?? 0
      const available = balance - reserved
      if (amount > available) {
        const missing = Math.min(Math.ceil(amount - available), largestCoupon)
        throw failedPrecondition(
          `job ${job.id} costs ${amount} ByteChips, and of the balance of ${balance} only ${available} are available: ` +
            `redeem a coupon such as FREE-${missing} with POST /v1/wallet/redeem_coupon`,
          'balance-too-low',
        )
      }
      rows.reserve(world.key, account, {
        jobId: job.id,
        jobName: job.name,
        templateId: job.templateId,
        amount,
        ...endOf(job),
      })
    },

    follow(world, job) {
      rows.change(world.key, job.account, job.id, { ...endOf(job), amount: job.run?.payment ?? 0 })
    },
  }
}

/** When a job ends as things stand, and whether it is COMPLETE then. */
const endOf = ({ run }: JobRecord): Pick<Reservation, 'endsAt' | 'completes'> => ({
  endsAt: endAt(run),
  completes: enteredAt(run, 'JOB_STATE_COMPLETE') !== null,
})
