import { createReadStream, statSync } from 'node:fs'
import type { Seed, SeedResult } from '../../../schemas/seed.ts'
import { contentTypeOf } from './content-types.ts'
import { show } from '../../base/errors.ts'
import { resultNameProblem } from './file-names.ts'
import type { Bytes, Recipe, ResultFile } from './result-file.ts'
import type { Template } from '../templates/template.ts'

/**
 * A recipe for the templates of a seed that name their own results; the others follow another recipe.
 *
 * @param isSeeds whether a template is the one of the seed, not one that a client put in its place
 * @throws Error that names the entry, if a result cannot be used
 */
export function seededRecipe(seed: Seed, isSeeds: (template: Template) => boolean, otherwise: Recipe): Recipe {
  const byTemplate = new Map<string, readonly ResultFile[]>()
  for (const [index, { id, results }] of (seed.templates ?? []).entries()) {
    if (results !== undefined) byTemplate.set(id, checked(results, `templates[${index}].results`))
  }
  return (template, job, input) => {
    const own = template === undefined || !isSeeds(template) ? undefined : byTemplate.get(template.id)
    return own ?? otherwise(template, job, input)
  }
}

function checked(results: readonly SeedResult[], path: string): ResultFile[] {
  const seen = new Set<string>()
  return results.map((result, index) => {
    const { name } = result
    const fail = (problem: string): never => {
      throw new Error(`seed: ${path}[${index}]: ${problem}`)
    }
    const problem = resultNameProblem(name)
    if (problem !== undefined) fail(`name ${show(name)} ${problem}`)
    if (seen.has(name)) fail(`name ${show(name)} occurs twice`)
    seen.add(name)
    const { bytes, problem: wrong } = contentOf(result)
    return {
      name,
      contentType: result.contentType || contentTypeOf(name),
      bytes: bytes ?? fail(wrong),
    }
  })
}

type Content = { bytes: () => Bytes; problem?: never } | { bytes?: never; problem: string }

function contentOf({ text, base64, file }: SeedResult): Content {
  if ([text, base64, file].filter((value) => value !== undefined).length !== 1) {
    return { problem: 'expected exactly one of text, base64 and file' }
  }
  if (text !== undefined) return { bytes: () => [Buffer.from(text)] }
  if (base64 !== undefined) {
    const decoded = Buffer.from(base64, 'base64')
    const isWhole = decoded.toString('base64').replace(/=+$/, '') === base64.replace(/\s|=+\s*$/g, '')
    return isWhole ? { bytes: () => [decoded] } : { problem: `base64 ${show(base64)} is not base64` }
  }
  const isFile = statSync(file!, { throwIfNoEntry: false })?.isFile() ?? false
  return isFile ? { bytes: () => createReadStream(file!) } : { problem: `file ${show(file)} does not exist` }
}
