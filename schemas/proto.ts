import { type ObjectOptions, type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox'

/**
 * The vocabulary of the wire: JSON Schema for the kinds of value that the service's messages hold.
 *
 * The service spoke proto3 JSON, where a kind decides more than JSON Schema can say (an int64 travels as a string, a
 * Struct is never looked into). The keyword `x-proto` carries that kind; `src/wire/decode.ts` reads it, validators ignore it.
 */
export type ProtoKind =
  | 'bytes'
  | 'uint32'
  | 'int64'
  | 'double'
  | 'enum'
  | 'timestamp'
  | 'duration'
  | 'struct'
  | 'any'
  | 'value'
  | 'filter-value'

/** A message. Its name is that of a component in OpenAPI documents. */
export const Message = <Fields extends TProperties>(name: string, fields: Fields, options: ObjectOptions = {}) =>
  Type.Object(fields, { title: name, ...options })

/** A string; unset is `""`. */
export const Text = (options: { description?: string; minLength?: number; format?: string } = {}) =>
  Type.String(options)

/** bytes: base64, standard or URL-safe, with or without padding; standard base64 once they are decoded. */
export const Bytes = (options: { description?: string } = {}) =>
  Type.String({ contentEncoding: 'base64', 'x-proto': 'bytes', ...options })

/** uint32: a JSON number; `"3600"` and `3600.0` are taken too. */
export const UInt32 = (options: { description?: string } = {}) =>
  Type.Integer({ minimum: 0, maximum: 4_294_967_295, 'x-proto': 'uint32', ...options })

/** int64: a decimal string on the way out, a string or a number on the way in. */
export const Int64 = (options: { description?: string } = {}) =>
  Type.String({ pattern: '^-?\\d+$', 'x-proto': 'int64', ...options })

/** double: a JSON number. */
export const Double = (options: { description?: string } = {}) => Type.Number({ 'x-proto': 'double', ...options })

/** An enum by its names, in the order of their numbers. */
export const Enum = <const Names extends readonly string[]>(names: Names, options: { description?: string } = {}) =>
  Type.Unsafe<Names[number]>({ type: 'string', enum: [...names], 'x-proto': 'enum', ...options })

/** RFC 3339, UTC, with microseconds on the way out. */
export const Timestamp = (options: { description?: string } = {}) =>
  Type.String({ format: 'date-time', 'x-proto': 'timestamp', ...options })

/** A duration of the emulator's own API: a text such as `90s`, or milliseconds as a number; a text once it is decoded. */
export const Duration = (options: { description?: string; minLength?: number } = {}) =>
  Type.Unsafe<string>({ type: ['string', 'number'], 'x-proto': 'duration', ...options })

/** google.protobuf.Struct: any JSON object; its keys are the user's and are never renamed. */
export const Struct = (options: { description?: string } = {}) =>
  Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    'x-proto': 'struct',
    ...options,
  })

/** google.protobuf.Any: an object that names its type in `@type`. */
export const AnyMessage = (options: { description?: string } = {}) =>
  Type.Unsafe<{ '@type'?: string; [field: string]: unknown }>({
    type: 'object',
    properties: { '@type': { type: 'string', description: 'Full name of the type' } },
    additionalProperties: true,
    'x-proto': 'any',
    ...options,
  })

/** Any JSON value, taken as it is; what reads it checks it. */
export const Value = (options: { description?: string } = {}) =>
  Type.Unsafe<unknown>({ 'x-proto': 'value', ...options })

/** The value of a filter: an Any of a well-known type, or plain JSON; JSON once it is decoded. */
export const FilterValue = (options: { description?: string } = {}) =>
  Type.Unsafe<unknown>({ 'x-proto': 'filter-value', ...options })

/** The same value, or `null` if it is unset. */
export const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: [schema['type'], 'null'] })
