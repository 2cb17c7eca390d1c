import { availableParallelism, tmpdir } from 'node:os'
import { mkdtempSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Core } from '../core.ts'
import { cutReason, type RunOf } from '../core/runs.ts'
import { makeFolder } from '../base/folders.ts'
import { ApiError } from '../base/errors.ts'
import type { Transition } from '../domain/jobs/job.ts'
import { serviceIn, type StoredLine } from '../domain/runs/log-lines.ts'
import { removeTemporary, temporaryFolder } from '../store/files/temporary-folders.ts'
import type { WorldRecord } from '../store/worlds.ts'
import { RunFailure } from './failure.ts'
import { runJob } from './job-run.ts'
import { openRunLog } from './log.ts'
import type { SourceOptions } from './sources.ts'
import { removeTree, TreeError } from './trees.ts'
import { createTurns } from './turns.ts'

/** Runs the building blocks of jobs that are really run. */
export interface Runner {
  /** Ends what runs, fails the jobs it ran for, and waits until nothing is left. */
  close(): Promise<void>
}

export interface RunnerOptions {
  /** Parent of the folders of jobs, removed at the end; null: a temporary one. */
  readonly folder: string | null
  readonly python: string
  readonly sources: SourceOptions
  /** Blocks at once; absent: as many as there are cores. */
  readonly parallel: number | undefined
  /** Called with every line of a job's log. */
  readonly onLine?: (jobId: string, line: StoredLine) => void
  /** A job's run has come to its end. */
  readonly onEnd?: (jobId: string) => void
  /** Called with the folder of an ended job, which is kept; absent: the folder is removed. */
  readonly onKept?: (folder: string) => void
}

/** A job whose blocks are being run. */
interface ActiveRun {
  readonly world: number
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** Listens for jobs that are run, and runs their blocks. */
export function startRunner(
  core: Core,
  { folder: given, python, sources, parallel, onLine, onEnd, onKept }: RunnerOptions,
): Runner {
  // One that is kept must outlive the emulator.
  const folder = resolve(
    given ?? (onKept === undefined ? temporaryFolder() : mkdtempSync(join(tmpdir(), 'bytenite-run-'))),
  )
  makeFolder(folder, 0o700)
  const turns = createTurns(parallel ?? availableParallelism())
  const active = new Map<string, ActiveRun>()
  const followed = new Map<number, { count: number; readonly stop: () => void }>()
  let closing = false
  let count = 0

  /** While a world has runs, its clock is watched, as a job's limit may strike, and its end as a whole. */
  function follow(world: WorldRecord): () => void {
    const entry = followed.get(world.key) ?? {
      count: 0,
      stop: core.events.follow(
        world,
        () => undefined,
        () => {
          for (const { world: key, stop } of active.values()) if (key === world.key) stop.abort()
        },
      ),
    }
    entry.count++
    followed.set(world.key, entry)
    return () => {
      if (--entry.count > 0) return
      entry.stop()
      followed.delete(world.key)
    }
  }

  function begin(world: WorldRecord, jobId: string, began: number): void {
    const run: RunOf = { world, jobId, began }
    const job = core.runs.find(run)
    if (job === undefined || closing) return
    const key = keyOf(world.key, jobId)
    const stop = new AbortController()
    const unfollow = follow(world)
    const done = execute(run, stop.signal).finally(() => {
      unfollow()
      onEnd?.(jobId)
      if (active.get(key)?.stop === stop) active.delete(key)
    })
    active.set(key, { world: world.key, stop, done })
  }

  async function execute(run: RunOf, stop: AbortSignal): Promise<void> {
    const place = join(folder, String(run.world.key), String(++count))
    const job = core.runs.find(run)
    if (job === undefined) return
    try {
      makeFolder(place, 0o700)
      const userCache = join(folder, 'cache', String(run.world.key), job.account)
      const log = await openRunLog(
        core.storage.logFile(run.world, job.id),
        () => core.clocks.now(run.world),
        onLine === undefined ? undefined : (line) => onLine(job.id, line),
      )
      try {
        await runJob(run, job, { core, turns, python, sources, log, folder: place, userCache, stop }).catch(
          async (error: unknown) => {
            const reason = closing ? cutReason : reasonOf(error)
            const state = core.runs.find(run)?.run?.timeline.at(-1)?.[0]
            const chunk = error instanceof RunFailure ? error.chunk : 0
            if (state !== undefined) await log.say(serviceIn(state), chunk, 'ERROR', `job failed: ${reason}`)
            throw error
          },
        )
      } finally {
        await log.close()
      }
    } catch (error) {
      await core.runs.fail(run, closing ? cutReason : reasonOf(error)).catch(() => undefined)
    } finally {
      if (onKept !== undefined) onKept(place)
      else await removeTree(place).catch(() => undefined)
    }
  }

  const unlisten = core.transitions.listenToAll((key, transitions: readonly Transition[]) => {
    for (const { jobId, state, at } of transitions) {
      if (state === 'JOB_STATE_FAILED') active.get(keyOf(key, jobId))?.stop.abort()
      if (state !== 'JOB_STATE_STARTED') continue
      const name = core.worlds.nameOf(key)
      const world = name === undefined ? undefined : core.worlds.find(name)
      if (world !== undefined) begin(world, jobId, at)
    }
  })

  return {
    async close() {
      closing = true
      unlisten()
      const ending = [...active.values()]
      for (const { stop } of ending) stop.abort()
      await Promise.all(ending.map(({ done }) => done))
      if (onKept !== undefined) return
      await removeTree(folder)
      if (given === null) removeTemporary(folder)
    },
  }
}

const keyOf = (world: number, jobId: string): string => `${world}/${jobId}`

/** The reason why a job failed, in words for its owner. */
function reasonOf(error: unknown): string {
  if (error instanceof RunFailure || error instanceof TreeError || error instanceof ApiError) return error.message
  const { code, message } = error as { code?: string; message?: string }
  if (code === 'ENOSPC') return 'the disk is full'
  return `the emulator could not go on: ${message ?? String(error)}`
}
