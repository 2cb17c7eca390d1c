import type { TSchema } from '@sinclair/typebox'
import type { ErrorObject } from 'ajv'
import { show } from '../../base/errors.ts'

/**
 * Compares a value that was read from an archive with its schema, as JSON Schema has it: nothing is converted, unknown fields
 * are allowed.
 *
 * @param path the place of the value, for the sentence
 * @returns a sentence about the first difference, or undefined
 */
export type Check = (schema: TSchema, value: unknown, path: string) => string | undefined

/** Loads Ajv, which only an import needs: loading it and compiling the schemas takes a tenth of a second. */
export async function loadCheck(): Promise<Check> {
  // A CommonJS module: in the bundle only its default export is there.
  const {
    default: { Ajv },
  } = await import('ajv')
  // The keywords of schemas/proto.ts are not known to Ajv; formats are checked by the parsers of the domain.
  const ajv = new Ajv({ strict: false, validateFormats: false, verbose: true })
  return (schema, value, path) => {
    const validate = ajv.compile(schema)
    return validate(value) ? undefined : sentenceOf(validate.errors![0]!, path)
  }
}

function sentenceOf({ keyword, instancePath, params, data, message = '' }: ErrorObject, path: string): string {
  const place = instancePath.replace(/\/(\d+)(?=\/|$)/g, '[$1]').replace(/\//g, '.')
  const { missingProperty, type, allowedValues } = params as Readonly<Record<string, unknown>>
  if (keyword === 'required') return `${path}${place}.${String(missingProperty)} is missing`
  const expected =
    keyword === 'type'
      ? `expected ${[type].flat().join(' or ')}`
      : keyword === 'enum'
        ? `expected one of ${(allowedValues as unknown[]).join(', ')}`
        : message.replace(/^must be /, 'expected a value ')
  return `${path}${place} ${show(data)}: ${expected}`
}
