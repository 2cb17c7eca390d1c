import { setTimeout } from '../base/timers.ts'
import { systemClock } from '../base/clock.ts'
import { ConfigError } from '../settings/settings.ts'
import { parseDuration } from '../base/durations.ts'
import { print, reach, type Running } from './reach.ts'
import type { Invocation } from './subcommand.ts'

/** Milliseconds between two questions. */
const interval = 100

/**
 * Waits until an emulator answers, or until a job has ended.
 *
 * @throws Error if that does not happen in time, or the job failed
 */
export async function wait(invocation: Invocation): Promise<void> {
  const { for: wanted = 'ready', job, timeout = '30s' } = invocation.options as Record<string, string | undefined>
  const patience = parseDuration(timeout)
  if (patience === undefined) {
    throw new ConfigError(`--timeout ${JSON.stringify(timeout)}: expected a duration such as 90s or 2m`)
  }
  const jobId = wanted.startsWith('job:') ? wanted.slice('job:'.length) : job
  if (job !== undefined && wanted === 'ready') {
    throw new ConfigError(`--job ${JSON.stringify(job)}: goes with --for job, or say --for job:ID`)
  }
  const running = reach(invocation)
  const clock = systemClock()
  const deadline = clock.now() + patience
  const isOver = (): boolean => clock.now() >= deadline
  if (wanted === 'ready') await untilReady(running, isOver, timeout)
  else if (/^job(:|$)/.test(wanted) && jobId !== undefined && jobId !== '') {
    await untilEnded(running, await running.jobId(jobId), isOver, timeout)
  } else if (wanted === 'job') throw new ConfigError('--for job: say which one with --job ID, or --for job:ID')
  else throw new ConfigError(`--for ${JSON.stringify(wanted)}: expected ready, job or job:ID`)
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, interval))

async function untilReady({ url, ask }: Running, isOver: () => boolean, timeout: string): Promise<void> {
  for (;;) {
    const problem = await ask((_world, client) => client.worlds()).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (problem === undefined) return print(url)
    if (isOver()) throw new Error(`waited ${timeout}: ${(problem as Error).message}`, { cause: problem })
    await pause()
  }
}

async function untilEnded({ ask }: Running, jobId: string, isOver: () => boolean, timeout: string): Promise<void> {
  for (;;) {
    const { state, next, errorMessage, deleted } = await ask((world) => world.explain(jobId))
    if (state === 'JOB_STATE_COMPLETE') return print(state)
    if (state === 'JOB_STATE_FAILED') throw new Error(`job ${jobId} failed: ${errorMessage}`)
    if (deleted) throw new Error(`job ${jobId} was deleted`)
    if (isOver()) throw new Error(`waited ${timeout}: job ${jobId} is in ${state}; next: ${next}`)
    await pause()
  }
}
