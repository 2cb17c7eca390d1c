import { createHash } from 'node:crypto'
import { type Colour, pngOf } from './png.ts'
import { perTask, type Recipe, taskFileName } from './result-file.ts'

/** A picture has this many cells along a side; half of them are drawn, the others mirror them. */
const cellsPerSide = 8
const cellSize = 32

/**
 * One picture a task, called as the published image apps call it (observed). The pictures themselves are chosen: patterns of
 * 256 by 256 pixels, coloured by the prompt, another one for every replica.
 */
export const images: Recipe = (_template, job) => {
  const prompt = job.params?.app?.['prompt']
  return perTask(job, (task, tasks) => ({
    name: taskFileName('output_image.png', task, tasks),
    contentType: 'image/png',
    bytes: () => [picture(typeof prompt === 'string' ? prompt : '', task)],
  }))
}

function picture(prompt: string, replica: number): Buffer {
  const hash = createHash('sha256').update(`${replica} ${prompt}`).digest()
  const [background, foreground]: Colour[] = [
    [hash[0]! >> 2, hash[1]! >> 2, hash[2]! >> 2],
    [128 + (hash[3]! >> 1), 128 + (hash[4]! >> 1), 128 + (hash[5]! >> 1)],
  ]
  const cells = Array.from({ length: cellsPerSide }, (_, row) =>
    Array.from({ length: cellsPerSide }, (_, column) => {
      const bit = Math.min(column, cellsPerSide - 1 - column)
      return ((hash[6 + row]! >> bit) & 1) === 1 ? foreground! : background!
    }),
  )
  return pngOf(cells, cellSize)
}
