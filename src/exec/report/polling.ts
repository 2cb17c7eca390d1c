import type { JobState } from '../../../schemas/jobs.ts'
import { isFinal } from '../../domain/jobs/lifecycle.ts'
import { type Micros, microsPerSecond } from '../../base/timestamps.ts'
import { counted } from '../../base/plain-text.ts'
import { createProof, jobKey, listed, Memory, type Rule } from './rule.ts'
import { elapsed, follows, jobIn, messageIn, type Seen } from './exchange.ts'

const getJob = 'GET /v1/customer/jobs/{jobId}'
const getResults = 'GET /v1/customer/jobs/{jobId}/results'

/** How far apart polls of one job should be: once a second, less what timers are early. Public clients wait 5 to 10 s. */
const shortestPoll: Micros = 0.9 * microsPerSecond

/** Polls of one job too close to the one before that are let pass: two parts of a program may read a job at once. */
const fastPollsAllowed = 2

/** Number of reads of an ended job that are not a finding: one, to see the end. */
const readsAfterEndAllowed = 1

/** Polls of a running job that follow each other too closely. A poll after one that failed is a retry and does not count. */
export function polledTooFast(): Rule {
  const latest = new Memory<Seen>()
  const fast = new Memory<{ seen: Seen[]; count: number; shortest: Micros }>()
  return {
    see(seen) {
      if (seen.operation !== getJob) return
      const key = jobKey(seen)
      const before = latest.get(key)
      const state = stateHeard(seen)
      const runs = state !== undefined && state !== 'JOB_STATE_NEW' && !isFinal(state)
      if (runs) latest.set(key, seen)
      else latest.delete(key)
      if (before === undefined || state === undefined) return
      const gap = elapsed(before.start, seen.start)
      if (gap >= shortestPoll) return
      const polls = fast.at(key, () => ({ seen: [], count: 0, shortest: gap }))
      polls.count++
      polls.shortest = Math.min(polls.shortest, gap)
      // The first ones show it well enough.
      if (polls.seen.length <= fastPollsAllowed) polls.seen.push(seen)
    },
    found() {
      const proof = createProof()
      let [jobs, polls, shortest] = [0, 0, Number.POSITIVE_INFINITY]
      for (const job of fast.values()) {
        if (job.count <= fastPollsAllowed) continue
        for (const seen of job.seen) proof.add(seen)
        jobs++
        polls += job.count
        shortest = Math.min(shortest, job.shortest)
      }
      const found = proof.found(
        `polled ${counted(jobs, 'job')} faster than once a second: ${counted(polls, 'time')}, the shortest ` +
          `${Math.round(shortest / 1000)} ms after the poll before`,
      )
      return found && { ...found, count: polls }
    },
  }
}

/** Reads of a job after an answer that said it had ended. */
export function polledAfterEnd(): Rule {
  const ends = new Memory<{ readonly end: Seen; reads: Seen[]; count: number }>()
  return {
    see(seen) {
      if (seen.operation !== getJob) return
      const state = stateHeard(seen)
      if (state === undefined) return
      const ended = ends.get(jobKey(seen))
      if (ended === undefined) {
        if (isFinal(state)) ends.set(jobKey(seen), { end: seen, reads: [], count: 0 })
        return
      }
      if (!follows(seen, ended.end)) return
      ended.count++
      if (ended.reads.length <= readsAfterEndAllowed) ended.reads.push(seen)
    },
    found() {
      const proof = createProof()
      let [jobs, reads] = [0, 0]
      for (const ended of ends.values()) {
        if (ended.count <= readsAfterEndAllowed) continue
        for (const seen of ended.reads) proof.add(seen)
        jobs++
        reads += ended.count
      }
      const found = proof.found(
        `polled ${counted(jobs, 'job')} ${counted(reads, 'time')} after reading that it had ended`,
      )
      return found && { ...found, count: reads }
    },
  }
}

/** Requests for results that follow an answer that there were none yet, while the client has not read that the job ended. */
export function resultsAsState(): Rule {
  const proof = createProof()
  const waiting = new Memory<Seen>()
  return {
    see(seen) {
      const key = jobKey(seen)
      if (seen.operation === getJob) {
        const state = stateHeard(seen)
        if (state !== undefined && isFinal(state)) waiting.delete(key)
      }
      if (seen.operation !== getResults) return
      const before = waiting.get(key)
      if (before !== undefined && follows(seen, before)) proof.add(seen)
      if (seen.heard && seen.status === 500 && messageIn(seen).includes('not yet been completed'))
        waiting.set(key, seen)
      else if (seen.heard) waiting.delete(key)
    },
    found: () =>
      proof.found(
        `asked ${counted(proof.count, 'more time')} for results that were not there yet, to find out whether ` +
          `${listed(proof.jobIds)} had ended`,
      ),
  }
}

/** The state that a client read; undefined if it got no good answer. */
const stateHeard = (seen: Seen): JobState | undefined =>
  seen.heard && seen.status === 200 ? (jobIn(seen)?.state as JobState | undefined) : undefined
