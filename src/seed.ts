import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { dataSourceTypes } from '../schemas/datasource.ts'
import { Seed } from '../schemas/seed.ts'
import { ApiError } from './errors.ts'
import { parseJson } from './json.ts'
import { compileDecoder, type UnknownField } from './protojson.ts'

/**
 * Reads a seed file: JSON with `templates` and `jobs`, in the words of the API. Files that it names lie relative to it.
 *
 * @throws Error that names the file and the field; unknown fields are errors here
 */
export function readSeed(file: string): Seed {
  try {
    return withFilesFrom(dirname(file), decodeSeed(parseJson(readFileSync(file))))
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

function withFilesFrom(folder: string, seed: Seed): Seed {
  if (seed.templates === undefined) return seed
  const templates = seed.templates.map(({ results, ...template }) =>
    results === undefined
      ? template
      : {
          ...template,
          results: results.map((result) =>
            result.file === undefined ? result : { ...result, file: resolve(folder, result.file) },
          ),
        },
  )
  return { ...seed, templates }
}
