import { type Filter, type FilterCondition, filterConditions } from '../../schemas/filters.ts'
import { invalidArgument, show } from '../base/errors.ts'
import { snakeCase } from './decode.ts'
import { unwrapItem } from './filter-values.ts'
import { didYouMean } from '../base/nearest.ts'
import { parseTimestamp } from '../base/timestamps.ts'

/** The kind of a field's value; it decides which conditions and values fit. */
export interface FilterField {
  readonly kind: 'text' | 'number' | 'bool' | 'timestamp' | 'enum' | 'list'
  /** Names of an enum in the order of their numbers, or all that a list may hold. */
  readonly names?: readonly string[]
  /** A number that may be unset, which is not the same as 0. Timestamps may always be unset. */
  readonly nullable?: boolean
  /** Brings a text into the one spelling that is stored. */
  readonly normalise?: (text: string) => string
}

/** The fields that a list can be filtered by, by their names in camelCase. */
export type FilterFields<Name extends string> = Readonly<Record<Name, FilterField>>

/** Numbers for booleans (0, 1) and timestamps (microseconds). */
type Scalar = string | number

/** A filter as stores compare: checked, with values of the field's kind. */
export type Criterion<Name extends string = string> = { readonly field: Name } & (
  | { readonly op: 'unset' | 'set' }
  | { readonly op: '=' | '!=' | '>' | '>=' | '<' | '<='; readonly value: Scalar }
  | { readonly op: 'in' | 'not in' | 'has any'; readonly values: readonly Scalar[] }
  | { readonly op: 'glob'; readonly pattern: string; readonly prefix: string }
)

/** Filters in a request at most (chosen). */
const maxFilters = 100

/** Values in one filter at most (chosen). */
const maxValues = 1000

/** Characters in a pattern of LIKE at most (chosen; SQLite refuses 50,000 bytes by itself). */
const maxPattern = 1000

const comparisons = {
  FILTER_CONDITION_EQ: '=',
  FILTER_CONDITION_NEQ: '!=',
  FILTER_CONDITION_GT: '>',
  FILTER_CONDITION_GTE: '>=',
  FILTER_CONDITION_LT: '<',
  FILTER_CONDITION_LTE: '<=',
} as const

const short = (condition: FilterCondition): string => condition.replace('FILTER_CONDITION_', '')

/** Conditions that a field of each kind can be asked for (chosen; the vendor lists the conditions only). */
const conditionsOf: Readonly<Record<FilterField['kind'], readonly string[]>> = {
  text: ['EQ', 'NEQ', 'GT', 'GTE', 'LT', 'LTE', 'IN', 'NOT_IN', 'LIKE'],
  enum: ['EQ', 'NEQ', 'GT', 'GTE', 'LT', 'LTE', 'IN', 'NOT_IN', 'LIKE'],
  number: ['EQ', 'NEQ', 'GT', 'GTE', 'LT', 'LTE', 'IN', 'NOT_IN'],
  timestamp: ['EQ', 'NEQ', 'GT', 'GTE', 'LT', 'LTE', 'IN', 'NOT_IN'],
  bool: ['EQ', 'NEQ', 'IN', 'NOT_IN'],
  list: ['ARRAY_CONTAINS', 'ARRAY_CONTAINS_ANY'],
}

/**
 * Compiles the reading of filters for one table of fields. What it returns takes filters as clients sent them, to be joined
 * by AND (chosen: nothing else is documented), and throws ApiError 400, code 3, naming the filter, what is wrong with it and
 * what is known.
 *
 * Sources: the conditions are documented; fields are those of the answer and values may be plain JSON (chosen); an enum
 * compares by its number and an unset text is `""` (inferred, proto3); LIKE has `%`, `_` and `\`, and tells upper from lower
 * case, as in PostgreSQL (chosen).
 */
export function compileFilters<Name extends string>(
  fields: FilterFields<Name>,
): (filters: readonly Filter[]) => Criterion<Name>[] {
  const names = Object.keys(fields) as Name[]
  const byName = new Map<string, Name>(
    names.flatMap((name) => [[snakeCasePath(name), name] as const, [name, name] as const]),
  )

  function parse({ field: sent, condition: sentCondition, value }: Filter, path: string): Criterion<Name> {
    const name = byName.get(sent)
    if (name === undefined) {
      throw invalidArgument(
        `${path}.field ${show(sent)} is unknown${didYouMean(sent, names)}; known are ${names.join(', ')}`,
        'filter-rules',
      )
    }
    const field: FilterField = fields[name]
    const condition = readCondition(sentCondition, `${path}.condition`)
    const allowed = conditionsOf[field.kind]
    if (!allowed.includes(short(condition))) {
      throw invalidArgument(
        `${path}.condition ${condition} does not fit field ${name}, which is a ${field.kind}; ` +
          `known are ${allowed.map((known) => `FILTER_CONDITION_${known}`).join(', ')}`,
        'filter-rules',
      )
    }
    return {
      field: name,
      ...criterionOf(field, condition, value ?? null, `${path}.value`),
    }
  }

  return (filters) => {
    if (filters.length > maxFilters) {
      throw invalidArgument(
        `filters holds ${filters.length} filters; at most ${maxFilters} are allowed`,
        'filter-rules',
      )
    }
    return filters.map((filter, index) => parse(filter, `filters[${index}]`))
  }
}

