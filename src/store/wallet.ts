import type { WalletRecord, Reservation, TransactionType, TransactionRecord } from '../domain/accounts/wallet.ts'
import type { Criterion } from '../wire/filters.ts'
import type { Micros } from '../base/timestamps.ts'
import { clauseOf, type FilterColumn } from './criteria.ts'
import type { Store } from './database.ts'

const orderColumns = { createdAt: 'created_at', amount: 'amount', transactionType: 'type' } as const
export type TransactionOrderField = keyof typeof orderColumns

/** The fields that transactions can be ordered by. */
export const transactionOrderFields = Object.keys(orderColumns) as TransactionOrderField[]

/**
 * The fields that transactions can be filtered by: those of the answer that tell transactions apart. An index answers for
 * `transactionType`, `createdAt` and `amount`.
 */
export const transactionFilterFields = {
  id: { kind: 'text', sql: 'id' },
  createdAt: { kind: 'timestamp', sql: 'created_at' },
  amount: { kind: 'number', sql: 'amount' },
  balance: { kind: 'number', sql: 'balance' },
  transactionType: { kind: 'text', sql: 'type' },
  'relatedEntity.type': { kind: 'text', sql: 'type' },
  'relatedEntityData.type': { kind: 'text', sql: 'type' },
  'relatedEntityData.jobId': { kind: 'text', sql: `iif(type = 'payment', cause, '')` },
  'relatedEntityData.jobName': { kind: 'text', sql: 'job_name' },
  'relatedEntityData.jobTemplate': { kind: 'text', sql: 'template_id' },
  'relatedEntityData.couponCode': { kind: 'text', sql: `iif(type = 'coupon', cause, '')` },
} as const satisfies Record<string, FilterColumn>

export type TransactionCriterion = Criterion<keyof typeof transactionFilterFields>

/** Which transactions are wanted, and which page of them. */
export interface TransactionsRequest {
  readonly limit: number
  readonly offset: number
  readonly orderBy: { readonly field: TransactionOrderField; readonly descending: boolean }
  /** All of them must hold. */
  readonly criteria: readonly TransactionCriterion[]
}

export interface TransactionPage {
  readonly transactions: TransactionRecord[]
  /** On all pages. */
  readonly total: number
}

export interface WalletStore {
  find(world: number, account: string): WalletRecord | undefined
  /** Call inside an act. Makes an empty wallet. */
  open(world: number, account: string): void
  /** Call inside an act. Sets aside what a job will cost. */
  reserve(world: number, account: string, reservation: Reservation): void
  /** Call inside an act. The job's end or price is another one than it was. Does nothing if nothing is reserved for it. */
  change(world: number, account: string, jobId: string, to: Pick<Reservation, 'endsAt' | 'completes' | 'amount'>): void
  /** Reservations of jobs that have ended by a moment, in the order of their ends. */
  ended(world: number, account: string, now: Micros): Reservation[]
  /** Call inside an act. */
  release(world: number, account: string, reservation: Reservation): void
  /** Call inside an act. Changes the balance, by an amount with its sign, and keeps the transaction. */
  book(world: number, account: string, change: number, transaction: Omit<TransactionRecord, 'balance'>): void
  /** Call inside an act. Makes the world's wallets anew from its transactions and reservations, rather than trusting a file. */
  recompute(world: number): void
  isBooked(world: number, account: string, type: TransactionType, cause: string): boolean
  list(world: number, account: string, request: TransactionsRequest): TransactionPage
}

interface ReservationRow {
  job_id: string
  job_name: string
  template_id: string
  amount: number
  ends_at: number | null
  completes: number
}

interface TransactionRow {
  id: string
  created_at: number
  type: TransactionType
  amount: number
  balance: number
  cause: string
  job_name: string
  template_id: string
}

const toReservation = (row: ReservationRow): Reservation => ({
  jobId: row.job_id,
  jobName: row.job_name,
  templateId: row.template_id,
  amount: row.amount,
  endsAt: row.ends_at,
  completes: row.completes === 1,
})

const toTransaction = (row: TransactionRow): TransactionRecord => ({
  id: row.id,
  createdAt: row.created_at,
  type: row.type,
  amount: row.amount,
  balance: row.balance,
  cause: row.cause,
  jobName: row.job_name,
  templateId: row.template_id,
})

const reservationColumns = 'job_id, job_name, template_id, amount, ends_at, completes'
const transactionColumns = 'id, created_at, type, amount, balance, cause, job_name, template_id'

