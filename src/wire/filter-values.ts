import { invalidArgument, show } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { typeName } from './any.ts'
import { parseTimestamp } from '../base/timestamps.ts'

/** A well-known type: what its `value` is where it was left out, and whether one fits. */
interface Wrapper {
  readonly unset: unknown
  readonly fits: (value: unknown) => boolean
  readonly expected: string
}

const toNumber = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN

const whole = (least: number, most: number): Wrapper => ({
  unset: 0,
  fits(value) {
    const number = toNumber(value)
    return Number.isInteger(number) && number >= least && number <= most
  },
  expected: `a whole number from ${least} to ${most}`,
})

const double: Wrapper = { unset: 0, fits: (value) => Number.isFinite(toNumber(value)), expected: 'a number' }

/** The types that the value of a filter may be wrapped in, by their full name. */
const wrappers: Readonly<Record<string, Wrapper>> = {
  'google.protobuf.StringValue': { unset: '', fits: (value) => typeof value === 'string', expected: 'a string' },
  'google.protobuf.BoolValue': { unset: false, fits: (value) => typeof value === 'boolean', expected: 'true or false' },
  'google.protobuf.Int32Value': whole(-(2 ** 31), 2 ** 31 - 1),
  'google.protobuf.UInt32Value': whole(0, 2 ** 32 - 1),
  'google.protobuf.Int64Value': whole(-(2 ** 63), 2 ** 63),
  'google.protobuf.UInt64Value': whole(0, 2 ** 64),
  'google.protobuf.DoubleValue': double,
  'google.protobuf.FloatValue': double,
  'google.protobuf.Timestamp': {
    unset: '1970-01-01T00:00:00Z',
    fits: (value) => typeof value === 'string' && parseTimestamp(value) !== undefined,
    expected: 'RFC 3339, as in "2025-05-20T09:00:00Z"',
  },
  'google.protobuf.ListValue': { unset: [], fits: Array.isArray, expected: 'a JSON array' },
  'google.protobuf.Value': { unset: null, fits: () => true, expected: 'JSON' },
}

/**
 * Takes the value of a filter out of the Any that it may be wrapped in (proto3 JSON: `{"@type": …, "value": …}`).
 *
 * Plain JSON is taken as well (chosen). An object without `@type` would be an empty Any to the gateway; it is refused here,
 * as the client surely meant something (chosen).
 *
 * @returns JSON; null if there is no value
 * @throws ApiError 400, code 3, naming the place
 */
export function unwrap(value: unknown, path: string): unknown {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) return value
  const { '@type': type, ...fields } = value as Record<string, unknown>
  if (type === undefined && Object.keys(fields).length === 0) return null
  if (typeof type !== 'string') {
    throw invalidArgument(
      `${path} ${show(value)}: expected plain JSON or an Any, ` +
        'as in {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "x"}',
      'filter-rules',
    )
  }
  const name = typeName(type)
  const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined
  if (wrapper === undefined) {
    const meant = nearest(name, Object.keys(wrappers))
    throw invalidArgument(
      `proto: unable to resolve ${show(type)} in field ${path}: "not found"; ` +
        (meant === undefined ? `known are ${Object.keys(wrappers).join(', ')}` : `did you mean ${meant}?`),
      'filter-rules',
    )
  }
  const inner = fields['value'] ?? wrapper.unset
  if (wrapper.fits(inner)) return inner
  throw invalidArgument(`proto: invalid value for ${name} field ${path}: ${show(inner)}; expected ${wrapper.expected}`)
}
