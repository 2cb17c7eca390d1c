import { isObject } from '../../base/objects.ts'
import type { JobRecord } from '../jobs/job.ts'
import type { BlockKind } from './block.ts'

/** Longest variable that Linux hands to a program, in bytes, less the room for its name. */
const longestVariable = 128 * 1024 - 64

/**
 * A section of a job's params as its block reads it: JSON with sorted keys, as Go writes a map; `{}` if there is none, as every
 * scaffold of the vendor stops on an empty variable (inferred).
 *
 * @throws Error for a section that is longer than a variable can be
 */
export function paramsText(job: Pick<JobRecord, 'params'>, kind: BlockKind): string {
  const text = JSON.stringify(sorted(job.params?.[kind] ?? {}))
  const bytes = Buffer.byteLength(text)
  if (bytes > longestVariable) {
    throw new Error(
      `params.${kind} is ${bytes} bytes long: a variable of the environment holds ${longestVariable}; put the rest into a file`,
    )
  }
  return text
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

/** Folders of one job, as the contract of blocks names them; all are there, and hold what the stage needs. */
export type StageFolders =
  | { readonly kind: 'partitioner'; readonly source: string; readonly chunks: string }
  | { readonly kind: 'app'; readonly task: string; readonly results: string; readonly chunk: number }
  | { readonly kind: 'assembler'; readonly results: string; readonly output: string }

/** Folders that all blocks of a job share. */
export interface SharedFolders {
  /** Stands for `HOME`; empty at first. */
  readonly home: string
  readonly temporary: string
  readonly userCache: string
  readonly sharedCache: string
}

/**
 * The environment of a block: what the contract promises, and of the emulator's own no more than the way to programs.
 *
 * @param path `PATH` of the emulator
 * @param params the section of the job's params, as JSON
 * @param secrets variables with the secrets that the block's manifest names; none of them takes the place of another variable
 */
export function environmentOf(
  stage: StageFolders,
  { home, temporary, userCache, sharedCache }: SharedFolders,
  path: string,
  params: string,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...secrets,
    PATH: path,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HOME: home,
    TMPDIR: temporary,
    // Lines of Python appear as they are printed, as they did in the service's logs.
    PYTHONUNBUFFERED: '1',
    USER_CACHE_DIR: userCache,
    SHARED_CACHE_DIR: sharedCache,
    ...stageVariables(stage, params),
  }
}

function stageVariables(stage: StageFolders, params: string): Record<string, string> {
  switch (stage.kind) {
    case 'partitioner':
      return { SOURCE_DIR: stage.source, CHUNKS_DIR: stage.chunks, PARTITIONER_PARAMS: params }
    case 'app':
      return {
        TASK_DIR: stage.task,
        TASK_RESULTS_DIR: stage.results,
        CHUNK_NUMBER: String(stage.chunk),
        APP_PARAMS: params,
      }
    case 'assembler':
      // The vendor's pages say TASK_RESULTS_DIR, a diagram of theirs RESULTS_DIR.
      return {
        TASK_RESULTS_DIR: stage.results,
        RESULTS_DIR: stage.results,
        OUTPUT_DIR: stage.output,
        ASSEMBLER_PARAMS: params,
      }
  }
}
