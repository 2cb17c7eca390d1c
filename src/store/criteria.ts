import type { Criterion, FilterField } from '../wire/filters.ts'

/** A field as SQL sees it. Expressions may name `@now`, the world's present. */
export interface FilterColumn extends FilterField {
  /** SQL for the value of the field: NULL if unset, a JSON array for a list. Never contains text of a client. */
  readonly sql: string
  /** A column that holds the same wherever the field is set, and that an index knows. */
  readonly column?: string
}

/** A part of a WHERE clause, and the values of its question marks. */
export interface Clause {
  readonly sql: string
  readonly values: readonly unknown[]
}

/**
 * Writes one criterion as SQL. Only expressions of the table and operators of `Criterion` get into the text; what a client
 * sent is bound. Lists are bound as one JSON text, so their length does not make another statement.
 */
export function clauseOf(criterion: Criterion, { sql, column = sql }: FilterColumn): Clause {
  /** Narrows by the column, which is what an index can do; then sees to it that the field shows what the column holds. */
  const positive = (test: string, ...values: unknown[]): Clause => ({
    sql: column === sql ? test : `${test} AND ${sql} IS NOT NULL`,
    values,
  })
  switch (criterion.op) {
    case 'unset':
      return { sql: `${sql} IS NULL`, values: [] }
    case 'set':
      return { sql: `${sql} IS NOT NULL`, values: [] }
    case '=':
    case '>':
    case '>=':
    case '<':
    case '<=':
      return positive(`${column} ${criterion.op} ?`, criterion.value)
    case '!=':
      return { sql: `${sql} IS NOT ?`, values: [criterion.value] }
    case 'in':
      return positive(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(criterion.values))
    case 'not in':
      return {
        sql: `(${sql} IS NULL OR ${sql} NOT IN (SELECT value FROM json_each(?)))`,
        values: [JSON.stringify(criterion.values)],
      }
    case 'has any':
      return {
        sql: `EXISTS (SELECT 1 FROM json_each(${sql}) AS member WHERE member.value IN (SELECT value FROM json_each(?)))`,
        values: [JSON.stringify(criterion.values)],
      }
    case 'glob': {
      const { pattern, prefix } = criterion
      if (prefix === '') return { sql: `${sql} GLOB ?`, values: [pattern] }
      // No byte of UTF-8 is as large as the one that ends the range.
      const end = Buffer.concat([Buffer.from(prefix), Buffer.from([0xff])])
      return positive(`${column} >= ? AND ${column} < CAST(? AS TEXT) AND ${column} GLOB ?`, prefix, end, pattern)
    }
  }
}