/** `stateTimestamps.JOB_STATE_NEW` -> `state_timestamps.JOB_STATE_NEW`: keys of maps are never renamed. */
const snakeCasePath = (path: string): string =>
  path
    .split('.')
    .map((segment) => (/^[a-z]/.test(segment) ? snakeCase(segment) : segment))
    .join('.')

function readCondition(sent: unknown, path: string): FilterCondition {
  if (sent === undefined) return filterConditions[0]
  const found = typeof sent === 'number' ? filterConditions[sent] : filterConditions.find((name) => name === sent)
  if (found !== undefined) return found
  const meant =
    typeof sent === 'string' ? didYouMean(sent.replace(/^(?!filter_)/i, 'FILTER_CONDITION_'), filterConditions) : ''
  throw invalidArgument(
    `${path} ${show(sent)} is unknown${meant}; known are ${filterConditions.join(', ')}`,
    'filter-rules',
  )
}

type Comparison = Criterion extends infer One ? (One extends { op: unknown } ? Omit<One, 'field'> : never) : never

function criterionOf(field: FilterField, condition: FilterCondition, value: unknown, path: string): Comparison {
  const scalar = () => readScalar(field, value, path)
  const list = () => readList(field, value, path, condition)
  if (field.kind === 'enum') return enumCriterion(field.names!, condition, value, path, list)
  switch (condition) {
    case 'FILTER_CONDITION_EQ':
    case 'FILTER_CONDITION_NEQ':
      if (value === null) return whereUnset(field, condition === 'FILTER_CONDITION_EQ')
      return { op: comparisons[condition], value: scalar() }
    case 'FILTER_CONDITION_GT':
    case 'FILTER_CONDITION_GTE':
    case 'FILTER_CONDITION_LT':
    case 'FILTER_CONDITION_LTE':
      return { op: comparisons[condition], value: scalar() }
    case 'FILTER_CONDITION_IN': {
      const values = list()
      return values.length === 1 ? { op: '=', value: values[0]! } : { op: 'in', values }
    }
    case 'FILTER_CONDITION_NOT_IN':
      return { op: 'not in', values: list() }
    case 'FILTER_CONDITION_ARRAY_CONTAINS':
      return { op: 'has any', values: [scalar()] }
    case 'FILTER_CONDITION_ARRAY_CONTAINS_ANY':
      return { op: 'has any', values: list() }
    case 'FILTER_CONDITION_LIKE':
      return { op: 'glob', ...toGlob(readPattern(value, path)) }
  }
}

/** No value asks whether the field is unset; proto3 cannot tell an unset text or number from an empty one. */
function whereUnset({ kind, nullable = false }: FilterField, unset: boolean): Comparison {
  if (kind === 'timestamp' || nullable) return { op: unset ? 'unset' : 'set' }
  return { op: unset ? '=' : '!=', value: kind === 'text' ? '' : 0 }
}

/** Whatever is asked of an enum comes down to some of its names, so that an index can find them. */
function enumCriterion(
  names: readonly string[],
  condition: FilterCondition,
  value: unknown,
  path: string,
  list: () => readonly Scalar[],
): Comparison {
  const wanted = names.filter(enumTest(names, condition, value, path, list))
  return wanted.length === 1 ? { op: '=', value: wanted[0]! } : { op: 'in', values: wanted }
}

function enumTest(
  names: readonly string[],
  condition: FilterCondition,
  value: unknown,
  path: string,
  list: () => readonly Scalar[],
): (name: string, number: number) => boolean {
  if (condition === 'FILTER_CONDITION_LIKE') {
    const pattern = readPattern(value, path)
    return (name) => likes(pattern, name)
  }
  if (condition === 'FILTER_CONDITION_IN' || condition === 'FILTER_CONDITION_NOT_IN') {
    const among = new Set(list())
    return (name) => among.has(name) === (condition === 'FILTER_CONDITION_IN')
  }
  // The unset value of an enum is its first name.
  const limit = value === null ? 0 : names.indexOf(readName(names, value, path))
  const tests: Readonly<Record<string, (number: number) => boolean>> = {
    FILTER_CONDITION_EQ: (number) => number === limit,
    FILTER_CONDITION_NEQ: (number) => number !== limit,
    FILTER_CONDITION_GT: (number) => number > limit,
    FILTER_CONDITION_GTE: (number) => number >= limit,
    FILTER_CONDITION_LT: (number) => number < limit,
    FILTER_CONDITION_LTE: (number) => number <= limit,
  }
  return (_name, number) => tests[condition]!(number)
}

