import type { ScenarioResult } from '../../../schemas/scenarios.ts'
import { contentTypeOf } from './content-types.ts'
import type { Bytes, Recipe } from './result-file.ts'

/** The results that a scenario gives a job; if it gives none, those of another recipe. */
export const scriptedRecipe =
  (otherwise: Recipe): Recipe =>
  (template, job, input) =>
    job.script?.results?.map((result) => ({
      name: result.name,
      contentType: contentTypeOf(result.name),
      bytes: () => contentOf(result),
    })) ?? otherwise(template, job, input)

function contentOf({ text, base64, size = 0 }: ScenarioResult): Bytes {
  if (text !== undefined) return [Buffer.from(text)]
  if (base64 !== undefined) return [Buffer.from(base64, 'base64')]
  return filling(size)
}

/** Zeros, a piece at a time. */
function* filling(size: number): Generator<Uint8Array> {
  const piece = new Uint8Array(Math.min(size, 64 * 1024))
  for (let left = size; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece
}
