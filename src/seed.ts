import { readFileSync } from 'node:fs'
import { dataSourceTypes } from '../schemas/datasource.ts'
import { Seed } from '../schemas/seed.ts'
import { ApiError } from './errors.ts'
import { parseJson } from './json.ts'
import { compileDecoder, type UnknownField } from './protojson.ts'

/**
 * Reads a seed file: JSON with `templates` and `jobs`, in the words of the API.
 *
 * @throws Error that names the file and the field; unknown fields are errors here
 */
export function readSeed(file: string): Seed {
  try {
    return decodeSeed(parseJson(readFileSync(file)))
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT')
      throw new Error(`seed file ${file} does not exist`, { cause: error })
    throw new Error(`seed file ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Brings a seed to canonical form. Throws ApiError where it is not in the words of the API. */
export function decodeSeed(value: unknown): Seed {
  const unknown: UnknownField[] = []
  const seed = compileDecoder(Seed, dataSourceTypes)(value, unknown) as Seed
  const [first] = unknown
  if (first !== undefined) {
    const hint = first.suggestion === undefined ? '' : ` (did you mean "${first.suggestion}"?)`
    throw new ApiError('invalidArgument', `unknown field ${first.path}${hint}`)
  }
  return seed
}