export function walletStore(store: Store): WalletStore {
  const find = store.prepare<WalletRecord>('SELECT balance, reserved FROM wallets WHERE world = ? AND account = ?')
  const open = store.prepare('INSERT INTO wallets (world, account) VALUES (?, ?)')
  const addReserved = store.prepare('UPDATE wallets SET reserved = reserved + ? WHERE world = ? AND account = ?')
  const insertReservation = store.prepare(
    `INSERT INTO reservations (world, account, ${reservationColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const amountOf = store.prepare<{ amount: number }>('SELECT amount FROM reservations WHERE world = ? AND job_id = ?')
  const change = store.prepare(
    'UPDATE reservations SET (ends_at, completes, amount) = (?, ?, ?) WHERE world = ? AND job_id = ?',
  )
  const ended = store.prepare<ReservationRow>(
    `SELECT ${reservationColumns} FROM reservations WHERE world = ? AND account = ? AND ends_at <= ? ORDER BY ends_at`,
  )
  const deleteReservation = store.prepare('DELETE FROM reservations WHERE world = ? AND job_id = ?')
  const addBalance = store.prepare<{ balance: number }>(
    `UPDATE wallets SET balance = balance + ?, transactions = transactions + 1 WHERE world = ? AND account = ?
     RETURNING balance`,
  )
  const insertTransaction = store.prepare(
    `INSERT INTO transactions (world, account, ${transactionColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const clear = store.prepare('DELETE FROM wallets WHERE world = ?')
  const recompute = store.prepare(
    `INSERT INTO wallets (world, account, balance, reserved, transactions)
     SELECT @world, account,
       coalesce((SELECT balance FROM transactions t WHERE t.world = @world AND t.account = a.account ORDER BY seq DESC LIMIT 1), 0),
       (SELECT total(amount) FROM reservations r WHERE r.world = @world AND r.account = a.account),
       (SELECT count(*) FROM transactions t WHERE t.world = @world AND t.account = a.account)
     FROM (SELECT account FROM transactions WHERE world = @world UNION SELECT account FROM reservations WHERE world = @world) a`,
  )
  const booked = store.prepare('SELECT 1 FROM transactions WHERE world = ? AND account = ? AND type = ? AND cause = ?')
  const countAll = store.prepare<{ total: number }>(
    'SELECT transactions AS total FROM wallets WHERE world = ? AND account = ?',
  )

  return {
    find: (world, account) => find.get(world, account),
    open(world, account) {
      open.run(world, account)
    },
    reserve(world, account, { jobId, jobName, templateId, amount, endsAt, completes }) {
      insertReservation.run(world, account, jobId, jobName, templateId, amount, endsAt, completes ? 1 : 0)
      addReserved.run(amount, world, account)
    },
    change(world, account, jobId, { endsAt, completes, amount }) {
      const before = amountOf.get(world, jobId)
      if (before === undefined) return
      change.run(endsAt, completes ? 1 : 0, amount, world, jobId)
      if (amount !== before.amount) addReserved.run(amount - before.amount, world, account)
    },
    ended: (world, account, now) => ended.all(world, account, now).map(toReservation),
    release(world, account, { jobId, amount }) {
      deleteReservation.run(world, jobId)
      addReserved.run(-amount, world, account)
    },
    book(world, account, change, { id, createdAt, type, amount, cause, jobName, templateId }) {
      const { balance } = addBalance.get(change, world, account)!
      insertTransaction.run(world, account, id, createdAt, type, amount, balance, cause, jobName, templateId)
    },
    recompute(world) {
      clear.run(world)
      recompute.run({ world })
    },
    isBooked: (world, account, type, cause) => booked.get(world, account, type, cause) !== undefined,
    list(world, account, { limit, offset, orderBy, criteria }) {
      const clauses = criteria.map((criterion) => clauseOf(criterion, transactionFilterFields[criterion.field]))
      const conditions = clauses.map(({ sql }) => ` AND ${sql}`).join('')
      const values = clauses.flatMap((clause) => clause.values)
      const from = `FROM transactions WHERE world = ? AND account = ?${conditions}`
      const count =
        criteria.length === 0 ? countAll : store.prepare<{ total: number }>(`SELECT count(*) AS total ${from}`)
      const total = count.get(world, account, ...values)?.total ?? 0
      if (offset >= total) return { transactions: [], total }
      const direction = orderBy.descending ? 'DESC' : 'ASC'
      const order = `ORDER BY ${orderColumns[orderBy.field]} ${direction}, seq ${direction}`
      // The inner query walks an index only, so a far offset stays cheap.
      const rows = store
        .prepare<TransactionRow>(
          `SELECT ${transactionColumns} FROM transactions WHERE seq IN (SELECT seq ${from} ${order} LIMIT ? OFFSET ?) ${order}`,
        )
        .all(world, account, ...values, limit, offset)
      return { transactions: rows.map(toTransaction), total }
    },
  }
}
