import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Seed, SeedJob, SeedTemplate } from '../../schemas/seed.ts'
import { isObject } from '../base/objects.ts'
import { decodeSeed, type SeedSource } from '../domain/seed.ts'
import { parseJson } from '../wire/json.ts'

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Reads a seed file: JSON with `templates` and `jobs`, in the words of the API. Files that it names lie relative to it.
 *
 * @throws Error that names the file and the field; unknown fields are errors here
 */
export function readSeed(file: string): Seed {
  try {
    const bytes = readFileSync(file)
    // PowerShell and Notepad begin UTF-8 files with a byte order mark.
    const json = bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes
    if (json.toString('utf8').trim() === '') throw new Error('is empty; a seed is an object with templates and jobs')
    const value = parseJson(json)
    if (!isObject(value)) throw new Error('expected an object with templates and jobs')
    return withFilesFrom(dirname(file), decodeSeed(value))
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT') throw new Error(`seed file ${file} does not exist`, { cause: error })
    if (code === 'EISDIR') throw new Error(`seed file ${file} is a folder; --init takes folders`, { cause: error })
    throw new Error(`seed file ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/**
 * The seed files of a folder: all `*.json` as a shell understands it, so no hidden ones, in the order of their names.
 *
 * @throws Error if the folder cannot be read
 */
export function seedFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.name.endsWith('.json') && !entry.name.startsWith('.') && !entry.isDirectory())
      .map(({ name }) => name)
      .sort()
      .map((name) => join(folder, name))
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : message
    throw new Error(`init folder ${folder} ${reason}; --init takes a folder of seed files`, { cause: error })
  }
}

/**
 * Reads seed files, one after the other, as one seed; jobs may name templates of any of them.
 *
 * @throws Error as `readSeed` does, and for a template that is there already
 */
export function readSeeds(files: readonly string[]): SeedSource {
  const templates = new Map<string, { readonly file: string; readonly template: SeedTemplate }>()
  const jobs: SeedJob[] = []
  const places: string[] = []
  for (const file of files) {
    const seed = readSeed(file)
    for (const template of seed.templates ?? []) {
      const earlier = templates.get(template.id)
      if (earlier !== undefined) {
        const place = earlier.file === file ? 'this file' : earlier.file
        throw new Error(`seed file ${file}: template "${template.id}" is in ${place} already; every id may occur once`)
      }
      templates.set(template.id, { file, template })
    }
    for (const [index, job] of (seed.jobs ?? []).entries()) {
      jobs.push(job)
      places.push(`seed file ${file}: jobs[${index}]`)
    }
  }
  const seed = { templates: [...templates.values()].map(({ template }) => template), jobs }
  return { seed, placeOf: (job) => places[job]! }
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
