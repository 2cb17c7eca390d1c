/**
 * The chunks that a partitioner left, by their numbers: `data_0.bin`, `data_1.bin` …; each makes one task (documented). Other
 * files make none.
 *
 * @param names files in the folder of chunks
 */
export function chunksIn(names: readonly string[]): {
  readonly chunks: readonly string[]
  readonly others: readonly string[]
} {
  const numbered = names.flatMap((name) => {
    const digits = /^data_(\d{1,15})\.bin$/.exec(name)?.[1]
    return digits === undefined ? [] : [{ name, number: Number(digits) }]
  })
  const chunks = numbered.sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1)).map(({ name }) => name)
  return { chunks, others: names.filter((name) => !chunks.includes(name)) }
}

/** A file of a task's results, and the name under which the assembler finds it. */
export interface Gathered {
  readonly task: number
  /** Its name in the task's folder; may hold folders. */
  readonly name: string
  readonly as: string
}

/**
 * Names for the results of all tasks in one folder: a name that one task wrote stays, one that several wrote gets the number
 * of the task in front, `3_image.png` (chosen: the pages show fixed names in tasks and flat folders in assemblers, so something
 * made them unique).
 *
 * @param results names by task
 */
export function gather(results: readonly (readonly string[])[]): Gathered[] {
  const count = new Map<string, number>()
  for (const names of results) for (const name of names) count.set(name, (count.get(name) ?? 0) + 1)
  // Unique names come first, so that no changed name takes them.
  const taken = new Set([...count].filter(([, times]) => times === 1).map(([name]) => name))
  return results.flatMap((names, task) =>
    names.map((name): Gathered => {
      if (count.get(name) === 1) return { task, name, as: name }
      let as = name
      do as = numbered(as, task)
      while (taken.has(as))
      taken.add(as)
      return { task, name, as }
    }),
  )
}

function numbered(name: string, task: number): string {
  const folder = name.lastIndexOf('/') + 1
  return `${name.slice(0, folder)}${task}_${name.slice(folder)}`
}
