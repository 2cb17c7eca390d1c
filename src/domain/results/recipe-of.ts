import { parseTag } from '../templates/tags.ts'
import { images } from './images.ts'
import type { Recipe } from './result-file.ts'
import { scraped } from './scraped.ts'
import { echo, generatedText, helloWorld, transcript } from './texts.ts'
import { video } from './videos.ts'
import { zipped } from './zip.ts'

/** Recipes by the name of the app; without an app, by the id of the template. The first match counts. */
const kinds: readonly (readonly [RegExp, Recipe])[] = [
  [/^img-gen/, images],
  [/transcription/, transcript],
  [/^video-transcoding/, video],
  [/^hello-world/, helloWorld],
  [/^llama/, generatedText],
  [/^(scraper-engine|web-scraper)/, scraped],
]

const nameOf = (tag: string): string => parseTag(tag)?.name ?? tag

/** The built-in recipes: the app makes files, task by task, and the assembler hands them on, in one archive if it is `zipper`. */
export const builtInRecipe: Recipe = (template, job, input) => {
  const app = nameOf(template?.app || job.templateId)
  const [, recipe] = kinds.find(([pattern]) => pattern.test(app)) ?? [undefined, echo]
  const files = recipe(template, job, input)
  return nameOf(template?.assembler ?? '') === 'zipper' ? [zipped(files)] : files
}