function refuse(path: string, value: unknown, expected: string): never {
  throw invalidArgument(
    value === null ? `${path} is required: expected ${expected}` : `${path} ${show(value)}: expected ${expected}`,
    'filter-rules',
  )
}

function readList(field: FilterField, value: unknown, path: string, condition: FilterCondition): readonly Scalar[] {
  if (!Array.isArray(value)) {
    return refuse(path, value, `a list for ${condition}: a JSON array, or a google.protobuf.ListValue`)
  }
  if (value.length > maxValues)
    throw invalidArgument(`${path} holds ${value.length} values; at most ${maxValues} are allowed`, 'filter-rules')
  return value.map((item, index) => readScalar(field, unwrapItem(item, `${path}[${index}]`), `${path}[${index}]`))
}

const numberText = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function readScalar({ kind, names, normalise }: FilterField, value: unknown, path: string): Scalar {
  switch (kind) {
    case 'number': {
      // int64 travels as a string.
      const number = typeof value === 'string' && numberText.test(value) ? Number(value) : value
      return typeof number === 'number' ? number : refuse(path, value, 'a number')
    }
    case 'bool':
      return typeof value === 'boolean' ? Number(value) : refuse(path, value, 'true or false')
    case 'timestamp': {
      const at = typeof value === 'string' ? parseTimestamp(value) : undefined
      return at ?? refuse(path, value, 'RFC 3339, as in "2025-05-20T09:00:00Z"')
    }
    case 'enum':
      return readName(names!, value, path)
    case 'list':
    case 'text':
      if (names !== undefined) return readName(names, value, path)
      if (typeof value !== 'string') return refuse(path, value, 'a string')
      return normalise === undefined ? value : normalise(value)
  }
}

function readName(names: readonly string[], value: unknown, path: string): string {
  const name = typeof value === 'number' ? names[value] : names.find((known) => known === value)
  if (name !== undefined) return name
  const meant = typeof value === 'string' ? didYouMean(value, names) : ''
  return refuse(path, value, `one of ${names.join(', ')}${meant}`)
}

function readPattern(value: unknown, path: string): string {
  if (typeof value !== 'string')
    return refuse(path, value, 'a pattern, in which % matches any text and _ one character')
  if (value.length > maxPattern) {
    throw invalidArgument(
      `${path} is a pattern of ${value.length} characters; at most ${maxPattern} are allowed`,
      'filter-rules',
    )
  }
  return value
}

/** Reads a pattern piece by piece; a backslash escapes the character after it. */
const translate = (pattern: string, piece: (character: string, wild: boolean) => string): string =>
  pattern.replace(/\\([^])|([%_])|[^]/gu, (whole, escaped: string | undefined, wild: string | undefined) =>
    piece(escaped ?? whole, wild !== undefined),
  )

function toGlob(pattern: string): { pattern: string; prefix: string } {
  const glob = translate(pattern, (character, wild) =>
    wild ? (character === '%' ? '*' : '?') : /[*?[]/.test(character) ? `[${character}]` : character,
  )
  const literal = /^(?:\\[^]|[^%_\\])*/u.exec(pattern)![0]
  return { pattern: glob, prefix: translate(literal, (character) => character) }
}

/** Matches a text against a pattern, in time that grows with both lengths whatever the pattern. */
function likes(pattern: string, text: string): boolean {
  const pieces: { character: string; wild: boolean }[] = []
  translate(pattern, (character, wild) => {
    pieces.push({ character, wild })
    return ''
  })
  const anything = (at: number) => pieces[at]?.wild === true && pieces[at].character === '%'
  let [piece, position, lastAnything, resumeAt] = [0, 0, -1, 0]
  while (position < text.length) {
    const { character, wild } = pieces[piece] ?? { character: '', wild: false }
    if (anything(piece)) {
      lastAnything = piece++
      resumeAt = position
    } else if (wild || character === text[position]) {
      piece++
      position++
    } else if (lastAnything >= 0) {
      // The last % takes one character more.
      piece = lastAnything + 1
      position = ++resumeAt
    } else return false
  }
  while (anything(piece)) piece++
  return piece === pieces.length
}
