import { dataSourceTypes } from '../../schemas/datasource.ts'
import { Seed } from '../../schemas/seed.ts'
import { ApiError } from '../base/errors.ts'
import { compileDecoder } from '../wire/decode.ts'
import { describeUnknown, type UnknownField } from '../wire/unknown-fields.ts'

/** A seed, with the place of each of its jobs as errors name it. */
export interface SeedSource {
  readonly seed: Seed
  readonly placeOf: (job: number) => string
}

/** Reads a seed in the words of the API. @throws ApiError that names the field; unknown fields are errors here */
export const seedOf = (value: unknown): SeedSource => ({
  seed: decodeSeed(value),
  placeOf: (job) => `seed: jobs[${job}]`,
})

/** Brings a seed to canonical form. @throws ApiError as `seedOf` does */
export function decodeSeed(value: unknown): Seed {
  const unknown: UnknownField[] = []
  const seed = compileDecoder(Seed, dataSourceTypes)(JSON.stringify(value), unknown) as Seed
  const [first] = unknown
  if (first !== undefined) throw new ApiError('invalidArgument', describeUnknown([first]))
  return seed
}
