import { type JobRecord, maxTasks } from '../jobs/job.ts'
import type { Template } from '../templates/template.ts'

/** A file that a job ends with. Its bytes are made when they are asked for, piece by piece. */
export interface ResultFile {
  /** May hold folders. */
  readonly name: string
  readonly contentType: string
  readonly bytes: () => Bytes
}

export type Bytes = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** The input of a job. */
export interface Input {
  /** Without folders, as a file can be called. */
  readonly name: string
  /** Bytes, or null if the input lies elsewhere and is not looked at. */
  readonly size: number | null
  /** The uploaded bytes; null if there are none. */
  readonly bytes: (() => AsyncIterable<Uint8Array>) | null
}

/** The parts of a job that its results follow from. */
export type Producer = Pick<JobRecord, 'id' | 'name' | 'templateId' | 'params' | 'run' | 'script'>

/**
 * Says what a job produces. The same job gives the same bytes, always.
 *
 * @param template undefined if it is gone by now
 * @param input null if the job reads nothing
 */
export type Recipe = (template: Template | undefined, job: Producer, input: Input | null) => readonly ResultFile[]

export const textFile = (name: string, text: string): ResultFile => ({
  name,
  contentType: 'text/plain; charset=utf-8',
  bytes: () => [Buffer.from(text)],
})

export const jsonFile = (name: string, value: unknown): ResultFile => ({
  name,
  contentType: 'application/json',
  bytes: () => [Buffer.from(JSON.stringify(value, null, 2))],
})

/** Tasks that a job ran. Rows of earlier versions may hold any number. */
const tasksOf = ({ run }: Producer): number => Math.min(run?.tasks ?? 1, maxTasks)

/** `output.txt` of the only task; of several, `output_0.txt` and so on (chosen). */
export function taskFileName(name: string, task: number, tasks: number): string {
  if (tasks === 1) return name
  const dot = name.lastIndexOf('.')
  return `${name.slice(0, dot)}_${task}${name.slice(dot)}`
}

/** One value a task. */
export const perTask = <Value>(job: Producer, make: (task: number, tasks: number) => Value): Value[] => {
  const tasks = tasksOf(job)
  return Array.from({ length: tasks }, (_, task) => make(task, tasks))
}
